//! Derived files, judged by the tools that will read them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod apps;
mod compose;
mod devcontainer;
mod dockerfile;
mod engine;
mod images;
mod output;
mod validators;
