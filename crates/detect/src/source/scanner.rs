//! The source rules of a language family, compiled, and the reading of one file by them.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aho_corasick::packed::Searcher;
use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::comments::blank;
use super::extract::{SourceFile, merge, take};
use super::prefix::Prefix;
use super::{Facts, Mount, mounts};
use crate::document::Lines;
use crate::pattern::Pattern;
use crate::repository::{Repository, file_name, read_source};
use crate::rules::{self, CommentStyle, SourceRule};

/// Files that mount routers, read when a health route is met.
const MOST_MOUNTING: usize = 200;

/// A source rule, compiled.
pub(super) struct Scanner {
    /// Finds whether any literal is there at all, with vector instructions where the machine has them: most files
    /// hold none.
    any: Option<Searcher>,
    literals: AhoCorasick,
    /// For each literal the patterns that it may be part of; one past the last stands for mounted routers.
    shown: Vec<Vec<usize>>,
    patterns: Vec<(Sort, Expression)>,
    style: CommentStyle,
    family: String,
    extensions: Vec<String>,
    /// Frameworks whose start the rules know.
    pub(super) entries: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Env,
    Prefix,
    Route,
    Listen,
    Uses,
    Volume,
    Entry,
    Alias,
}

/// A pattern whose expression is compiled when its literal is first met.
pub(super) struct Expression {
    source: String,
    compiled: OnceLock<Pattern>,
    pub(super) optional: bool,
    pub(super) of: Option<String>,
}

impl Expression {
    fn pattern(&self) -> &Pattern {
        // Every rule's expressions are compiled by a test.
        self.compiled.get_or_init(|| Pattern::new(&self.source))
    }
}

impl Scanner {
    /// The scanner of a language family, made once: compiling its expressions costs more than most scans.
    pub(super) fn of(family: &str) -> Option<&'static Self> {
        static MADE: OnceLock<Mutex<HashMap<String, &'static Scanner>>> = OnceLock::new();
        let mut made = MADE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(family) {
            return Some(known);
        }
        // A bounded leak: one scanner for each of the families in `rules/`.
        let scanner: &'static Self = Box::leak(Box::new(Self::new(&rules::source(family)?)));
        made.insert(family.to_owned(), scanner);
        Some(scanner)
    }

    pub(super) fn is_source(&self, path: &str) -> bool {
        let name = file_name(path);
        let ending = name.rsplit_once('.').map_or(name, |(_, extension)| extension);
        self.extensions.iter().any(|known| known == ending)
    }

    fn new(rule: &SourceRule) -> Self {
        let sorts = [
            (Sort::Env, &*rule.env),
            // Before the routes, which they stand before.
            (Sort::Prefix, &*rule.prefix),
            (Sort::Route, &*rule.route),
            (Sort::Listen, &*rule.listen),
            (Sort::Uses, &*rule.uses),
            (Sort::Volume, &*rule.volume),
            (Sort::Entry, &*rule.entry),
            (Sort::Alias, &*rule.alias),
        ];
        let all =
            sorts.iter().flat_map(|(sort, patterns)| patterns.iter().map(move |pattern| (*sort, pattern)));
        let mut literals: Vec<&str> = Vec::new();
        let mut shown: Vec<Vec<usize>> = Vec::new();
        let wanted = all
            .clone()
            .enumerate()
            .flat_map(|(index, (_, pattern))| pattern.has.iter().map(move |text| (text, index)));
        let mount = all.clone().count();
        for (text, index) in wanted.chain(mounts::signs(&rule.family).iter().map(|sign| (*sign, mount))) {
            if let Some(known) = literals.iter().position(|known| *known == text) {
                shown[known].push(index);
            } else {
                literals.push(text);
                shown.push(vec![index]);
            }
        }
        let any = Searcher::new(&literals);
        // A handful of short literals: the automaton cannot grow past its limits.
        let literals = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&literals)
            .unwrap_or_else(|error| panic!("{error}"));
        let patterns = all
            .map(|(sort, pattern)| {
                let compiled = Expression {
                    source: pattern.regex.clone(),
                    compiled: OnceLock::new(),
                    optional: pattern.optional,
                    of: pattern.of.clone(),
                };
                (sort, compiled)
            })
            .collect();
        let entries = rule.entry.iter().filter_map(|pattern| pattern.of.clone()).collect();
        Self {
            any,
            literals,
            shown,
            patterns,
            style: rule.comments,
            family: rule.family.clone(),
            extensions: rule.extensions.clone(),
            entries,
        }
    }

    pub(super) fn read(&self, repo: &Repository, path: &str, buffer: &mut Vec<u8>) -> Option<Facts> {
        if !read_source(&repo.root().join(path), buffer) {
            return None;
        }
        if self.any.as_ref().is_some_and(|any| any.find(&*buffer).is_none()) {
            return None;
        }
        let mut hit = vec![false; self.patterns.len() + 1];
        for found in self.literals.find_overlapping_iter(&*buffer) {
            for index in &self.shown[found.pattern().as_usize()] {
                hit[*index] = true;
            }
        }
        let mounts = hit.pop().unwrap_or_default();
        let mut facts = Facts::default();
        if mounts {
            facts.mounting.push(path.to_owned());
        }
        if !hit.contains(&true) {
            return mounts.then_some(facts);
        }
        let text = blank(&String::from_utf8_lossy(buffer), self.style);
        let lines = Lines::new(&text);
        let file = SourceFile { path, text, lines, style: self.style };
        let mut prefixes = Vec::new();
        for ((sort, pattern), hit) in self.patterns.iter().zip(hit) {
            if !hit {
                continue;
            }
            for found in pattern.pattern().find_all(&file.text) {
                if *sort == Sort::Prefix {
                    prefixes.extend(Prefix::of(&found));
                    continue;
                }
                let known = facts.routes.len();
                take(&mut facts, &file, *sort, pattern, &found);
                let on = found.name("on").map(|name| name.text);
                for route in &mut facts.routes[known..] {
                    route.path = Prefix::before(&prefixes, on, found.whole().start, &route.path, 0);
                }
            }
        }
        facts.env.sort_by_key(|read| read.place.line);
        merge(&mut facts.env);
        Some(facts)
    }

    /// The mounted routers of a project; only asked for when there is a health route that one may prefix.
    pub(super) fn mounts(&self, repo: &Repository, files: &[String]) -> Vec<Mount> {
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        for path in files.iter().take(MOST_MOUNTING) {
            if read_source(&repo.root().join(path), &mut buffer) {
                let text = blank(&String::from_utf8_lossy(&buffer), self.style);
                found.extend(mounts::find(&self.family, &text, path));
            }
        }
        found
    }
}
