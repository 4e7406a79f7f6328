//! Rules that have to be concluded: from several files, from the model, or from what a pattern of code cannot say.
//!
//! One folder a category, one file a rule (or a few that read the same thing), each listed by its category. Their words and examples are in `rules/check`, under the same ids.

mod agents;
mod auth;
mod capacity;
pub(crate) mod data;
mod dead_code;
pub(crate) mod infrastructure;
mod injection;
mod operations;
mod runtime;
pub(crate) mod secrets;
mod supply_chain;

use crate::context::{Context, Sink};
use crate::file::SourceFile;

/// A conclusion from the repository or the model as a whole.
#[derive(Clone, Copy)]
pub struct Fact {
    /// The rules whose findings it reports.
    pub rules: &'static [&'static str],
    /// It is left out where only some files are checked.
    pub whole: bool,
    /// Looks.
    pub check: fn(&Context<'_>, &Sink<'_>),
}

/// A conclusion from one file.
#[derive(Clone, Copy)]
pub struct FileFact {
    /// The rules whose findings it reports.
    pub rules: &'static [&'static str],
    /// Whether it is about this file; must be cheap.
    pub wants: fn(&SourceFile<'_>) -> bool,
    /// Looks.
    pub check: fn(&Context<'_>, &SourceFile<'_>, &Sink<'_>),
}

/// Rules that the check itself reports.
pub const OWN: [&str; 2] = [crate::allow::WITHOUT_REASON, crate::allow::UNUSED];

/// Every conclusion from the whole.
pub fn facts() -> impl Iterator<Item = &'static Fact> {
    let lists: [&'static [Fact]; 11] = [
        agents::FACTS,
        auth::FACTS,
        capacity::FACTS,
        data::FACTS,
        dead_code::FACTS,
        infrastructure::FACTS,
        injection::FACTS,
        operations::FACTS,
        runtime::FACTS,
        secrets::FACTS,
        supply_chain::FACTS,
    ];
    lists.into_iter().flatten()
}

/// Every conclusion from one file.
pub fn file_facts() -> impl Iterator<Item = &'static FileFact> {
    let lists: [&'static [FileFact]; 11] = [
        agents::FILE_FACTS,
        auth::FILE_FACTS,
        capacity::FILE_FACTS,
        data::FILE_FACTS,
        dead_code::FILE_FACTS,
        infrastructure::FILE_FACTS,
        injection::FILE_FACTS,
        operations::FILE_FACTS,
        runtime::FILE_FACTS,
        secrets::FILE_FACTS,
        supply_chain::FILE_FACTS,
    ];
    lists.into_iter().flatten()
}
