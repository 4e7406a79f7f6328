//! Conclusions about working with coding agents, and the tests that hold them.

mod guide;
mod permissions;
mod scripts;
mod suites;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[guide::FACT, scripts::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] =
    &[guide::FILE_FACT, permissions::FACT, scripts::FILE_FACT, suites::FACT];
