//! Derived files, judged by the tools that will read them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod apps;
mod output;
mod pipelines;
mod validators;
