//! One check: every rule over every file, on every core.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use seaworthy_detect::{Loaded, Repository};
use sha2::{Digest as _, Sha256};

use crate::allow::{self, Allowances};
use crate::baseline::Baseline;
use crate::catalogue::Catalogue;
use crate::context::{Context, Shared, Sink};
use crate::date::Date;
use crate::excluded::Excluded;
use crate::facts::{Fact, FileFact, facts, file_facts};
use crate::file::{Role, SourceFile, role};
use crate::finding::Finding;
use crate::pattern::Patterns;
use crate::report::{Notice, Report, Summary};
use crate::rule::Category;
use crate::score::score;

/// A file that takes longer than this is named in the report.
const SLOW: Duration = Duration::from_secs(2);

/// Trees of hostile files are deep, and to walk them takes stack.
const STACK: usize = 64 << 20;

/// What a check is told beside the repository.
#[derive(Debug, Default)]
pub struct Options {
    /// Files that git has; `None` where it was not asked.
    pub tracked: Option<BTreeSet<String>>,
    /// Only these files: what changed. Rules that need the whole repository are left out.
    pub only: Option<BTreeSet<String>>,
    /// What is known and not reported.
    pub baseline: Baseline,
    /// The day of the check; without it no rule says that something has come to its end of life.
    pub today: Option<Date>,
    /// Only rules of these categories; all of them where none is named.
    pub categories: BTreeSet<Category>,
    /// A folder of OSV records; the project's own `.seaworthy/advisories` where none is named.
    pub advisories: Option<PathBuf>,
}

/// Checks repositories with the rules of a catalogue. Patterns are made ready once, when a file first needs them.
pub struct Checker<'c> {
    catalogue: &'c Catalogue,
    patterns: Patterns<'c>,
}

impl<'c> Checker<'c> {
    /// With these rules.
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, patterns: Patterns::new(catalogue) }
    }

    /// Checks a repository.
    pub fn check(&self, repository: &Repository, loaded: &Loaded, options: &Options) -> Report {
        run(self, repository, loaded, options)
    }
}

fn run(checker: &Checker<'_>, repository: &Repository, loaded: &Loaded, options: &Options) -> Report {
    let context = Context {
        repository,
        app: &loaded.app,
        manifests: &loaded.manifests,
        tracked: options.tracked.as_ref(),
        today: options.today,
        advisories: options.advisories.as_deref(),
        shared: Shared::default(),
    };
    let excluded = Excluded::of(&loaded.app);
    let paths: Vec<&str> = repository
        .paths()
        .iter()
        .map(|path| &**path)
        .filter(|path| options.only.as_ref().is_none_or(|only| only.contains(*path)))
        .filter(|path| !excluded.has(path))
        .collect();
    let is_wanted = |rule: &str| wants(&options.categories, checker.catalogue, rule);
    let work = Work {
        context: &context,
        catalogue: checker.catalogue,
        patterns: &checker.patterns,
        excluded: &excluded,
        is_partial: options.only.is_some(),
        categories: &options.categories,
        paths: &paths,
        facts: facts().filter(|fact| fact.rules.iter().any(|rule| is_wanted(rule))).collect(),
        file_facts: file_facts().filter(|fact| fact.rules.iter().any(|rule| is_wanted(rule))).collect(),
        next_fact: AtomicUsize::new(0),
        next_file: AtomicUsize::new(0),
    };
    let mut outcome = Outcome::default();
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(16);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let start = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
                let part = work.run();
                outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(part);
            });
            if start.is_err() {
                break;
            }
        }
    });
    for part in outcomes.into_inner().unwrap_or_else(PoisonError::into_inner) {
        outcome.merge(part);
    }
    if outcome.files < paths.len() {
        // No thread could be started: this one does it all.
        outcome.merge(work.run());
    }
    outcome.finish(&work, options)
}

/// The rule is of one of these categories, or all are wanted.
fn wants(categories: &BTreeSet<Category>, catalogue: &Catalogue, rule: &str) -> bool {
    categories.is_empty() || catalogue.get(rule).is_some_and(|rule| categories.contains(&rule.category))
}

/// What there is to do; threads take from it until nothing is left.
struct Work<'w> {
    context: &'w Context<'w>,
    catalogue: &'w Catalogue,
    patterns: &'w Patterns<'w>,
    excluded: &'w Excluded,
    is_partial: bool,
    categories: &'w BTreeSet<Category>,
    paths: &'w [&'w str],
    facts: Vec<&'static Fact>,
    file_facts: Vec<&'static FileFact>,
    next_fact: AtomicUsize,
    next_file: AtomicUsize,
}

