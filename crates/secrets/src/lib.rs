//! Where the values of secrets come from, and who gets which.
//!
//! This crate knows the model, age and the few places that hold values. It must never log, print or write a value in
//! clear: values are [`secrecy::SecretString`]s, whose `Debug` says nothing and whose memory is wiped, and no error
//! quotes what a file or a program said.
//!
//! | module | answers |
//! |---|---|
//! | [`name`], [`value`] | what a secret may be called, what it may be |
//! | [`document`] | names and values as a text: dotenv or TOML |
//! | [`key`], [`recipients`] | who can read the encrypted files |
//! | [`folder`] | the encrypted files of a repository: read, changed in one step, encrypted anew |
//! | [`provider`] | one source of values: `age`, `env`, a file, a command |
//! | [`need`] | which secrets an app names, where, and what happens without them |
//! | [`resolve`](mod@resolve) | needs and sources -> values for each service, or all that is missing |
//! | [`fingerprint`] | whether a value is another one than before, without saying which |

pub mod document;
mod error;
pub mod fingerprint;
pub mod folder;
pub mod key;
pub mod name;
pub mod need;
mod private;
pub mod provider;
pub mod recipients;
pub mod resolve;
pub mod value;

pub use error::Error;
pub use name::SecretName;
pub use resolve::{Failure, Resolved, resolve};
