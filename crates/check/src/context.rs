//! What a rule is given to look at, and where it leaves what it found.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use seaworthy_detect::{Manifest, Repository};
use seaworthy_model::App;

use crate::catalogue::Catalogue;
use crate::date::Date;
use crate::file::SourceFile;
use crate::finding::{Draft, Finding, Fix, Place};
use crate::lockfile::{self, Lockfile};
use crate::mask;
use crate::mend::{self, Spot};
use crate::modules::Modules;
use crate::report::Notice;
use crate::rule::FixKind;
use crate::text::LineIndex;

/// The repository and the model that are checked.
pub struct Context<'a> {
    /// Its files. Texts and documents are read once, whoever asks first.
    pub repository: &'a Repository,
    /// What was concluded from them.
    pub app: &'a App,
    /// Files that git has, where it was asked: a secret in a file that nobody commits is no finding.
    pub tracked: Option<&'a BTreeSet<String>>,
    /// What its projects say they depend on, by folder.
    pub manifests: &'a [Manifest],
    /// The day of the check, where rules may know it.
    pub today: Option<Date>,
    /// A folder of OSV records.
    pub advisories: Option<&'a Path>,
    pub(crate) shared: Shared,
}

/// What several rules look at and is made once, by whoever asks first.
#[derive(Default)]
pub(crate) struct Shared {
    lockfiles: OnceLock<Vec<Lockfile>>,
    modules: OnceLock<Modules>,
}

impl<'a> Context<'a> {
    /// Every lockfile that goes with a project.
    pub fn lockfiles(&self) -> &[Lockfile] {
        self.shared.lockfiles.get_or_init(|| lockfile::read_all(self.repository, self.manifests))
    }

    /// What imports what, in JavaScript, TypeScript and Python.
    pub(crate) fn modules(&self) -> &Modules {
        self.shared.modules.get_or_init(|| Modules::read(self))
    }

    /// Someone else may have it: it is committed, or git was not asked.
    pub fn is_shared(&self, path: &str) -> bool {
        self.tracked.is_none_or(|tracked| tracked.contains(path))
    }

    /// The manifests of the folders around a file, the nearest first.
    pub fn manifests_around(&self, path: &str) -> impl Iterator<Item = &'a Manifest> {
        let is_around =
            |dir: &str| dir == "." || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        let mut around: Vec<&'a Manifest> =
            self.manifests.iter().filter(|manifest| is_around(&manifest.dir)).collect();
        around.sort_by_key(|manifest| std::cmp::Reverse(manifest.dir.len()));
        around.into_iter()
    }

    /// The project around a file depends on a package.
    pub fn depends_on(&self, path: &str, package: &str) -> bool {
        self.manifests_around(path).any(|manifest| manifest.dependencies.contains_key(package))
    }
}

/// What one rule may say of one file: a thousandth finding tells nobody more, and to place each takes a look at the
/// whole text.
const MOST_IN_FILE: u32 = 200;

/// Where rules leave what they found.
pub struct Sink<'a> {
    catalogue: &'a Catalogue,
    repository: &'a Repository,
    findings: RefCell<Vec<Finding>>,
    counts: RefCell<HashMap<(String, String), u32>>,
}

impl<'a> Sink<'a> {
    /// An empty one.
    pub(crate) fn new(catalogue: &'a Catalogue, repository: &'a Repository) -> Self {
        Self { catalogue, repository, findings: RefCell::default(), counts: RefCell::default() }
    }

    /// Reports about a file whose text is at hand.
    pub fn report_in(&self, file: &SourceFile<'_>, draft: Draft) {
        self.add(draft, Some(file.text));
    }

    /// Reports about any file.
    pub fn report(&self, draft: Draft) {
        let text = match draft.place {
            Place::File => None,
            _ => self.repository.text(&draft.file),
        };
        self.add(draft, text.as_deref());
    }

    /// What was found, and what of it is not told.
    pub(crate) fn finish(self) -> (Vec<Finding>, Vec<Notice>) {
        let counts = self.counts.into_inner();
        let most = counts.into_iter().filter(|(_, count)| *count > MOST_IN_FILE);
        let notice = |((rule, file), count)| Notice {
            file,
            message: format!("has {count} findings of {rule}: the first {MOST_IN_FILE} are told"),
        };
        (self.findings.into_inner(), most.map(notice).collect())
    }

    fn add(&self, draft: Draft, text: Option<&str>) {
        let Some(rule) = self.catalogue.get(&draft.rule) else {
            // A rule in Rust whose file is missing: the catalogue's own test finds it before anyone else does.
            debug_assert!(false, "{} is not in the catalogue", draft.rule);
            return;
        };
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry((draft.rule.to_string(), draft.file.clone())).or_insert(0);
        *count += 1;
        if *count > MOST_IN_FILE {
            return;
        }
        drop(counts);
        let place = Located::new(&draft, text);
        let mut edits = draft.edits;
        if edits.is_empty()
            && rule.fix.kind == FixKind::Auto
            && let Some(text) = text
        {
            let span = match &draft.place {
                Place::Bytes(range) => range.clone(),
                Place::File | Place::Line(_) => place.first.clone(),
            };
            let spot = Spot {
                file: &draft.file,
                text,
                line: place.first.clone(),
                span,
                repository: self.repository,
            };
            edits.extend(mend::edits(&rule.id, &spot).unwrap_or_default());
        }
        let kind = if edits.is_empty() { FixKind::Manual } else { FixKind::Auto };
        let fix = Fix { kind, description: rule.fix.description.clone(), edits };
        self.findings.borrow_mut().push(Finding {
            severity: draft.severity.unwrap_or(rule.severity),
            category: rule.category,
            title: rule.title.clone(),
            file: draft.file,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            excerpt: place.excerpt,
            message: draft.message.or_else(|| rule.message.clone()).unwrap_or_else(|| rule.title.clone()),
            fix,
            // Known when all findings are: the same lines can be found twice in a file.
            fingerprint: String::new(),
            docs: format!("sea explain {}", rule.id),
            rule: rule.id.clone(),
        });
    }
}

/// A place in the terms of reports.
struct Located {
    line: u32,
    column: u32,
    end_line: u32,
    excerpt: String,
    /// The bytes of its first line.
    first: Range<usize>,
}

/// Lines of an excerpt.
const MOST_LINES: u32 = 5;

impl Located {
    fn new(draft: &Draft, text: Option<&str>) -> Self {
        let nowhere = Self { line: 1, column: 1, end_line: 1, excerpt: String::new(), first: 0..0 };
        let Some(text) = text else { return nowhere };
        let index = LineIndex::new(text);
        let (line, column, end_line) = match &draft.place {
            Place::File => return nowhere,
            Place::Line(line) => (*line, 1 + index.indent(*line), *line),
            Place::Bytes(range) => {
                let (line, column) = index.position(range.start);
                // A range that ends with a line's end does not reach into the next one.
                let last = range.end.saturating_sub(1).max(range.start);
                (line, column, index.position(last).0)
            }
        };
        let shown: Range<usize> = index.lines(line, end_line.min(line + MOST_LINES - 1));
        let excerpt = mask::excerpt(text, shown, &draft.masks);
        Self { line, column, end_line, excerpt, first: index.lines(line, line) }
    }
}
