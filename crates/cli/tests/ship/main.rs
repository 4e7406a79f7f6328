//! `sea ship` from outside: real repositories, real apps, real signals, real load.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod bad;
mod basics;
mod changes;
mod chaos;
mod dashboard;
mod host;
mod https;
mod load;
mod many;
mod migrations;
mod orders;
#[allow(dead_code, reason = "shared with the tests of the proxy, which ask more of it")]
#[path = "../../../proxy/tests/suite/pebble.rs"]
mod pebble;
