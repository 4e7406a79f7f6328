//! Engines that run an app, and what is known of an app that runs.
//!
//! Knows the model, processes, routes and resources. Must never know HTTP, terminals or the dashboard: those ask through
//! [`Control`] and show what [`view`] holds.

mod control;
pub mod host;
pub mod serve;
pub mod view;

pub use control::{Control, ControlError, LogPage, LogQuery, Order};
