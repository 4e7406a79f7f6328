//! The proxy from outside: real processes, real sockets, loopback only.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acme;
mod assets;
mod counts;
mod flights;
mod harness;
mod interrupted;
mod load;
mod pebble;
mod readers;
mod restarts;
mod splits;
mod survival;
mod tls;
mod waiting;
