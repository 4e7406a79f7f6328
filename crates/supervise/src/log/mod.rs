//! The log of one instance: lines with time and stream in a file that is rotated, and what can be read out of a line.

pub mod ansi;
pub mod cause;
pub mod facts;
pub mod fingerprint;
pub mod new_errors;
pub mod query;
pub mod reader;
pub mod record;
pub mod redact;
pub mod writer;

pub use facts::{Facts, Level};
pub use record::{Record, Stream};
