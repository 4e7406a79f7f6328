//! The history of a repository, as lead times need it.

use std::path::Path;

use jiff::Timestamp;
use seaworthy_engine::serve::CommitFact;
use seaworthy_ledger::dora::Commit;

use super::git::git;

/// What git is asked to print of each commit.
pub(crate) const FORMAT: &str = "--format=%H%x00%P%x00%ct";
/// Commits that a ship tells of at most.
const MOST: &str = "-n5000";
/// The same, where it is not known which of them the host knows.
const MOST_OF_ALL: &str = "-n1000";

/// Commits as git printed them.
pub(crate) fn read(text: &str) -> Vec<Commit> {
    text.lines().filter_map(commit).collect()
}

fn commit(line: &str) -> Option<Commit> {
    let mut parts = line.split('\0');
    let (id, parents, at) = (parts.next()?, parts.next()?, parts.next()?);
    let at = Timestamp::from_second(at.trim().parse().ok()?).ok()?;
    let parents = parents.split_whitespace().map(str::to_owned).collect();
    Some(Commit { id: id.to_owned(), parents, at, apps: None })
}

/// The commits that lead to one, for a host that has no repository: those since the one that serves there.
pub(crate) fn leading_to(root: &Path, commit: &str, serving: Option<&str>) -> Vec<CommitFact> {
    let since = serving.map(|serving| format!("^{serving}"));
    let new = since.and_then(|since| git(root, &["log", MOST, FORMAT, commit, &since]).ok());
    // What serves may be a commit that was rebased away, or none.
    let told = new.or_else(|| git(root, &["log", MOST_OF_ALL, FORMAT, commit]).ok()).unwrap_or_default();
    let commits = read(&String::from_utf8_lossy(&told));
    commits.into_iter().map(|Commit { id, parents, at, .. }| CommitFact { id, parents, at }).collect()
}
