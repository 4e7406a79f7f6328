//! Prepares what an app needs before its services can start: toolchains, dependency installs, resources, migrations,
//! environment and ports.
//!
//! This crate knows the model, the machine's files and the programs on it. It must never know supervision, proxying
//! or a terminal: what has to keep running is described as data ([`resource::Daemon`]), what runs to its end goes
//! through [`task::Tasks`], and whoever calls decides, asks for consent and shows progress.
//!
//! | module | answers |
//! |---|---|
//! | [`toolchain`] | which executables run this service, and what to type where none does |
//! | [`install`] | which dependency installs are needed, and because of what |
//! | [`resource`] | how a database, cache, store or mail server runs here, and under which address |
//! | [`migrate`] | what must run once resources are ready |
//! | [`environment`] | every variable of a service, with its source |
//! | [`port`] | which port a service gets, and who holds the one it wanted |
//! | [`state`] | where all of that is kept in the repository |

pub mod address;
pub mod environment;
mod error;
pub mod install;
pub mod migrate;
pub mod port;
mod record;
pub mod resource;
pub mod secret;
pub mod state;
pub mod task;
pub mod toolchain;
pub mod user;

pub use error::Error;
