//! Runs a process to its end: installs, builds, migrations.

use std::io;
use std::time::{Duration, Instant};

use crate::exit::Exit;
use crate::instance::Launcher;
use crate::log::cause::cause;
use crate::log::reader;
use crate::log::{Record, Stream};
use crate::protocol::Report;
use crate::spec::Spec;

/// How a task ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How the process ended; absent when it could not be started.
    pub exit: Option<Exit>,
    /// How long it took.
    pub took: Duration,
    /// What went wrong, in one line; empty on success.
    pub cause: String,
    /// The last lines that it wrote, oldest first; empty on success.
    pub tail: Vec<String>,
}

impl Outcome {
    /// It ran to its end with code 0.
    pub fn is_success(&self) -> bool {
        self.exit.is_some_and(Exit::is_success)
    }
}

/// Lines of a failed task that are shown.
const TAIL: usize = 40;

/// Bytes of log that are read at once.
const MOST: u64 = 4 << 20;

/// Runs `spec` to its end; each line goes to `line` as it comes. Dropping the future stops the process.
pub async fn run(launcher: &Launcher, spec: Spec, mut line: impl FnMut(&Record)) -> io::Result<Outcome> {
    let begun = Instant::now();
    let path = spec.log.path.clone();
    let start = reader::end(&path).unwrap_or_default();
    let mut cursor = start;
    let mut instance = launcher.launch(spec)?;
    let (exit, failure) = loop {
        let report = instance.report().await;
        if let Ok(page) = reader::since(&path, cursor, MOST) {
            cursor = page.cursor;
            page.records.iter().filter(|record| record.stream != Stream::Sea).for_each(&mut line);
        }
        match report {
            Report::Exited { exit, .. } => break (Some(exit), String::new()),
            Report::Failed { reason } => break (None, reason),
            _ => {}
        }
    };
    let mut outcome = Outcome { exit, took: begun.elapsed(), cause: failure, tail: Vec::new() };
    if !outcome.is_success() {
        let records = reader::since(&path, start, MOST).map(|page| page.records).unwrap_or_default();
        let lines: Vec<&str> = records
            .iter()
            .filter(|record| record.stream != Stream::Sea)
            .map(|record| record.text.as_str())
            .collect();
        if outcome.cause.is_empty() {
            outcome.cause = match (cause(lines.iter().copied()), exit) {
                (Some(cause), _) => cause.line,
                (None, Some(exit)) => exit.to_string(),
                (None, None) => String::new(),
            };
        }
        outcome.tail = lines.iter().skip(lines.len().saturating_sub(TAIL)).map(ToString::to_string).collect();
    }
    Ok(outcome)
}
