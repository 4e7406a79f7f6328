//! Pipelines of small real projects, run for real.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod carried;
mod failures;
mod project;
mod random;
mod running;
mod shipping;
mod stale;
mod testing;
