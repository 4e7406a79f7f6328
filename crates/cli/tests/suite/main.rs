//! The command line from outside, and the documentation: what is generated is fresh, what is written is true.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::format_push_string, reason = "pages are put together line by line, once")]

mod advisories;
mod check;
mod ci;
mod docs;
mod dora;
mod exit_codes;
mod generate;
mod help;
mod history;
mod init;
mod mending;
mod plan;
mod process;
mod rendering;
mod repository;
mod secrets;
mod unreadable;
