//! Artifacts on a real disk: packed, altered, cut off, killed, written again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod altered;
mod bundles;
mod hostile;
mod installed;
mod killed;
mod no_space;
mod pruning;
mod round_trip;
mod support;
