//! The control process's side: it owns the listening sockets and sees to it that a proxy serves them.

mod handle;
mod keeper;
mod listener;
mod process;
mod survivor;

pub use keeper::{DrainReport, Proxy, ProxyState};
pub use listener::{Listener, Scope};
pub use process::ProxyOptions;
pub use survivor::Survivor;
