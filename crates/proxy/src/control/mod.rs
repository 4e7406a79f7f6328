//! The control process's side: it owns the listening sockets and sees to it that a proxy serves them.

mod handle;
mod keeper;
mod leases;
mod listener;
mod process;
mod proxy;
mod question;
mod retire;
mod survivor;

pub use listener::{Listener, Scope};
pub use process::ProxyOptions;
pub use proxy::{DrainReport, Proxy, ProxyState};
pub use survivor::Survivor;
