//! All of that for one log.

use std::io::{self, BufRead};

use serde::Serialize;

use super::catalogue::{Catalogue, Entry};
use super::differ::differences;
use super::rank::causes;
use super::scan::{AFTER, BEFORE, Hit, Scan, scan};
use crate::pipeline::Stage;

/// The category of a failure that no signature knows.
const UNKNOWN: &str = "unknown";

/// Lines that are shown before and after the one that says it.
const SHOWN: (usize, usize) = (2, 6);

/// Characters of a captured text that are put into words.
const LONGEST_WORD: usize = 160;

/// What ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Where in the pipeline; absent: that is not known.
    pub stage: Option<Stage>,
    /// How it ended, as shells tell it: the exit code, or 128 + the number of the signal.
    pub status: Option<i32>,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What it is about; `unknown` where no signature knows it.
    pub category: String,
    /// The first cause.
    pub cause: Option<Cause>,
    /// Other causes, which do not follow from the first.
    pub others: Vec<Cause>,
    /// Of an unknown failure, the lines that the last success of the step did not write; absent: there was none.
    pub differs: Option<Vec<Line>>,
}

/// A cause that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The signature that knows it, `CATEGORY/NAME`.
    pub signature: String,
    /// What it is about.
    pub category: String,
    /// What happened, in one sentence.
    pub title: String,
    /// The line that says so.
    pub line: Line,
    /// That line and its neighbours.
    pub excerpt: Vec<Line>,
    /// What to do.
    pub recommendation: String,
    /// Where the tool's own documentation tells of it.
    pub source: Option<String>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Its text, without colours.
    pub text: String,
}

impl Line {
    pub(super) fn new(number: usize, text: &[u8]) -> Self {
        Self { number, text: String::from_utf8_lossy(text).into_owned() }
    }
}

/// Why what wrote `log` failed. `open` is called once or twice; `good` is what the last success wrote, asked for only when
/// no signature knows the failure. Time grows with the logs, memory does not.
///
/// # Errors
/// When a log cannot be read.
pub fn analyse<L: BufRead, G: BufRead>(
    catalogue: &Catalogue,
    ran: &Ran,
    open: impl Fn() -> io::Result<L>,
    good: impl FnOnce() -> Option<G>,
) -> io::Result<Failure> {
    let scan = scan(catalogue, &mut open()?)?;
    let mut causes =
        causes(catalogue, &scan, ran).into_iter().map(|hit| told(catalogue.entry(hit.entry), hit, &scan));
    if let Some(first) = causes.next() {
        let category = first.category.clone();
        return Ok(Failure { category, cause: Some(first), others: causes.collect(), differs: None });
    }
    let differs = match good() {
        Some(mut good) => Some(differences(catalogue, &mut open()?, &mut good)?),
        None => None,
    };
    Ok(Failure { category: UNKNOWN.to_owned(), cause: None, others: Vec::new(), differs })
}

fn told(entry: &Entry, hit: Hit, scan: &Scan) -> Cause {
    let signature = &entry.signature;
    let words = Words::new(entry, hit, scan);
    Cause {
        signature: signature.id.clone(),
        category: signature.category().to_owned(),
        title: words.fill(&signature.title),
        line: Line::new(hit.line, scan.text(hit.line)),
        excerpt: scan
            .around(hit.line, SHOWN.0, SHOWN.1)
            .map(|(number, text)| Line::new(number, text))
            .collect(),
        recommendation: words.fill(&signature.recommendation),
        source: signature.source.clone(),
    }
}

/// What the named groups of a signature matched.
struct Words(Vec<(String, String)>);

impl Words {
    fn new(entry: &Entry, hit: Hit, scan: &Scan) -> Self {
        let line = scan.text(hit.line);
        let here = entry.patterns.iter().map(|pattern| (pattern, line));
        let near = entry.context.iter().filter_map(|context| {
            let mut lines = scan.around(hit.line, BEFORE, AFTER).map(|(_, text)| text);
            Some((context, lines.find(|text| context.is_match(text))?))
        });
        let mut words = Vec::new();
        for (expression, text) in here.chain(near) {
            let Some(captures) = expression.captures(text) else { continue };
            for name in expression.capture_names().flatten() {
                if let Some(value) = captures.name(name) {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    words.push((name.to_owned(), value.trim().chars().take(LONGEST_WORD).collect()));
                }
            }
        }
        Self(words)
    }

    /// The text with `{group}` replaced. Where a group matched nothing, the words of `{group|words}` stand, else `…`.
    fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            text.push_str(before);
            let (name, otherwise) = name.split_once('|').unwrap_or((name, "…"));
            let word = self.0.iter().find(|(known, _)| known == name);
            text.push_str(word.map_or(otherwise, |(_, value)| value));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}
