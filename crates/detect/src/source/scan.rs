//! Reading the source files of a project, in parallel and within a budget.

use std::sync::{Mutex, PoisonError};

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};
use seaworthy_model::Place;

use super::comments::blank;
use super::context::{context, literal};
use super::{Entry, EnvRead, Facts, Listen, Route};
use crate::document::Lines;
use crate::repository::{Repository, file_name, read_source, relative};
use crate::rules::SourceRule;

/// Source files read of one project. Files are taken in the order of [`importance`], so that what is left out
/// of a very large project is deep inside it; the plan says so.
const MOST_FILES: usize = 2_500;

/// What the source of a project says, and how many files were left out.
///
/// `dir` is the project's folder, `nested` the folders of other projects inside it.
pub(crate) fn scan(repo: &Repository, rule: &SourceRule, dir: &str, nested: &[&str]) -> (Facts, usize) {
    let mut files: Vec<(u8, &str)> = repo
        .under(dir)
        .iter()
        .map(|path| &**path)
        .filter(|path| is_source(path, rule))
        .filter(|path| !nested.iter().any(|other| crate::repository::is_within(other, path)))
        .filter_map(|path| importance(relative(dir, path)).map(|rank| (rank, path)))
        .collect();
    files.sort_unstable();
    let left_out = files.len().saturating_sub(MOST_FILES);
    files.truncate(MOST_FILES);
    if files.is_empty() {
        return (Facts::default(), left_out);
    }
    let scanner = Scanner::new(rule);
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(files.len() / 16 + 1);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Facts)>> = Mutex::default();
    let work = || {
        let mut buffer = Vec::new();
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some((_, path)) = files.get(index) else { break };
            if let Some(facts) = scanner.read(repo, path, &mut buffer) {
                own.push((index, facts));
            }
        }
        found.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by_key(|(index, _)| *index);
    let mut facts = Facts::default();
    for (_, part) in found {
        facts.absorb(part);
    }
    (facts, left_out)
}

fn is_source(path: &str, rule: &SourceRule) -> bool {
    let name = file_name(path);
    match name.rsplit_once('.') {
        Some((_, extension)) => rule.extensions.iter().any(|known| known == extension),
        None => rule.extensions.iter().any(|known| known == name),
    }
}

/// How early a file is read: entry points and configuration first, then by depth. `None` for tests, stories,
/// type declarations and bundles, which say nothing about how an app runs.
fn importance(path: &str) -> Option<u8> {
    let (dirs, name) = path.rsplit_once('/').unwrap_or(("", path));
    let dirs_lower = dirs.to_ascii_lowercase();
    let ignored_dir = |dir: &str| {
        matches!(
            dir,
            "test"
                | "tests"
                | "__tests__"
                | "spec"
                | "specs"
                | "e2e"
                | "cypress"
                | "__mocks__"
                | "mocks"
                | "fixtures"
                | "__fixtures__"
                | "testdata"
                | "stories"
                | "coverage"
                | "dist"
                | "build"
                | "out"
                | ".storybook"
                | "examples"
                | "example"
                | "samples"
                | "docs"
                | ".github"
                | "storybook-static"
                | "playwright"
                | "benchmarks"
                | "bench"
                | ".output"
                | ".vercel"
                | "htmlcov"
        )
    };
    if dirs_lower.split('/').any(ignored_dir) {
        return None;
    }
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let ignored_name = name.contains(".test.")
        || name.contains(".spec.")
        || name.contains(".stories.")
        || name.contains(".min.")
        || name.ends_with(".d.ts")
        || name.ends_with("_test.go")
        || name.ends_with("_test.py")
        || name.ends_with("_spec.rb")
        || name.ends_with("_test.exs")
        || name.ends_with("Test.java")
        || name.ends_with("Tests.java")
        || name.ends_with("Test.php")
        || name.ends_with("Test.kt")
        || name.ends_with("Tests.cs")
        || name.ends_with("Test.cs")
        || stem.starts_with("test_")
        || matches!(stem.as_str(), "conftest" | "playwright" | "jest" | "vitest" | "cypress" | "karma");
    if ignored_name {
        return None;
    }
    let telling = matches!(
        stem.as_str(),
        "server"
            | "main"
            | "app"
            | "index"
            | "config"
            | "settings"
            | "env"
            | "environment"
            | "program"
            | "application"
            | "routes"
            | "urls"
            | "health"
            | "runtime"
            | "production"
            | "database"
            | "db"
            | "docker"
            | "startup"
            | "router"
    );
    let depth = u8::try_from(path.matches('/').count()).unwrap_or(u8::MAX / 2);
    Some(if telling { depth } else { depth.saturating_add(4) })
}

/// A source rule, compiled.
struct Scanner {
    literals: AhoCorasick,
    patterns: Vec<(Sort, Expression)>,
    style: crate::rules::CommentStyle,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Env,
    Prefix,
    Route,
    Listen,
    Uses,
    Entry,
    Alias,
}

