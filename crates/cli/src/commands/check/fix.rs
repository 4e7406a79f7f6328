//! `sea check --fix`: shows what would change, and changes it when that is wanted.

use std::io::{IsTerminal, Write};
use std::path::Path;

use seaworthy_check::Report;
use seaworthy_check::fix::changes;
use seaworthy_detect::Repository;

use crate::commands::write;
use crate::exit::Outside;
use crate::output::diff;
use crate::output::style::{self, paint};

/// Shows the changes, and makes them with consent; true when files were changed. `repository` is what was checked: a file
/// that is staged in another text than it has now is not touched, because the places in it are those of the staged one.
pub(super) fn run(
    root: &Path,
    repository: &Repository,
    report: &Report,
    consent: bool,
) -> anyhow::Result<bool> {
    let now = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let mut changes = changes(&report.findings, |path| repository.text(path).map(|text| text.to_string()));
    changes.retain(|change| {
        let is_checked = now(&change.file).unwrap_or_default() == change.before;
        if !is_checked {
            anstream::eprintln!("{} is not as it was checked, so it is left as it is", change.file);
        }
        is_checked
    });
    if changes.is_empty() {
        anstream::eprintln!("nothing can be mended safely without a person; see `fix` below each finding");
        return Ok(false);
    }
    let mut out = anstream::stderr().lock();
    for change in &changes {
        out.write_all(diff::unified(&change.file, &change.before, &change.after).as_bytes())?;
    }
    let findings: usize = changes.iter().map(|change| change.findings).sum();
    let says = format!("{findings} findings in {} files would be mended", changes.len());
    if !consent && !std::io::stdin().is_terminal() {
        writeln!(out, "{says}; to do it: sea check --fix --yes")?;
        return Ok(false);
    }
    if !consent {
        write!(out, "{says}. Do it? [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(false);
        }
    }
    for change in &changes {
        let path = root.join(&change.file);
        // Whoever saved it meanwhile keeps what they wrote.
        let is_same =
            if change.is_new { !path.exists() } else { now(&change.file).as_ref() == Some(&change.before) };
        if !is_same {
            let message = format!("{} changed meanwhile, so it is left as it is", change.file);
            return Err(Outside { message, help: Some("sea check --fix".to_owned()) }.into());
        }
        write::replace(&path, &change.after)?;
    }
    writeln!(
        out,
        "{}",
        paint(style::GOOD, &format!("mended: {findings} findings in {} files", changes.len()))
    )?;
    Ok(true)
}
