//! The judge against simulated canaries, the strategies against a model of a host.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers of a simulation")]

mod detection;
mod false_aborts;
mod judging;
mod model;
mod simulator;
mod strategies;
mod world;
