//! `sea generate` for people: what was written, what was left alone and why, and what could not be said.

use std::io::{self, Write};

use seaworthy_generate::place::{Action, Placed};
use seaworthy_generate::{Loss, Target};

use super::style::{DIM, GOOD, HEADING, HINT, NAME, Table, WARNING, paint};
use crate::commands::generate::Derived;

/// The targets there are.
pub(crate) fn targets(out: &mut dyn Write, targets: &[Target]) -> io::Result<()> {
    let mut table = Table::new(&[NAME, DIM]);
    for target in targets {
        let choice = if target.by_default { "" } else { " (when named)" };
        table.row([target.id.to_owned(), format!("{}{choice}", target.title)]);
    }
    table.write(out)
}

/// What was done, or would be done by `sea generate` without `--check`.
pub(crate) fn write(out: &mut dyn Write, derived: &Derived, check: bool) -> io::Result<()> {
    let mut table = Table::new(&[GOOD, NAME, DIM]);
    for placed in derived.files.iter().filter(|placed| placed.action != Action::Keep) {
        table.row([verb(placed.action, check).to_owned(), placed.path.clone(), reason(placed)]);
    }
    table.write(out)?;
    for path in &derived.leftovers {
        let why = "the model has no use for it any more";
        writeln!(out, "  {} {path}  {}", paint(WARNING, "left over"), paint(DIM, why))?;
    }
    if !check {
        losses(out, &derived.losses)?;
    }
    let kept = derived.files.iter().filter(|placed| placed.action == Action::Keep).count();
    let stale =
        derived.files.iter().filter(|placed| placed.action.is_stale()).count() + derived.leftovers.len();
    let changed = derived.files.len() - kept;
    match (check, stale, changed) {
        (true, 0, _) => writeln!(out, "{}", paint(GOOD, "every derived file says what the model says")),
        (true, _, _) => {
            writeln!(out, "\n{} sea generate   writes what is missing or old", paint(HINT, "next"))
        }
        (false, _, 0) => writeln!(out, "{}", paint(GOOD, &format!("all {kept} files are as they should be"))),
        (false, ..) => {
            writeln!(out, "\n{changed} files written, {kept} as they should be")?;
            if derived.files.iter().any(|placed| placed.path.ends_with(".new")) {
                let say = "compare each .new with its neighbour, and keep the one that is right";
                writeln!(out, "{} {say}", paint(HINT, "next"))?;
            }
            Ok(())
        }
    }
}

fn verb(action: Action, check: bool) -> &'static str {
    match (action, check) {
        (Action::Create, true) => "missing",
        (Action::Create, false) => "created",
        (Action::Replace, true) => "old",
        (Action::Replace, false) => "updated",
        (Action::Beside, _) => "edited",
        (Action::Foreign, _) => "beside",
        (Action::Keep, _) => "kept",
    }
}

fn reason(placed: &Placed) -> String {
    match placed.action {
        Action::Beside => format!("{} was edited by hand and stays", placed.file.path),
        Action::Foreign => format!("{} was written by hand and stays", placed.file.path),
        Action::Create | Action::Replace | Action::Keep => String::new(),
    }
}

fn losses(out: &mut dyn Write, losses: &[Loss]) -> io::Result<()> {
    if losses.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(HEADING, "what a target cannot say"))?;
    for loss in losses {
        writeln!(out, "  {} {}: {}", paint(NAME, loss.target), loss.subject, loss.lost)?;
        writeln!(out, "    {}", paint(DIM, &loss.instead))?;
    }
    Ok(())
}
