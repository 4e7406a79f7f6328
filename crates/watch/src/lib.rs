//! Which files of a repository changed, batch by batch, as soon as they do.
//!
//! This crate knows the file system: which folders matter, what editors do when they save, when changes belong
//! together. It must never know what is done about a change, or what a service is.
//!
//! A change passes through, in this order:
//!
//! | module | does |
//! |---|---|
//! | `backend`, `poll`, `signal` | hears of it, from the system or by looking |
//! | `folders`, `ignored`, `links` | decides whether it matters, watches what appears |
//! | `settle` | waits for the rest of a save, where there may be one |
//! | `content` | finds out whether the content is another one |
//! | [`coalesce`] | reports it at once, or gathers it with those that follow |
//! | [`rule`] | says which rules it concerns |
//!
//! ```no_run
//! # async fn example() -> Result<(), seaworthy_watch::Error> {
//! use seaworthy_watch::{Config, Event, Watcher};
//!
//! let (_watcher, mut events) = Watcher::start(&Config::new("."))?;
//! while let Some(event) = events.next().await {
//!     if let Event::Batch(batch) = event {
//!         println!("{} files changed", batch.changes.len()); // Restart; what changes meanwhile is gathered.
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod backend;
mod batch;
mod channel;
pub mod coalesce;
mod content;
mod error;
mod folders;
mod ignored;
mod links;
mod poll;
pub mod rule;
mod settle;
mod signal;
mod watcher;
mod worker;

pub use batch::{Batch, Change, ChangeKind, Event, Limit, LimitKind};
pub use error::Error;
pub use watcher::{Busy, Config, Receiver, Watcher};
