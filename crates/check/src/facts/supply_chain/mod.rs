//! Conclusions about what others wrote and this depends on.

mod end_of_life;
mod imports;
mod locked;
mod locks;
mod names;
mod node_manifest;
mod vulnerable;

pub(in crate::facts) use locked::is_aside;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] =
    &[end_of_life::FACT, imports::FACT, locked::FACT, locks::FACT, names::FACT, vulnerable::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[];
