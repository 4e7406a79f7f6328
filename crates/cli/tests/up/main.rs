//! `sea up` from outside: real apps, real signals, real saves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad;
mod ci;
mod orphans;
mod places;
mod reload;
mod running;
mod serving;
