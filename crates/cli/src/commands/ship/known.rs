//! A commit that serves already, and of which nothing changed: nothing is checked out, run or packaged.
//!
//! Each ship leaves a note of the release that it made. The next one of the same commit, by the same program, with the same
//! settings looks at the checkout as it was left: where the pipeline knows the result of every step, which hangs on files,
//! programs, variables and the day, a build would give the same artifact. The host still compares what it is configured with,
//! so that a changed secret is shipped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use seaworthy_engine::serve::ReleaseRecord;
use seaworthy_provision::state::State;
use seaworthy_release::pipeline::Verdict;
use serde::{Deserialize, Serialize};

use super::Place;
use super::build::serving;
use super::prepare::{self, prepare};
use crate::args::{Global, ShipArgs};
use crate::commands::git::git;
use crate::commands::write;

/// What a ship made.
#[derive(Serialize, Deserialize)]
struct Note {
    /// What decides about it besides the files.
    by: By,
    /// The app's folder in the checkout, relative to the repository.
    root: PathBuf,
    record: ReleaseRecord,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct By {
    commit: String,
    /// The program: its version, its length and when it was written.
    program: (String, u64, String),
    settings: Vec<String>,
}

impl By {
    fn now(global: &Global, commit: &str) -> Option<Self> {
        let program = fs::metadata(std::env::current_exe().ok()?).ok()?;
        let written = jiff::Timestamp::try_from(program.modified().ok()?).ok()?;
        Some(Self {
            commit: commit.to_owned(),
            program: (env!("CARGO_PKG_VERSION").to_owned(), program.len(), written.to_string()),
            settings: global.set.iter().map(|setting| format!("{setting:?}")).collect(),
        })
    }
}

fn folder(place: &Place) -> Option<PathBuf> {
    Some(State::open(&place.root).ok()?.root().join("ship"))
}

fn file(folder: &Path, place: &Place) -> PathBuf {
    folder.join(format!("made-{}.json", place.environment))
}

/// Leaves a note of a release. That it cannot be left makes the next ship slower, and no more.
pub(super) fn note(global: &Global, place: &Place, root: &Path, record: &ReleaseRecord) {
    let by = By::now(global, &record.commit);
    let (Some(folder), Some(by)) = (folder(place), by.filter(|_| !record.dirty)) else { return };
    let root = root.strip_prefix(&place.root).unwrap_or(root).to_owned();
    let note = Note { by, root, record: record.clone() };
    let _ = write::replace(&file(&folder, place), &serde_json::to_string(&note).unwrap_or_default());
}

/// The release of a commit that serves already, if a build of it would change nothing.
pub(super) fn find(global: &Global, args: &ShipArgs, place: &Place) -> Option<ReleaseRecord> {
    if args.dirty || args.plan || args.explain.is_some() {
        return None;
    }
    let folder = folder(place)?;
    let note: Note = serde_json::from_slice(&fs::read(file(&folder, place)).ok()?).ok()?;
    let wanted = format!("{}^{{commit}}", args.commit);
    let commit = git(&place.root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).ok()?;
    let commit = String::from_utf8(commit).ok()?;
    if By::now(global, commit.trim())? != note.by || !serves(place, &note.record.commit)? {
        return None;
    }
    // Another ship may be at work in the checkout.
    let lock = File::open(folder.join("lock")).ok()?;
    lock.try_lock().ok()?;
    let mut prepared = prepare(global, place, &place.root.join(&note.root)).ok()?;
    let steps = prepare::all(&prepared.steps).ok()?;
    let verdicts = prepared.pipeline.plan(&steps, &prepared.workshop).ok()?;
    prepared.runtime.shutdown_background();
    let is_known = verdicts.iter().all(|verdict| matches!(verdict, Verdict::Hit { .. }));
    is_known.then_some(note.record)
}

/// Whether the commit is what the host serves, and nothing has to be asked about it: after a rollback it hangs on how the commit
/// stands to the one that was rolled back.
fn serves(place: &Place, commit: &str) -> Option<bool> {
    let host = place.talk(async { Ok(place.client.view().await?) }).ok()?;
    let view = host
        .environments
        .iter()
        .find(|view| view.app == place.app.as_str() && view.environment == place.environment.as_str())?;
    Some(view.held.is_none() && serving(view) == Some(commit))
}
