//! Another machine, reached by the user's own `ssh`: one connection, commands over it, a program that is copied there, a
//! socket that is brought here. Knows nothing of releases, and nothing of SSH that the user's `ssh` does not do itself.
//!
//! ```text
//! address    ssh://user@host:port, so read that no part of it can be an option
//! argv       what is typed to ssh, as data
//! script     what is typed to the shell there: POSIX sh and the tools that every Unix has
//! probe      what the first answer of a host says
//! session    the one connection, and what goes over it
//! upload     a program copied there: resumed, verified
//! error      what can go wrong, told apart by what ssh and the host said
//! ```

mod address;
mod argv;
mod error;
mod probe;
mod script;
mod session;
mod upload;

pub use address::Address;
pub use argv::Ssh;
pub use error::Error;
pub use probe::Facts;
pub use session::Session;
pub use upload::Program;
