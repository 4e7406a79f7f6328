//! Events of the ledger, one line each; what a check and a repair of it found.

use std::io::{self, Write};

use anstyle::Style;
use seaworthy_ledger::Event;
use seaworthy_ledger::audit::{Audit, AuditRow};
use seaworthy_ledger::repair::Repaired;
use seaworthy_ledger::verify::Verified;

use super::moment::{time, written};
use super::sentence::{Tone, sentence, tone};
use super::style::{DIM, ERROR, GOOD, HINT, NAME, WARNING, paint};

/// As many characters of a release id or commit are shown: it is found again by them.
const SHORT: usize = 12;

/// The beginning of an id.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(SHORT).collect()
}

/// A text of one line that moves no cursor: what is shown was written by others.
pub(crate) fn plain(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A line: cells in their styles, and a text that ends it.
struct Line {
    cells: Vec<(Style, String)>,
    text: String,
}

fn write_lines(out: &mut dyn Write, lines: &[Line]) -> io::Result<()> {
    let columns = lines.iter().map(|line| line.cells.len()).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| Some(line.cells.get(column)?.1.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for line in lines {
        for ((style, cell), width) in line.cells.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let gap = width - cell.chars().count() + 2;
            write!(out, "{}{:gap$}", paint(*style, cell), "")?;
        }
        writeln!(out, "{}", line.text)?;
    }
    Ok(())
}

/// One line an event.
pub(crate) fn write(out: &mut dyn Write, events: &[Event]) -> io::Result<()> {
    let lines: Vec<Line> = events.iter().map(line).collect();
    write_lines(out, &lines)
}

fn line(event: &Event) -> Line {
    let style = match tone(&event.body) {
        Tone::Good => GOOD,
        Tone::Bad => ERROR,
        Tone::Odd => WARNING,
        Tone::Plain => Style::new(),
    };
    let place = match &event.environment {
        Some(environment) => format!("{}/{environment}", event.app),
        None => event.app.to_string(),
    };
    let release = event.release.as_ref().map(|id| short(id.as_str())).unwrap_or_default();
    Line {
        cells: vec![
            (DIM, event.seq.to_string()),
            (DIM, time(event.time)),
            (Style::new(), place),
            (NAME, release),
            (style, plain(event.body.kind_name())),
        ],
        text: format!("{}  {}", plain(&sentence(&event.body)), paint(DIM, &plain(&event.actor.to_string()))),
    }
}

/// One line a change, then its gates.
pub(crate) fn write_audit(out: &mut dyn Write, audit: &Audit) -> io::Result<()> {
    let lines: Vec<Line> = audit.rows.iter().map(row).collect();
    write_lines(out, &lines)
}

fn row(row: &AuditRow) -> Line {
    let style = match row.action {
        "promotion" => GOOD,
        "rollback" | "abort" => ERROR,
        _ => Style::new(),
    };
    let place = match &row.environment {
        Some(environment) => format!("{}/{environment}", row.app),
        None => row.app.to_string(),
    };
    let release = row.release.as_ref().map(|id| short(id.as_str())).unwrap_or_default();
    let previous = row.previous.as_ref().map(|id| format!(", instead of {}", short(id.as_str())));
    let gates = match super::sentence::gates(&row.gates) {
        gates if gates.is_empty() => gates,
        gates => paint(DIM, &format!("  [{}]", plain(&gates))),
    };
    let text = format!("{}{}{gates}", plain(&row.detail), previous.unwrap_or_default());
    Line {
        cells: vec![
            (DIM, written(&row.time)),
            (NAME, plain(&row.actor)),
            (style, row.action.to_owned()),
            (Style::new(), place),
            (NAME, release),
            (DIM, row.commit.as_deref().map(short).unwrap_or_default()),
        ],
        text,
    }
}

/// What a check of the whole ledger found.
pub(crate) fn write_verified(out: &mut dyn Write, verified: &Verified) -> io::Result<()> {
    let Verified { events, head, gaps } = verified;
    writeln!(out, "{} {events} events, each as it was written", paint(GOOD, "whole:"))?;
    for (gap, by) in gaps {
        writeln!(out, "  events {} to {} were taken out, as event {by} says", gap.from, gap.to)?;
    }
    writeln!(out, "  {} {}:{}", paint(DIM, "newest"), head.seq, head.hash)?;
    let hint = format!(
        "note it elsewhere: sea history --verify --noted {}:HASH shows a ledger that was made anew",
        head.seq
    );
    writeln!(out, "  {} {hint}", paint(HINT, "next"))
}

/// What a repair did, or would do.
pub(crate) fn write_repair(
    out: &mut dyn Write,
    repaired: Option<&Repaired>,
    kept: u64,
    done: bool,
) -> io::Result<()> {
    let Some(Repaired { damage, set_aside, lost, checkpoint }) = repaired else {
        return writeln!(out, "{} {kept} events, and nothing to repair", paint(GOOD, "whole:"));
    };
    writeln!(out, "{} {damage}", paint(ERROR, "damaged:"))?;
    // The event that says what was lost is one of those that are there afterwards.
    let kept = kept.saturating_sub(1);
    if done {
        writeln!(
            out,
            "{} {kept} events are kept, {lost} are lost, as event {checkpoint} says",
            paint(GOOD, "repaired:")
        )?;
        if let Some(folder) = set_aside {
            writeln!(out, "  the damaged files are in {}, as they were", folder.display())?;
        }
        return Ok(());
    }
    writeln!(
        out,
        "  a repair keeps {kept} events and loses {lost}; the damaged files stay in a folder beside the ledger"
    )?;
    writeln!(out, "  {} sea history --repair --yes", paint(HINT, "next"))
}
