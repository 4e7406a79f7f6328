//! Conclusions about working with coding agents, and the tests that hold them.

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[];
