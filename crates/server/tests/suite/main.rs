//! The server as browsers and the command line meet it: over real sockets, in front of a small app that is made up.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod assets;
mod browser;
mod calls;
mod dashboard;
mod description;
mod fake;
mod http;
mod owner;
mod streams;
