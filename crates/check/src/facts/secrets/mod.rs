//! Conclusions about keys, tokens and passwords where they can be read.

mod assignment;
pub(crate) mod detector;
mod dockerfile;
pub(crate) mod env;
mod evidence;
mod files;
mod public;
pub(crate) mod scan;
mod settings;
mod signing;
mod terraform;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[env::FACT, files::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[
    scan::FACT,
    public::FACT,
    assignment::FACT,
    env::FILE_FACT,
    files::FILE_FACT,
    dockerfile::FACT,
    settings::FACT,
    terraform::FACT,
    signing::FACT,
];
