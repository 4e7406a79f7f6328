//! The machine is restarted.
