//! The steps of the pipeline: what would run, what runs, how it went.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use seaworthy_release::failure::Failure;
use seaworthy_release::pipeline::{Event, Explanation, Outcome, Report, Step, StepReport, Verdict};
use serde_json::json;

use super::style::{self, paint};

/// Files that a line names at most.
const NAMED: usize = 3;

/// Tests that failed and are named.
const FAILED_TESTS: usize = 20;

/// Lines of an unknown failure that are shown.
const DIFFERING: usize = 8;

/// What would run, and why.
pub(crate) fn plan(steps: &[Step], verdicts: &[Verdict], as_json: bool) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    if as_json {
        let steps: Vec<_> = steps
            .iter()
            .zip(verdicts)
            .map(|(step, verdict)| {
                json!({
                    "step": step.id.as_str(),
                    "stage": step.stage.as_str(),
                    "command": step.action.to_string(),
                    "folder": step.folder,
                    "needs": step.needs.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "runs": matches!(verdict, Verdict::Miss(_)),
                    "because": because(verdict),
                })
            })
            .collect();
        serde_json::to_writer_pretty(&mut out, &json!({ "schema": "sea.ci-plan/1", "steps": steps }))?;
        writeln!(out)?;
        return Ok(());
    }
    if steps.is_empty() {
        writeln!(out, "nothing to do")?;
        return Ok(());
    }
    let mut table = style::Table::new(&[style::NAME, style::HINT, style::DIM, style::DIM]);
    for (step, verdict) in steps.iter().zip(verdicts) {
        let word = if matches!(verdict, Verdict::Hit { .. }) { "known" } else { "runs" };
        table.row([step.id.to_string(), word.to_owned(), because(verdict), step.action.to_string()]);
    }
    table.write(&mut out)?;
    Ok(())
}

fn because(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Miss(reason) => reason.to_string(),
        Verdict::Hit { restored } if restored.is_empty() => "nothing that it depends on changed".to_owned(),
        Verdict::Hit { restored } => format!("brings back {}", some_of(restored)),
    }
}

/// What the result of a step depends on.
pub(crate) fn explanation(step: &Step, explanation: &Explanation) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    let word = if matches!(explanation.verdict, Verdict::Hit { .. }) { "is known" } else { "runs" };
    writeln!(out, "{} {word}: {}", paint(style::NAME, step.id.as_str()), because(&explanation.verdict))?;
    let mut table = style::Table::new(&[style::DIM]);
    let mut row = |what: &str, value: String| table.row([what.to_owned(), value]);
    row("command", format!("{} in {}", step.action, step.folder));
    if !step.needs.is_empty() {
        row("needs", step.needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    row("files", format!("{} that it declares to read", explanation.files));
    match explanation.traced {
        Some(true) => {
            row("seen", format!("{} other paths that it looked at when it last ran", explanation.looked));
        }
        Some(false) => row("seen", "nothing: it was not observed when it last ran".to_owned()),
        None => row("seen", "nothing yet".to_owned()),
    }
    if !explanation.undeclared.is_empty() {
        row("undeclared", explanation.undeclared.join(", "));
    }
    if !explanation.variables.is_empty() {
        row("variables", explanation.variables.join(", "));
    }
    row("programs", explanation.programs.join(", "));
    let outputs: Vec<&str> = step.outputs.iter().map(|output| output.path.as_str()).collect();
    if !outputs.is_empty() {
        row("outputs", outputs.join(", "));
    }
    table.write(&mut out)?;
    Ok(())
}

/// Shows a pipeline while it runs, line by line.
pub(crate) struct Lines {
    width: usize,
    replay: bool,
    silent: bool,
}

impl Lines {
    pub(crate) fn new(steps: &[Step], replay: bool, silent: bool) -> Self {
        let width = steps.iter().map(|step| step.id.as_str().chars().count()).max().unwrap_or(0);
        Self { width, replay, silent }
    }

    pub(crate) fn show(&mut self, event: &Event<'_>) {
        if self.silent {
            return;
        }
        match event {
            Event::Busy => note("another pipeline runs in this worktree; this one waits for it"),
            Event::Unobserved => {
                note("this system does not tell what steps read: what they do not declare goes unseen");
            }
            Event::Hit { step, restored, log } => {
                let back = if restored.is_empty() {
                    String::new()
                } else {
                    format!("; brought back {}", some_of(restored))
                };
                self.say(step, &paint(style::GOOD, "known"), &back);
                if self.replay {
                    let text = std::fs::read(log).unwrap_or_default();
                    String::from_utf8_lossy(&text).lines().for_each(|line| self.line(step, line));
                }
            }
            Event::Started { step, reason } => {
                self.say(step, &paint(style::HINT, "runs"), &format!(": {reason}"));
            }
            Event::Line { step, text } => self.line(step, text),
            Event::Undeclared { step, files } => self.say(
                step,
                &paint(style::WARNING, "warning"),
                &format!(
                    ": it reads {}, which it does not declare; its result depends on that now",
                    some_of(files)
                ),
            ),
            Event::NotKept { step, path } => self.say(
                step,
                &paint(style::WARNING, "warning"),
                &format!(": {path} changed while it ran, so its result is not kept"),
            ),
            Event::Retried { step, attempt } => {
                self.say(
                    step,
                    &paint(style::WARNING, "failed"),
                    &format!(": try {attempt}; it is tried again"),
                );
            }
            Event::Ended { step, report } => self.ended(step, report),
        }
    }

    fn ended(&self, step: &Step, report: &StepReport) {
        let took = format!(" in {}", seconds(report.took_ms));
        match report.outcome {
            Outcome::Hit => {}
            Outcome::Passed => {
                self.say(step, &paint(style::GOOD, "passed"), &format!("{took}{}", tests(report)));
            }
            Outcome::Failed => {
                let cause = report.cause.as_deref().unwrap_or_default();
                self.say(step, &paint(style::ERROR, "failed"), &format!("{took}{}: {cause}", tests(report)));
            }
            Outcome::Skipped => {
                self.say(step, &paint(style::DIM, "left out"), &format!(": {}", report.because));
            }
            Outcome::Cancelled => self.say(step, &paint(style::DIM, "stopped"), ""),
        }
    }

    fn say(&self, step: &Step, word: &str, rest: &str) {
        let name = format!("{:width$}", step.id.as_str(), width = self.width);
        anstream::println!("{} {word}{rest}", paint(style::NAME, &name));
    }

    fn line(&self, step: &Step, text: &str) {
        let name = format!("{:width$}", step.id.as_str(), width = self.width);
        anstream::println!("{} {text}", paint(style::DIM, &format!("{name} |")));
    }
}

fn note(text: &str) {
    anstream::println!("{}: {text}", paint(style::WARNING, "note"));
}

/// How a pipeline went that ran in the folder `under`, from where it is told.
pub(crate) fn report(report: &Report, under: &Path, as_json: bool) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut out, report)?;
        writeln!(out)?;
        return Ok(());
    }
    let count = |outcome: Outcome| report.steps.iter().filter(|step| step.outcome == outcome).count();
    if report.steps.is_empty() {
        writeln!(out, "nothing to do")?;
        return Ok(());
    }
    let words = [
        (Outcome::Failed, "failed"),
        (Outcome::Skipped, "left out"),
        (Outcome::Cancelled, "stopped"),
        (Outcome::Passed, "passed"),
        (Outcome::Hit, "known"),
    ];
    let parts: Vec<String> = words
        .iter()
        .filter(|(outcome, _)| count(*outcome) > 0)
        .map(|(outcome, word)| format!("{} {word}", count(*outcome)))
        .collect();
    writeln!(out, "{} steps: {}", report.steps.len(), parts.join(", "))?;
    for failed in report.steps.iter().filter(|step| step.outcome == Outcome::Failed) {
        let cause = failed.cause.as_deref().unwrap_or_default();
        writeln!(out, "{} {}: {cause}", paint(style::ERROR, "failed"), failed.step)?;
        if let Some(failure) = &failed.failure {
            why(&mut out, failure)?;
        }
        failed_tests(&mut out, failed)?;
        if let Some(log) = &failed.log {
            writeln!(out, "  {}: less {}", paint(style::HINT, "next"), under.join(log).display())?;
        }
    }
    for step in &report.steps {
        for flaky in &step.flaky {
            let file = flaky.file.as_ref().map(|file| format!(" in {file}")).unwrap_or_default();
            let times = if flaky.times == 1 { "once".to_owned() } else { format!("{} times", flaky.times) };
            let text = format!("{}{file} failed and passed with the same inputs, {times}", flaky.test);
            writeln!(out, "{} {}: {text}", paint(style::WARNING, "flaky"), step.step)?;
        }
    }
    Ok(())
}

