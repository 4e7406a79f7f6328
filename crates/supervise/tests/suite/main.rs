//! Supervision of tiny real processes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::unnecessary_wraps, reason = "definitions take options")]

mod bad;
mod field;
mod floods;
mod limits;
mod order;
mod orphans;
mod probes;
mod restarts;
mod survivors;
mod tasks;
