//! Regular expressions on source text, compiled for speed: ASCII classes, on bytes.
//!
//! A plan compiles dozens of expressions for one look at a repository, so compiling costs more than matching;
//! `\w` as Unicode understands it costs a hundred times what ASCII's does, and names of variables, routes and
//! packages are ASCII.

use regex::bytes::{Captures, Regex, RegexBuilder};

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

/// A match and its groups.
pub(crate) struct Found<'t> {
    text: &'t str,
    captures: Captures<'t>,
}

/// A group of a match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group<'t> {
    pub(crate) text: &'t str,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Pattern {
    /// Compiles an expression; `None` when it is none.
    pub(crate) fn try_new(expression: &str) -> Option<Self> {
        RegexBuilder::new(expression).unicode(false).build().ok().map(Self)
    }

    /// Compiles an expression of this crate, every one of which is compiled by a test.
    pub(crate) fn new(expression: &str) -> Self {
        Self::try_new(expression).unwrap_or_else(|| panic!("not a regular expression: {expression}"))
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// The first match.
    pub(crate) fn find<'t>(&self, text: &'t str) -> Option<Found<'t>> {
        self.0.captures(text.as_bytes()).map(|captures| Found { text, captures })
    }

    /// Every match.
    pub(crate) fn find_all<'p, 't: 'p>(&'p self, text: &'t str) -> impl Iterator<Item = Found<'t>> + 'p {
        self.0.captures_iter(text.as_bytes()).map(move |captures| Found { text, captures })
    }
}

impl<'t> Found<'t> {
    /// The match as a whole.
    pub(crate) fn whole(&self) -> Group<'t> {
        // Group 0 is the match itself.
        self.get(0).unwrap_or(Group { text: "", start: 0, end: 0 })
    }

    /// A group by its number.
    pub(crate) fn get(&self, index: usize) -> Option<Group<'t>> {
        self.captures.get(index).map(|found| self.group(found.range()))
    }

    /// A group by its name.
    pub(crate) fn name(&self, name: &str) -> Option<Group<'t>> {
        self.captures.name(name).map(|found| self.group(found.range()))
    }

    /// The text of a group by its number, empty when it took no part.
    pub(crate) fn text(&self, index: usize) -> &'t str {
        self.get(index).map_or("", |group| group.text)
    }

    /// Bounded repetitions may end inside a character of several bytes: such a group has no text.
    fn group(&self, range: std::ops::Range<usize>) -> Group<'t> {
        Group { text: self.text.get(range.clone()).unwrap_or_default(), start: range.start, end: range.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_never_split_a_character() {
        let found = Pattern::new("a(.{1})").find("aé").map(|found| found.text(1).to_owned());
        assert_eq!(found.as_deref(), Some(""));
        assert_eq!(Pattern::new(r"(\w+)é").find("abé").unwrap().text(1), "ab");
    }
}
