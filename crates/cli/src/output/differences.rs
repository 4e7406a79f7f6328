//! `sea drift` for people: each difference with who says what, who is right and what to do.

use std::io::{self, Write};

use seaworthy_generate::drift::{Difference, Kind};

use super::style::{DIM, GOOD, HINT, NAME, Table, WARNING, paint};

/// Writes all differences.
pub(crate) fn write(out: &mut dyn Write, differences: &[Difference]) -> io::Result<()> {
    if differences.is_empty() {
        return writeln!(out, "{}", paint(GOOD, "no two places disagree"));
    }
    for difference in differences {
        writeln!(out, "{}  {}", paint(NAME, &difference.subject), paint(WARNING, title(difference.kind)))?;
        let mut table = Table::new(&[NAME, DIM]);
        for side in &difference.sides {
            let says = side.says.as_deref().map_or_else(|| "nothing".to_owned(), shortened);
            table.row([says, side.place.to_string()]);
        }
        table.write(out)?;
        if let Some(obeyed) = &difference.obeyed {
            writeln!(out, "  {} {obeyed}", paint(DIM, "obeyed"))?;
        }
        writeln!(out, "  {} {}\n", paint(HINT, "fix"), difference.fix)?;
    }
    let count = differences.len();
    writeln!(out, "{count} difference{}", if count == 1 { "" } else { "s" })
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Value => "places disagree",
        Kind::Missing => "missing in one place",
        Kind::SecretByValue => "a secret in clear in one place",
        Kind::Unread => "set, and read by nothing",
        Kind::Edited => "a derived file was edited",
        Kind::Stale => "a derived file is older than the model",
    }
}

/// A value in one line that fits.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= MOST && line.len() == text.len() {
        return text.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}
