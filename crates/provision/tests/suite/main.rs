//! Real servers, package managers and interpreters, prepared by this crate.

#![allow(clippy::unwrap_used)] // Clippy knows tests by their attribute, and helpers of tests have none.

mod container;
mod install;
mod migrate;
mod other_servers;
mod postgres;
mod redis;
mod s3;
mod smtp;
mod support;
mod toolchain;
