//! The history of the repository, as far as shipping told of it: what lead times are computed from.
//!
//! A host has no repository. Each ship brings the commits that lead to its release, and they are kept for as long as the
//! environment is, since the metrics look further back than releases are retained.

use std::collections::HashSet;

use jiff::Timestamp;
use seaworthy_ledger::dora::Commit;
use serde::{Deserialize, Serialize};

use super::Error;
use super::layout::{self, EnvironmentFolder};

/// Commits that are kept; the oldest go first.
const MOST: usize = 20_000;

/// A commit, as a ship tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitFact {
    /// Its id.
    pub id: String,
    /// The commits before it.
    pub parents: Vec<String>,
    /// When it was committed.
    pub at: Timestamp,
}

/// Keeps what is new of these commits.
pub(super) fn keep(folder: &EnvironmentFolder, commits: &[CommitFact]) -> Result<(), Error> {
    let path = folder.commits();
    // What cannot be read is written anew: it only tells lead times.
    let mut known: Vec<CommitFact> = layout::read(&path).ok().flatten().unwrap_or_default();
    let ids: HashSet<String> = known.iter().map(|commit| commit.id.clone()).collect();
    let before = known.len();
    known.extend(commits.iter().filter(|commit| !ids.contains(&commit.id)).cloned());
    if known.len() == before {
        return Ok(());
    }
    known.sort_by_key(|commit| commit.at);
    known.drain(..known.len().saturating_sub(MOST));
    layout::save(&path, &known)
}

/// All that is known; nothing where it cannot be read.
pub(super) fn read(folder: &EnvironmentFolder) -> Vec<Commit> {
    let known: Vec<CommitFact> = layout::read(&folder.commits()).ok().flatten().unwrap_or_default();
    known.into_iter().map(|CommitFact { id, parents, at }| Commit { id, parents, at, apps: None }).collect()
}

#[cfg(test)]
mod tests {
    use seaworthy_model::Name;

    use super::*;
    use crate::serve::Layout;

    #[test]
    fn commits_of_several_ships_are_known_once() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(folder.path()).unwrap();
        let place = layout.environment(&Name::parse("shop").unwrap(), &Name::parse("production").unwrap());
        place.prepare().unwrap();
        let commit = |id: &str, at: i64| CommitFact {
            id: id.to_owned(),
            parents: Vec::new(),
            at: Timestamp::from_second(at).unwrap(),
        };
        keep(&place, &[commit("b", 2), commit("a", 1)]).unwrap();
        keep(&place, &[commit("c", 3), commit("b", 2)]).unwrap();
        let ids: Vec<String> = read(&place).into_iter().map(|commit| commit.id).collect();
        assert_eq!(ids, ["a", "b", "c"]);
    }
}
