//! Secrets with real files, real programs and the `age` command of others.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod age;
mod command;
mod file;
mod folder;
mod resolve;
mod support;
