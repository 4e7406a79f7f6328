//! `sea ship` to a machine behind SSH: a real `sshd` on loopback with its own keys, the real `ssh`, a real app.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod host;
mod shipping;
mod trouble;
