//! Conclusions about input that becomes code, a query, a path or a command.

mod template;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[template::FACT];
