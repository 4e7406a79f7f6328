//! The proxy from outside: real processes, real sockets, loopback only.

#![allow(clippy::unwrap_used)]

mod harness;
mod interrupted;