/// A pattern whose expression is compiled when its literal is first met.
struct Expression {
    source: String,
    compiled: std::sync::OnceLock<Regex>,
    optional: bool,
    of: Option<String>,
}

impl Expression {
    fn regex(&self) -> &Regex {
        // Every rule's expressions are compiled by a test.
        self.compiled.get_or_init(|| Regex::new(&self.source).unwrap_or_else(|error| panic!("{error}")))
    }
}

impl Scanner {
    fn new(rule: &SourceRule) -> Self {
        let sorts = [
            (Sort::Env, &*rule.env),
            // Before the routes, which they stand before.
            (Sort::Prefix, &*rule.prefix),
            (Sort::Route, &*rule.route),
            (Sort::Listen, &*rule.listen),
            (Sort::Uses, &*rule.uses),
            (Sort::Entry, &*rule.entry),
            (Sort::Alias, rule.alias.as_slice()),
        ];
        let all =
            sorts.iter().flat_map(|(sort, patterns)| patterns.iter().map(move |pattern| (*sort, pattern)));
        // A handful of short literals: the automaton cannot grow past its limits.
        let literals = AhoCorasick::new(all.clone().map(|(_, pattern)| pattern.has.as_bytes()))
            .unwrap_or_else(|error| panic!("{error}"));
        let patterns = all
            .map(|(sort, pattern)| {
                let compiled = Expression {
                    source: pattern.regex.clone(),
                    compiled: std::sync::OnceLock::new(),
                    optional: pattern.optional,
                    of: pattern.of.clone(),
                };
                (sort, compiled)
            })
            .collect();
        Self { literals, patterns, style: rule.comments }
    }

    fn read(&self, repo: &Repository, path: &str, buffer: &mut Vec<u8>) -> Option<Facts> {
        if !read_source(&repo.root().join(path), buffer) {
            return None;
        }
        let mut hit = vec![false; self.patterns.len()];
        for found in self.literals.find_overlapping_iter(&*buffer) {
            hit[found.pattern().as_usize()] = true;
        }
        if !hit.contains(&true) {
            return None;
        }
        let text = blank(&String::from_utf8_lossy(buffer), self.style);
        let lines = Lines::new(&text);
        let mut facts = Facts::default();
        let mut prefixes = Vec::new();
        for ((sort, pattern), hit) in self.patterns.iter().zip(hit) {
            if !hit {
                continue;
            }
            for captures in pattern.regex().captures_iter(&text) {
                match *sort {
                    Sort::Prefix => prefixes.extend(Prefix::of(&captures)),
                    sort => {
                        let known = facts.routes.len();
                        take(&mut facts, sort, pattern, &captures, &text, &lines, path);
                        let on = captures.name("on").map(|name| name.as_str());
                        for route in &mut facts.routes[known..] {
                            let start = captures.get_match().start();
                            route.path = Prefix::before(&prefixes, on, start, &route.path, 0);
                        }
                    }
                }
            }
        }
        facts.env.sort_by_key(|read| read.place.line);
        merge(&mut facts.env);
        Some(facts)
    }
}

fn take(
    facts: &mut Facts,
    sort: Sort,
    pattern: &Expression,
    captures: &Captures<'_>,
    text: &str,
    lines: &Lines,
    path: &str,
) {
    let whole = captures.get_match();
    let place_of = |offset: usize| Place::line(path, lines.line(offset));
    match sort {
        Sort::Env => {
            if let Some(list) = captures.name("list") {
                facts.env.extend(destructured(list.as_str(), list.start(), &place_of));
                return;
            }
            let Some(name) = captures.name("name").or_else(|| captures.name("name2")) else { return };
            let around = around(text, whole.start(), whole.end());
            if around.written {
                return;
            }
            let given = captures.name("default").map(|default| default.as_str().trim());
            let nothing = given.is_some_and(|text| {
                matches!(text, "None" | "null" | "nil" | "undefined" | "" | "..." | "undefined as any")
            });
            facts.env.push(EnvRead {
                name: format!("{}{}", pattern.of.as_deref().unwrap_or_default(), name.as_str()),
                default: given.and_then(literal).or(around.default),
                optional: pattern.optional
                    || around.optional
                    || given.is_some() && !nothing
                    || captures.name("optional").is_some(),
                place: place_of(name.start()),
            });
        }
        Sort::Route => {
            if let Some(route) = captures.name("path") {
                facts.routes.push(Route { path: route.as_str().to_owned(), place: place_of(route.start()) });
            }
        }
        Sort::Listen => {
            if let Some(port) = captures.name("port")
                && let Ok(number) = port.as_str().parse()
                && number > 0
            {
                facts.listens.push(Listen { port: number, place: place_of(port.start()) });
            }
        }
        Sort::Uses => {
            if let Some(resource) = &pattern.of {
                facts.uses.push((resource.clone(), place_of(whole.start())));
            }
        }
        Sort::Entry => {
            if let Some(framework) = &pattern.of {
                facts.entries.push(Entry {
                    of: framework.clone(),
                    object: captures.name("name").map(|name| name.as_str().to_owned()),
                    place: place_of(whole.start()),
                });
            }
        }
        Sort::Prefix => {}
        Sort::Alias => {
            if let Some(alias) = captures.get(1) {
                aliased(facts, alias.as_str(), text, &place_of);
            }
        }
    }
}

