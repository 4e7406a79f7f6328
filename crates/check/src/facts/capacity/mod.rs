//! Conclusions about what happens under load.

mod commands;
mod concurrency;
mod limits;
mod scheduler;
mod upload;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[concurrency::FACT, limits::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[concurrency::CONFIG, scheduler::FACT, upload::FACT];
