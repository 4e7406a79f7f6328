//! `sea ship` from outside: real repositories, real apps, real signals, real load.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod bad;
mod basics;
mod chaos;
mod dashboard;
mod host;
mod load;
mod many;
mod orders;
