//! Conclusions about running it at night: metrics, alerts, rollback, documents.

mod alerting;
mod deployed;
mod observe;
mod people;
mod start;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[observe::FACT, people::FACT, start::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[alerting::FACT];
