//! The ledger on a real disk, written by real processes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod dora;
