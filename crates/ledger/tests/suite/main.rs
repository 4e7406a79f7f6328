//! The ledger on a real disk, written by real processes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod append;
mod audit;
mod damage;
mod docs;
mod dora;
mod facts;
mod history;
mod journal;
mod model;
mod processes;
mod read_only;
mod releases;
mod retention;
mod support;
mod tamper;
