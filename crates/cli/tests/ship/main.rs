//! `sea ship` from outside: real repositories, real apps, real signals, real load.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod bad;
mod basics;
mod changes;
mod chaos;
mod host;
mod load;
mod many;
mod migrations;
mod orders;
