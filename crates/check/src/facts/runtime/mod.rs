//! Conclusions about how the app starts, tells its health, fails and stops.

mod health;
mod logging;
mod promise;
mod start;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[start::FACT, health::FACT, logging::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[start::LISTEN_FACT, promise::FACT];

/// A pattern for texts of which ASCII matters; `None` where it is none, which the tests would show.
fn regex(text: &str) -> Option<regex::bytes::Regex> {
    regex::bytes::RegexBuilder::new(text).unicode(false).build().ok()
}
