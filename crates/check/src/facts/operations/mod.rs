//! Conclusions about running it at night.

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[];
