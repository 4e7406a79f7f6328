//! What becomes of wrong answers and wrong files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authority;
mod files;
mod refusals;
