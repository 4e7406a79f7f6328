//! The judge against simulated canaries.

mod detection;
mod false_aborts;
mod model;
mod simulator;
mod strategies;
mod world;
