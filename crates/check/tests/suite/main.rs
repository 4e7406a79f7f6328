//! Tests of the check as a whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod corpus;
mod engine;
mod examples;
mod history;
mod mending;
mod schemas;
mod secrets;
mod support;
