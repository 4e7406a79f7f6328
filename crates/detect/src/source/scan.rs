//! Reading the source files of a project, in parallel and within a budget.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use seaworthy_model::Place;

use super::comments::blank;
use super::context::{context, is_told, literal};
use super::{Entry, EnvRead, Facts, Listen, Mount, Route, mounts};
use crate::document::Lines;
use crate::health;
use crate::pattern::{Found, Pattern};
use crate::repository::{Repository, file_name, read_source, relative};
use crate::rules::{self, CommentStyle, SourceRule};

/// Source files read of one project. Files are taken in the order of [`importance`], so that what is left out
/// of a very large project is deep inside it; the plan says so.
const MOST_FILES: usize = 2_500;

/// Files that mount routers, read when a health route is met.
const MOST_MOUNTING: usize = 200;

/// What the source of a project says, and how many files were left out.
///
/// `family` is the language's, `dir` the project's folder, `nested` the folders of other projects inside it.
pub(crate) fn scan(repo: &Repository, family: &str, dir: &str, nested: &[&str]) -> (Facts, usize) {
    let Some(scanner) = Scanner::of(family) else { return (Facts::default(), 0) };
    let mut files: Vec<(u8, &str)> = repo
        .under(dir)
        .iter()
        .map(|path| &**path)
        .filter(|path| scanner.is_source(path))
        .filter(|path| !nested.iter().any(|other| crate::repository::is_within(other, path)))
        .filter_map(|path| importance(relative(dir, path)).map(|rank| (rank, path)))
        .collect();
    files.sort_unstable();
    let left_out = files.len().saturating_sub(MOST_FILES);
    files.truncate(MOST_FILES);
    if files.is_empty() {
        return (Facts::default(), left_out);
    }
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
    let mut facts = Facts { known_entries: scanner.entries.clone(), ..Facts::default() };
    for (_, part) in found {
        facts.absorb(part);
    }
    if facts.routes.iter().any(|route| health::sort(&route.path).is_some()) {
        facts.mounts = scanner.mounts(repo, &facts.mounting);
    }
    (facts, left_out)
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
    // Functions that only their platform runs read the platform's variables, not the app's.
    let of_platform = dirs_lower.starts_with("supabase/functions") || dirs_lower.starts_with("netlify/");
    if of_platform || dirs_lower.split('/').any(ignored_dir) {
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
    /// For each literal the patterns that it may be part of; one past the last stands for mounted routers.
    shown: Vec<Vec<usize>>,
    patterns: Vec<(Sort, Expression)>,
    style: CommentStyle,
    family: String,
    extensions: Vec<String>,
    /// Frameworks whose start the rules know.
    entries: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Env,
    Route,
    Listen,
    Uses,
    Entry,
    Alias,
}

/// A pattern whose expression is compiled when its literal is first met.
struct Expression {
    source: String,
    compiled: OnceLock<Pattern>,
    optional: bool,
    of: Option<String>,
}

impl Expression {
    fn pattern(&self) -> &Pattern {
        // Every rule's expressions are compiled by a test.
        self.compiled.get_or_init(|| Pattern::new(&self.source))
    }
}

impl Scanner {
    /// The scanner of a language family, made once: compiling its expressions costs more than most scans.
    fn of(family: &str) -> Option<&'static Self> {
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

    fn is_source(&self, path: &str) -> bool {
        let name = file_name(path);
        let ending = name.rsplit_once('.').map_or(name, |(_, extension)| extension);
        self.extensions.iter().any(|known| known == ending)
    }

    fn new(rule: &SourceRule) -> Self {
        let sorts = [
            (Sort::Env, &*rule.env),
            (Sort::Route, &*rule.route),
            (Sort::Listen, &*rule.listen),
            (Sort::Uses, &*rule.uses),
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
            match literals.iter().position(|known| *known == text) {
                Some(known) => shown[known].push(index),
                None => {
                    literals.push(text);
                    shown.push(vec![index]);
                }
            }
        }
        // A handful of short literals: the automaton cannot grow past its limits.
        let literals = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
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
            literals,
            shown,
            patterns,
            style: rule.comments,
            family: rule.family.clone(),
            extensions: rule.extensions.clone(),
            entries,
        }
    }

    fn read(&self, repo: &Repository, path: &str, buffer: &mut Vec<u8>) -> Option<Facts> {
        if !read_source(&repo.root().join(path), buffer) {
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
        for ((sort, pattern), hit) in self.patterns.iter().zip(hit) {
            if !hit {
                continue;
            }
            for captures in pattern.pattern().find_all(&text) {
                take(&mut facts, *sort, pattern, self.style, &captures, &text, &lines, path);
            }
        }
        facts.env.sort_by_key(|read| read.place.line);
        Some(facts)
    }

    /// The mounted routers of a project; only asked for when there is a health route that one may prefix.
    fn mounts(&self, repo: &Repository, files: &[String]) -> Vec<Mount> {
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

fn take(
    facts: &mut Facts,
    sort: Sort,
    pattern: &Expression,
    style: CommentStyle,
    captures: &Found<'_>,
    text: &str,
    lines: &Lines,
    path: &str,
) {
    let whole = captures.whole();
    let place_of = |offset: usize| Place::line(path, lines.line(offset));
    match sort {
        Sort::Env => {
            if let Some(list) = captures.name("list") {
                facts.env.extend(destructured(list.text, list.start, &place_of));
                return;
            }
            let Some(name) = captures.name("name").or_else(|| captures.name("name2")) else { return };
            let around = around(text, whole.start, whole.end);
            let line = text.get(..whole.start).unwrap_or_default();
            let line = &line[line.rfind('\n').map_or(0, |end| end + 1)..];
            if around.written || style == CommentStyle::C && is_told(line) {
                return;
            }
            let given = captures.name("default").map(|default| default.text.trim());
            let nothing = given.is_some_and(|text| {
                matches!(text, "None" | "null" | "nil" | "undefined" | "" | "..." | "undefined as any")
            });
            // Some languages read `DATABASE_URL` by the keyword `:database-url`; a shell's defaults are bare words.
            let name_as_read = match pattern.of.as_deref() {
                Some("keyword") => name.text.to_uppercase().replace('-', "_"),
                _ => name.text.to_owned(),
            };
            let literal_of = |text: &str| match pattern.of.as_deref() {
                Some("bare") => Some(text.trim_matches(['"', '\'']))
                    .filter(|text| !text.is_empty() && !text.contains(['$', '`']))
                    .map(str::to_owned),
                _ => literal(text),
            };
            facts.env.push(EnvRead {
                name: name_as_read,
                default: given.and_then(literal_of).or(around.default),
                optional: pattern.optional
                    || around.optional
                    || given.is_some() && !nothing
                    || captures.name("optional").is_some(),
                place: place_of(name.start),
            });
        }
        Sort::Route => {
            if let Some(route) = captures.name("path") {
                facts.routes.push(Route {
                    path: route.text.to_owned(),
                    on: captures.name("on").map(|on| on.text.to_owned()),
                    place: place_of(route.start),
                });
            }
        }
        Sort::Listen => {
            if let Some(port) = captures.name("port")
                && let Ok(number) = port.text.parse()
                && number > 0
            {
                facts.listens.push(Listen { port: number, place: place_of(port.start) });
            }
        }
        Sort::Uses => {
            if let Some(resource) = &pattern.of {
                facts.uses.push((resource.clone(), place_of(whole.start)));
            }
        }
        Sort::Entry => {
            if let Some(framework) = &pattern.of {
                facts.entries.push(Entry {
                    of: framework.clone(),
                    object: captures.name("name").map(|name| name.text.to_owned()),
                    place: place_of(whole.start),
                });
            }
        }
        Sort::Alias => {
            if let Some(alias) = captures.get(1) {
                aliased(facts, alias.text, text, &place_of);
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
    let Some(pattern) = Pattern::try_new(&pattern) else { return };
    for captures in pattern.find_all(text) {
        let whole = captures.whole();
        let Some(name) = ["name", "name2", "name3"].iter().find_map(|group| captures.name(group)) else {
            continue;
        };
        let around = around(text, whole.start, whole.end);
        if !around.written {
            let given = captures.name("default").and_then(|default| literal(default.text));
            facts.env.push(EnvRead {
                name: name.text.to_owned(),
                optional: around.optional || captures.name("default").is_some(),
                default: given.or(around.default),
                place: place_of(name.start),
            });
        }
    }
}

/// How the text from `start` to `end` is used, judged by the rest of its line.
fn around(text: &str, start: usize, end: usize) -> super::context::Context {
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let mut length = after.find('\n').unwrap_or(after.len());
    // A line that ends with an operator goes on.
    if matches!(after[..length].trim(), "||" | "??" | "?:" | "or" | "orelse") {
        let next = after.get(length + 1..).unwrap_or_default();
        length = after.len().min(length + 1 + next.find('\n').unwrap_or(next.len()));
    }
    context(&before[line_start..], &after[..length])
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