/// Reads through another name for the environment: `env.NAME`, `env["NAME"]`, `env.get("NAME", "default")`.
fn aliased(facts: &mut Facts, alias: &str, text: &str, place_of: &dyn Fn(usize) -> Place) {
    let pattern = format!(
        r#"\b{alias}(?:\.(?<name>[A-Z][A-Z0-9_]*)\b|\[\s*["'](?<name2>[A-Z][A-Z0-9_]*)["']\s*\]|\.get\(\s*["'](?<name3>[A-Z][A-Z0-9_]*)["']\s*(?:,\s*(?<default>[^)\n]+))?\))"#
    );
    // The alias is one identifier: the expression is always valid.
    let Ok(regex) = Regex::new(&pattern) else { return };
    for captures in regex.captures_iter(text) {
        let whole = captures.get_match();
        let Some(name) = ["name", "name2", "name3"].iter().find_map(|group| captures.name(group)) else {
            continue;
        };
        let around = around(text, whole.start(), whole.end());
        if !around.written {
            let given = captures.name("default").and_then(|default| literal(default.as_str()));
            facts.env.push(EnvRead {
                name: name.as_str().to_owned(),
                optional: around.optional || captures.name("default").is_some(),
                default: given.or(around.default),
                place: place_of(name.start()),
            });
        }
    }
}

/// What stands before the paths of routes.
struct Prefix {
    /// The router it is for; every route that follows without one.
    name: Option<String>,
    /// The router that it is made of, which may have a prefix itself.
    on: Option<String>,
    path: String,
    end: usize,
}

impl Prefix {
    fn of(captures: &Captures<'_>) -> Option<Self> {
        let text = |group: &str| captures.name(group).map(|found| found.as_str().to_owned());
        let class = text("class").unwrap_or_default().to_lowercase();
        let path = text("path")?.replace("[controller]", &class);
        Some(Self { name: text("name"), on: text("on"), path, end: captures.get_match().end() })
    }

    /// The path of a route at `start`, with all that stands before it. Routers that name each other end at `depth`.
    fn before(prefixes: &[Self], on: Option<&str>, start: usize, path: &str, depth: u8) -> String {
        let known = prefixes
            .iter()
            .filter(|prefix| prefix.end <= start && (prefix.name.is_none() || prefix.name.as_deref() == on));
        let Some(prefix) = known.max_by_key(|prefix| prefix.end).filter(|_| depth < 4) else {
            return path.to_owned();
        };
        let joined = format!("/{}/{}", prefix.path.trim_matches('/'), path.trim_start_matches('/'));
        match &prefix.on {
            Some(on) => Self::before(prefixes, Some(on), prefix.end - 1, &joined, depth + 1),
            None => joined,
        }
    }
}

/// Several patterns may meet the same read, each knowing something else about it: it is one read.
fn merge(reads: &mut Vec<EnvRead>) {
    let mut merged: Vec<EnvRead> = Vec::with_capacity(reads.len());
    for read in reads.drain(..) {
        let known = merged.iter_mut().rev().take_while(|known| known.place == read.place);
        match known.into_iter().find(|known| known.name == read.name) {
            Some(known) => {
                known.default = known.default.take().or(read.default);
                known.optional |= read.optional;
            }
            None => merged.push(read),
        }
    }
    *reads = merged;
}

/// How the text from `start` to `end` is used, judged by the rest of its line.
fn around(text: &str, start: usize, end: usize) -> super::context::Context {
    let line_start = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let after = &text[end..];
    context(&text[line_start..start], &after[..after.find('\n').unwrap_or(after.len())])
}

/// The names of a destructuring: `{ A, B: alias, C = "default" }`.
fn destructured(list: &str, start: usize, place_of: &dyn Fn(usize) -> Place) -> Vec<EnvRead> {
    let mut found = Vec::new();
    let mut offset = start;
    for item in list.split(',') {
        let lead = item.len() - item.trim_start().len();
        let place = place_of(offset + lead);
        offset += item.len() + 1;
        let (target, default) = match item.split_once('=') {
            Some((target, default)) => (target, Some(default)),
            None => (item, None),
        };
        let name = target.split(':').next().unwrap_or(target).split(" as ").next().unwrap_or(target).trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        found.push(EnvRead {
            name: name.to_owned(),
            default: default.and_then(literal),
            optional: default.is_some(),
            place,
        });
    }
    found
}
