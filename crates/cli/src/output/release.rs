//! `sea show` for people.

use std::io::{self, Write};

use seaworthy_ledger::Event;
use seaworthy_ledger::body::{ChangeKind, Changes, Gate, MigrationChange, MigrationClass, Outcome, Phase};
use seaworthy_ledger::release_report::{Made, Move, ReleaseReport, Stay};

use super::event::{self, plain, short};
use super::live::duration;
use super::moment::written;
use super::sentence::word;
use super::style::{DIM, ERROR, GOOD, HEADING, NAME, Table, WARNING, paint};

/// As many lines of a list are shown.
const LINES: usize = 20;

/// Writes all about a release; `events` are those of the report.
pub(crate) fn write(out: &mut dyn Write, report: &ReleaseReport, events: &[Event]) -> io::Result<()> {
    writeln!(out, "{}  {}", paint(NAME, &report.release), report.app)?;
    match &report.made {
        Some(made) => write_made(out, made)?,
        None => writeln!(out, "  what it is, is not known: it was imported, or that event was lost")?,
    }
    for stay in &report.environments {
        writeln!(out, "  {}  {}", paint(NAME, &format!("{:13}", stay.environment)), standing(stay))?;
    }
    if let Some(changes) = &report.changes {
        write_changes(out, changes)?;
    }
    for stay in &report.environments {
        write_stay(out, stay)?;
    }
    if !events.is_empty() {
        writeln!(out, "\n{}", paint(HEADING, "what happened"))?;
        event::write(out, events)?;
    }
    Ok(())
}

fn write_made(out: &mut dyn Write, made: &Made) -> io::Result<()> {
    let dirty =
        if made.dirty { paint(WARNING, " with changes that are in no commit") } else { String::new() };
    let mut rows = vec![
        ("commit", format!("{} by {}{dirty}", plain(&made.commit), plain(&made.author))),
        ("made", format!("{} by {}", written(&made.time), plain(&made.actor))),
        ("artifact", plain(&made.artifact)),
        ("configuration", plain(&made.configuration)),
    ];
    if let Some(range) = &made.schema_range {
        rows.push(("schema", format!("{} to {}", plain(&range.min), plain(&range.max))));
    }
    for (title, value) in rows {
        writeln!(out, "  {}  {value}", paint(DIM, &format!("{title:13}")))?;
    }
    Ok(())
}

/// Where it stands, in words.
fn standing(stay: &Stay) -> String {
    let since = stay.since.as_deref().map(|since| format!(" since {}", written(since))).unwrap_or_default();
    let state = stay.state.as_deref().unwrap_or("not in the journal");
    if stay.serves {
        return format!("{} ({state}{since})", paint(GOOD, "serves"));
    }
    let state = if state == "frozen" { paint(ERROR, state) } else { state.to_owned() };
    match &stay.serving {
        Some(serving) => format!("{state}{since}; {} serves", short(serving)),
        None => format!("{state}{since}; nothing serves"),
    }
}

fn write_changes(out: &mut dyn Write, changes: &Changes) -> io::Result<()> {
    let since = changes.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
    let lists: [(&str, Vec<String>); 5] = [
        (
            "commits",
            changes
                .commits
                .iter()
                .map(|commit| format!("{}  {} ({})", short(&commit.id), commit.subject, commit.author))
                .collect(),
        ),
        (
            "dependencies",
            changes
                .dependencies
                .iter()
                .map(|change| match (&change.from, &change.to) {
                    (Some(from), Some(to)) => format!("{} {from} -> {to}", change.name),
                    (None, Some(to)) => format!("{} {to}, new", change.name),
                    (Some(from), None) => format!("{} {from}, gone", change.name),
                    (None, None) => change.name.clone(),
                })
                .collect(),
        ),
        ("migrations", changes.migrations.iter().map(migration).collect()),
        ("configuration", changes.configuration.iter().map(|key| turned(&key.key, key.change)).collect()),
        ("findings", changes.findings.iter().map(|found| turned(&found.finding, found.change)).collect()),
    ];
    writeln!(out, "\n{}", paint(HEADING, &format!("changes{since}")))?;
    if lists.iter().all(|(_, lines)| lines.is_empty()) {
        return writeln!(out, "  none that are known");
    }
    for (title, lines) in lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        for (i, line) in lines.iter().take(LINES).enumerate() {
            let title = if i == 0 { *title } else { "" };
            writeln!(out, "  {}  {}", paint(DIM, &format!("{title:13}")), plain(line))?;
        }
        if lines.len() > LINES {
            writeln!(out, "  {:13}  and {} more (--json shows all)", "", lines.len() - LINES)?;
        }
    }
    Ok(())
}

fn migration(migration: &MigrationChange) -> String {
    let class = match migration.class {
        MigrationClass::Expand => "expand",
        MigrationClass::Unknown => "unknown",
        MigrationClass::Breaking => "breaking",
    };
    format!("{}, {class}: {}", migration.migration, migration.because)
}

fn turned(what: &str, change: ChangeKind) -> String {
    match change {
        ChangeKind::Added => format!("{what}, new"),
        ChangeKind::Removed => format!("{what}, gone"),
        ChangeKind::Changed => format!("{what}, changed"),
    }
}

fn write_stay(out: &mut dyn Write, stay: &Stay) -> io::Result<()> {
    if stay.gates.is_empty() && stay.transitions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(HEADING, &format!("in {}", stay.environment)))?;
    for gate in &stay.gates {
        writeln!(out, "  {}", gate_line(gate))?;
    }
    if !stay.gates.is_empty() && !stay.transitions.is_empty() {
        writeln!(out)?;
    }
    if stay.transitions.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[NAME, DIM, DIM, DIM, DIM]);
    table.row(["state", "since", "took", "stayed", ""].map(str::to_owned));
    for step in &stay.transitions {
        table.row(move_row(step));
    }
    table.write(out)
}

fn gate_line(gate: &Gate) -> String {
    let style = match gate.outcome {
        Outcome::Passed => GOOD,
        Outcome::Failed => ERROR,
        Outcome::Skipped | Outcome::Cancelled => WARNING,
    };
    let detail = gate.detail.as_ref().map(|detail| format!("  {}", plain(detail))).unwrap_or_default();
    format!("{} {}{detail}", paint(style, &format!("{:9}", word(gate.outcome))), plain(&gate.gate))
}

fn move_row(step: &Move) -> [String; 5] {
    let took = match (step.phase, step.duration_ms) {
        (Phase::Begun, _) | (_, None) => "under way".to_owned(),
        (Phase::Confirmed, Some(ms)) => duration(ms),
        (Phase::Abandoned, Some(ms)) => format!("given up after {}", duration(ms)),
    };
    let stayed = step.stayed_ms.map(duration).unwrap_or_default();
    [
        step.to.clone(),
        written(&step.began),
        took,
        stayed,
        step.reason.as_deref().map(plain).unwrap_or_default(),
    ]
}
