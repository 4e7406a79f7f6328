//! Certificates of hosts that serve: ordered from an authority that speaks ACME (RFC 8555) or read from files, kept,
//! renewed in time.
//!
//! - [`Keeper`]: the task that does all of it, for a set of [`Wanted`] certificates.
//! - [`Challenges`]: what the caller does, so that the authority finds its tests of a name answered.
//! - [`schedule`]: when the next order is due; pure.
//! - [`Pair`] and [`Facts`]: a certificate with its key, and what it says.
//! - [`Folder`]: where keys and certificates are kept.
//!
//! This crate knows ACME, key pairs and validity, and never a route, a process or a release. Keys are shown nowhere and
//! written to files of this user alone.

mod acme;
mod challenge;
mod error;
mod facts;
mod keeper;
mod pair;
pub mod schedule;
mod store;

pub use acme::{Authority, LETS_ENCRYPT, LETS_ENCRYPT_STAGING};
pub use challenge::{Answer, Challenges, Method};
pub use error::{Error, Result};
pub use facts::{Facts, covers};
pub use keeper::{Clock, Held, Keeper, Notice, Options, Problem, Source, Status, Wanted};
pub use pair::Pair;
pub use schedule::Validity;
pub use store::{Attempts, Folder};
