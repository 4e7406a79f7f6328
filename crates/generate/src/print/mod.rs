//! Structured files are built as data ([`Node`], [`hcl`]) and printed by a library: no template can break their indents
//! or their quotes.

pub mod hcl;
mod json;
mod node;
mod yaml;

pub use json::json;
pub use node::Node;
pub use yaml::{yaml, yaml_documents};
