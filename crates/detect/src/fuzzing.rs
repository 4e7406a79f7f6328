//! Readers that are no part of the interface, for the fuzz targets and the properties in the tests.

use crate::document::{parse_env, parse_xml};
use crate::language::LANGUAGES;
use crate::repository::Repository;
use crate::{rules, source};

/// Reads an env file: the lines of what was found.
pub fn env_file(text: &str) -> Vec<u32> {
    parse_env(text).into_iter().map(|line| line.line).collect()
}

/// Reads XML: the line of the root element.
pub fn xml(text: &str) -> Option<u32> {
    parse_xml(text).ok().map(|root| root.line)
}

/// Every family whose source is read, with the ending of one of its files.
pub fn source_families() -> Vec<(&'static str, String)> {
    let known = LANGUAGES.iter().filter_map(|language| {
        let rule = rules::source(language.family())?;
        Some((language.family(), rule.extensions.first()?.clone()))
    });
    known.collect()
}

/// Reads the source of a repository by the rules of one family: the lines of what was found.
pub fn source(repo: &Repository, family: &str) -> Vec<u32> {
    let (facts, _) = source::scan(repo, family, ".", &[], source::share(1));
    let env = facts.env.iter().map(|read| &read.place);
    let places = env
        .chain(facts.routes.iter().map(|route| &route.place))
        .chain(facts.listens.iter().map(|listen| &listen.place))
        .chain(facts.uses.iter().map(|(_, place)| place))
        .chain(facts.entries.iter().map(|entry| &entry.place));
    places.filter_map(|place| place.line).collect()
}