/// `, 12 tests`, and which share of them that is.
fn tests(report: &StepReport) -> String {
    let mut text = String::new();
    if let Some(tests) = report.tests {
        let ran = tests.passed + tests.failed;
        let _ = write!(text, ", {ran} {}", if ran == 1 { "test" } else { "tests" });
        if tests.failed > 0 {
            let _ = write!(text, ", {} failed", tests.failed);
        }
        if tests.skipped > 0 {
            let _ = write!(text, ", {} skipped", tests.skipped);
        }
    }
    if let Some(share) = &report.share {
        let _ = write!(text, " (share {} of {}", share.index, share.count);
        if let Some(files) = &share.files {
            let _ = write!(text, ": {} of {} files", files.len(), share.of);
            let _ = match &share.timings {
                Some(digest) => write!(text, ", by durations {digest}"),
                None => write!(text, ", by their sizes"),
            };
        }
        text.push(')');
    }
    text
}

/// The tests of a step that failed, each with its reason.
fn failed_tests(out: &mut impl Write, report: &StepReport) -> std::io::Result<()> {
    for test in report.failed_tests.iter().take(FAILED_TESTS) {
        writeln!(out, "  test {}", test.test)?;
        if !test.message.is_empty() {
            writeln!(out, "    {}", paint(style::DIM, &test.message))?;
        }
    }
    if let Some(more) = report.failed_tests.len().checked_sub(FAILED_TESTS).filter(|more| *more > 0) {
        writeln!(out, "  and {more} more")?;
    }
    Ok(())
}

/// Why a step failed: its causes, each with its line and what to do; of an unknown one the lines that are new.
fn why(out: &mut impl Write, failure: &Failure) -> std::io::Result<()> {
    for cause in failure.cause.iter().chain(&failure.others) {
        writeln!(out, "  {}: {}", cause.category, cause.title)?;
        let line = format!("line {}: {}", cause.line.number, cause.line.text.trim());
        writeln!(out, "    {}", paint(style::DIM, &line))?;
        writeln!(out, "    {}: {}", paint(style::HINT, "do"), cause.recommendation)?;
    }
    if failure.cause.is_none() {
        let differs = failure.differs.as_deref().unwrap_or_default();
        if !differs.is_empty() {
            writeln!(out, "  {}: these lines were not there when it last went well", failure.category)?;
        }
        for line in differs.iter().take(DIFFERING) {
            let line = format!("line {}: {}", line.number, line.text.trim());
            writeln!(out, "    {}", paint(style::DIM, &line))?;
        }
    }
    Ok(())
}

fn some_of(files: &[String]) -> String {
    let named: Vec<&str> = files.iter().take(NAMED).map(String::as_str).collect();
    match files.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}
