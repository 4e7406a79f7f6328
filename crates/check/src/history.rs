//! Secrets that commits brought, whether or not the files still have them: a deleted line stays in every clone.
//!
//! This reads what `git log` prints; who calls it runs git with [`ARGUMENTS`].

mod log;

use std::collections::HashMap;
use std::io::{self, BufRead};

use seaworthy_detect::Repository;
use sha2::{Digest as _, Sha256};

use crate::catalogue::Catalogue;
use crate::check::fingerprint;
use crate::context::Sink;
use crate::facts::secrets::{detector, env, scan};
use crate::file::{SourceFile, is_lockfile};
use crate::finding::{Draft, Finding};
use log::{Added, Log};

/// What git is called with. Settings of the user that change what a diff looks like are overruled.
pub const ARGUMENTS: [&str; 14] = [
    "-c",
    "core.quotePath=false",
    "-c",
    "diff.mnemonicPrefix=false",
    "log",
    "-p",
    "-U0",
    "--all",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--format=commit %h %as",
];

/// What tells one secret from another: the rule and a digest, never the secret.
type Key = (String, [u8; 32]);

/// Every secret that the commits of a log added and the repository's files no longer hold (those that they hold are
/// findings of the check itself). Each is told of once, with the earliest commit and the place it had there.
pub fn secrets(log: impl BufRead, catalogue: &Catalogue, current: &Repository) -> io::Result<Vec<Finding>> {
    let mut found: HashMap<Key, Finding> = HashMap::new();
    let mut log = Log::new(log);
    while let Some(added) = log.next()? {
        if !is_lockfile(crate::file::name(&added.file)) {
            look(&added, catalogue, current, &mut found);
        }
    }
    let mut findings: Vec<Finding> = found.into_values().collect();
    findings.sort_by(|one, other| {
        (&one.file, one.line, one.column, &one.rule, &one.message).cmp(&(
            &other.file,
            other.line,
            other.column,
            &other.rule,
            &other.message,
        ))
    });
    fingerprint(&mut findings);
    Ok(findings)
}

/// Looks at the lines that one commit added in one place of one file.
fn look(added: &Added, catalogue: &Catalogue, current: &Repository, found: &mut HashMap<Key, Finding>) {
    let file = SourceFile::new(&added.file, &added.text);
    let now = current.text(&added.file);
    let is_gone = |secret: &str| now.as_deref().is_none_or(|text| !text.contains(secret));
    let mut keep = |secret: &str, draft: Draft| {
        let sink = Sink::new(catalogue, current);
        sink.report_in(&file, draft);
        for mut finding in sink.finish().0 {
            finding.line = finding.line.saturating_add(added.line - 1);
            finding.end_line = finding.end_line.saturating_add(added.line - 1);
            finding.message = format!("{} (commit {} of {})", finding.message, added.commit, added.date);
            // The log begins with the latest commit: what comes later was there earlier.
            found.insert((finding.rule.clone(), Sha256::digest(secret).into()), finding);
        }
    };
    for hit in detector::find(&added.text) {
        let secret = &added.text[hit.range.clone()];
        if let Some(draft) = scan::draft(&file, &hit, false).filter(|_| is_gone(secret)) {
            keep(secret, draft);
        }
    }
    if env::is_real(&added.file) {
        for (name, line, value) in env::secrets(&added.text) {
            if is_gone(&value) && detector::find(&value).is_empty() {
                let says = format!("git keeps the value that `{name}` had in this file");
                keep(&value, scan::hidden(env::COMMITTED, &file, line, &value).says(says));
            }
        }
    }
}
