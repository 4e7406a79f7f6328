//! Conclusions about code that nobody needs, or that is there twice.

mod clones;
mod comments;
mod leftovers;
mod reach;
mod routes;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[clones::FACT, leftovers::FACT, reach::FACT, routes::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[comments::FILE_FACT];
