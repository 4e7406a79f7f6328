//! What a release is made of: a built tree as a [`Manifest`] and content-addressed, compressed blobs in a [`Store`].
//!
//! | module | knows |
//! |---|---|
//! | `digest`, `path`, `link` | names of content, paths that stay in a tree, links that do |
//! | `manifest` | every path of a tree with what it is; its digest, the same wherever and whenever it was made |
//! | `pack` | tree -> entries and blobs, without reading what did not change |
//! | `left_out`, `relocate` | what of a tree is nobody's business elsewhere, and files that name the folder they are in |
//! | `store`, `writer`, `blob` | blobs on the disk: whole or not there, verified whenever they are read |
//! | `materialise` | manifest + blobs -> a folder that appears in one step |
//! | `bundle` | manifest + the blobs that someone lacks, as one stream |
//!
//! This crate knows files, digests and compression. It must never know git, a process, the model, a network or what
//! becomes of a release: whoever calls it says which folder, which commit and which artifacts stay.

mod blob;
pub mod bundle;
mod digest;
mod durable;
mod error;
mod known;
mod left_out;
mod link;
mod manifest;
mod materialise;
mod pack;
mod parallel;
mod path;
mod prune;
mod relocate;
mod store;
mod verify;
mod writer;

pub use digest::{Digest, InvalidDigest};
pub use error::Error;
pub use link::LinkFault;
pub use manifest::{Contents, Entry, InvalidManifest, Kind, Manifest, SCHEMA};
pub use materialise::Materialised;
pub use pack::{Pack, Packed, Warning};
pub use path::{InvalidPath, TreePath};
pub use prune::Pruned;
pub use store::Store;
pub use verify::{Damage, Wrong};
pub use writer::Writer;
