//! The judge against simulated canaries.

mod detection;
mod false_aborts;
mod simulator;