impl Work<'_> {
    fn run(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let sink = Sink::new(self.catalogue, self.context.repository);
        // Facts first: one of them can take as long as many files.
        while let Some(fact) = self.facts.get(self.next_fact.fetch_add(1, Ordering::Relaxed)) {
            if !(self.is_partial && fact.whole) {
                (fact.check)(self.context, &sink);
            }
        }
        while let Some(path) = self.paths.get(self.next_file.fetch_add(1, Ordering::Relaxed)) {
            outcome.files += 1;
            let Some(text) = self.context.repository.source(path) else { continue };
            let began = Instant::now();
            let file = SourceFile::new(path, &text);
            for fact in self.file_facts.iter().filter(|fact| (fact.wants)(&file)) {
                (fact.check)(self.context, &file, &sink);
            }
            self.patterns.check(self.context, &file, &sink);
            outcome.allowances.add(path, allow::read(&text));
            if began.elapsed() > SLOW {
                let message = format!("took {} s to check", began.elapsed().as_secs());
                outcome.notices.push(Notice { file: (*path).to_owned(), message });
            }
        }
        let (findings, untold) = sink.finish();
        outcome.findings = findings;
        outcome.notices.extend(untold);
        outcome
    }
}

/// What one thread found.
#[derive(Default)]
struct Outcome {
    findings: Vec<Finding>,
    allowances: Allowances,
    notices: Vec<Notice>,
    files: usize,
}

impl Outcome {
    fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.allowances.merge(other.allowances);
        self.notices.extend(other.notices);
        self.files += other.files;
    }

    fn finish(mut self, work: &Work<'_>, options: &Options) -> Report {
        let mut findings = std::mem::take(&mut self.findings);
        if let Some(only) = &options.only {
            findings.retain(|finding| only.contains(&finding.file));
        }
        // What is left out is no part of the app, and can still be what makes a part of it used.
        findings.retain(|finding| !work.excluded.has(&finding.file));
        findings.retain(is_meant);
        findings.retain(|finding| wants(work.categories, work.catalogue, &finding.rule));
        sort(&mut findings);
        findings.dedup_by(|one, other| {
            one.rule == other.rule
                && one.file == other.file
                && (one.line, one.column, &one.message) == (other.line, other.column, &other.message)
        });
        yield_to_graver(&mut findings, work.catalogue);
        let suppressed = self.allowances.apply(&mut findings);
        let is_judged = |rule: &str| {
            let is_wanted = wants(work.categories, work.catalogue, rule);
            is_wanted
                && (!work.is_partial
                    || !work.facts.iter().any(|fact| fact.whole && fact.rules.contains(&rule)))
        };
        let sink = Sink::new(work.catalogue, work.context.repository);
        for draft in self.allowances.complaints(is_judged) {
            sink.report(draft);
        }
        findings.extend(sink.finish().0);
        sort(&mut findings);
        fingerprint(&mut findings);
        let known = options.baseline.apply(&mut findings);
        if !work.is_partial {
            self.notices.extend(work.excluded.notices(work.context.repository.paths()));
        }
        self.notices.sort();
        let summary = Summary::of(&findings, suppressed, known, self.files, work.catalogue.rules().len());
        Report { score: score(&findings), findings, summary, notices: self.notices }
    }
}

/// Leaves out what a graver rule says about the same lines.
fn yield_to_graver(findings: &mut Vec<Finding>, catalogue: &Catalogue) {
    let yields = |finding: &Finding| catalogue.get(&finding.rule).map_or(&[][..], |rule| &rule.yields_to);
    let outdone: Vec<bool> = findings
        .iter()
        .map(|finding| {
            let graver = yields(finding);
            let from = findings.partition_point(|other| other.file < finding.file);
            !graver.is_empty()
                && findings[from..].iter().take_while(|other| other.file == finding.file).any(|other| {
                    graver.contains(&other.rule)
                        && other.line <= finding.end_line
                        && finding.line <= other.end_line
                })
        })
        .collect();
    let mut outdone = outdone.into_iter();
    findings.retain(|_| !outdone.next().unwrap_or(false));
}

/// What is only there for tests, or is made by a tool, is not what goes to production. A key in it is a key all the same, and
/// what is said about tests is said about tests.
fn is_meant(finding: &Finding) -> bool {
    matches!(
        finding.category,
        Category::Secrets | Category::Agents | Category::SupplyChain | Category::DeadCode
    ) || matches!(role(&finding.file), Role::App | Role::Example)
}

/// By place; in one place the heavier first.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        (&one.file, one.line, one.column)
            .cmp(&(&other.file, other.line, other.column))
            .then_with(|| other.severity.cmp(&one.severity))
            .then_with(|| (&one.rule, &one.message).cmp(&(&other.rule, &other.message)))
    });
}

/// Names that stay while rule, file and excerpt do. The same excerpt twice in a file is told apart by its order.
pub(crate) fn fingerprint(findings: &mut [Finding]) {
    let mut seen: std::collections::HashMap<[u8; 32], u32> = std::collections::HashMap::new();
    for finding in findings {
        let mut digest = Sha256::new();
        let excerpt: String = finding.excerpt.split_whitespace().collect::<Vec<_>>().join(" ");
        let evidence = if excerpt.is_empty() { &finding.message } else { &excerpt };
        for part in [&finding.rule, &finding.file, evidence] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        let base: [u8; 32] = digest.finalize().into();
        let order = seen.entry(base).or_insert(0);
        let mut digest = Sha256::new();
        digest.update(base);
        digest.update(order.to_le_bytes());
        *order += 1;
        let bytes: [u8; 32] = digest.finalize().into();
        finding.fingerprint = hex(&bytes[..8]);
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
