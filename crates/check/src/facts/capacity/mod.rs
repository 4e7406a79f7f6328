//! Conclusions about what happens under load.

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[];
