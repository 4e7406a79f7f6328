//! Results that are known, on the disk: `.seaworthy/cache/steps`.
//!
//! ```text
//! stat.json          content hashes of files, by size, times and inode
//! made.json          files that steps made outside their outputs
//! results/STEP.json  the last results of a step, the newest first
//! trees/HASH.json    declared files and what they held, shared by the results that saw them
//! copies/HASH        files of outputs
//! logs/STEP-N.log    what steps wrote
//! tests/STEP.json    how long test files take, tests that are flaky, the last runs that failed
//! reports            what test tools tell, while they run, and what helps them to
//! lock               held while a pipeline runs
//! ```
//!
//! All of it is a cache: what cannot be read counts as absent, each file is replaced in one step.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::files::Tree;
use super::fingerprint::Fingerprint;
use super::outputs::Made;
use super::stat::digest_of;
use super::step::StepId;
use super::testing::{History, TestCounts};
use crate::Error;

/// Results of a step that are kept: enough for a few branches.
const MOST_RESULTS: usize = 8;

/// A run of a step that went well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// What it depends on.
    pub(super) fingerprint: Fingerprint,
    /// The hash of the tree of its declared files.
    pub(super) tree: String,
    /// What it looked at besides; see `Observed`.
    pub(super) observed: BTreeMap<String, String>,
    /// Programs that it ran.
    pub(super) programs: BTreeMap<String, String>,
    /// Files that it read without declaring them.
    pub(super) undeclared: Vec<String>,
    /// It was seen what it looked at.
    pub(super) traced: bool,
    /// What it made.
    pub(super) outputs: Vec<Made>,
    /// What it made without declaring it, as far as that was seen.
    #[serde(default)]
    pub(super) made: Vec<Made>,
    /// The name of its log.
    pub(super) log: String,
    /// How long it took, in milliseconds.
    pub(super) took_ms: u64,
    /// How its tests went, where their tool tells.
    #[serde(default)]
    pub(super) tests: Option<TestCounts>,
}

impl Record {
    /// What steps that need this one depend on: what it made, or where that is not looked at, what that was made from.
    pub(super) fn result(&self) -> String {
        let contents: Option<Vec<String>> = self.outputs.iter().map(Made::digest).collect();
        match contents {
            Some(contents) if !contents.is_empty() => digest_of(contents.iter().map(String::as_str)),
            _ => {
                let parts =
                    self.fingerprint.0.iter().map(|(ingredient, digest)| format!("{ingredient:?} {digest}"));
                let seen = self.observed.iter().map(|(path, state)| format!("{path} {state}"));
                let parts: Vec<String> = parts.chain(seen).collect();
                digest_of(parts.iter().map(String::as_str))
            }
        }
    }
}

/// The folder of known results.
#[derive(Clone, Debug)]
pub(super) struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens the folder; makes it where it is absent.
    pub(super) fn open(cache: &Path) -> Result<Self, Error> {
        let store = Self { root: cache.join("steps") };
        for folder in ["results", "trees", "copies", "logs", "tests", "reports"] {
            let folder = store.root.join(folder);
            fs::create_dir_all(&folder).map_err(Error::file("create the folder", &folder))?;
        }
        Ok(store)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn stat(&self) -> PathBuf {
        self.root.join("stat.json")
    }

    pub(super) fn made(&self) -> PathBuf {
        self.root.join("made.json")
    }

    /// Waits until no other pipeline runs here; `busy` is called when one does.
    pub(super) fn lock(&self, busy: impl FnOnce()) -> Result<File, Error> {
        let path = self.root.join("lock");
        let file = File::create(&path).map_err(Error::file("create", &path))?;
        if file.try_lock().is_err() {
            busy();
            file.lock().map_err(Error::file("lock", &path))?;
        }
        Ok(file)
    }

    /// What is remembered of the tests of a step, by its name without a share.
    pub(super) fn history(&self, step: &str) -> History {
        load(&self.history_file(step))
    }

    /// Remembers it.
    pub(super) fn keep_history(&self, step: &str, history: &History) -> Result<(), Error> {
        save(&self.history_file(step), history)
    }

    /// Where the tests of a step report, and where what helps them is.
    pub(super) fn report(&self, step: &StepId) -> (PathBuf, PathBuf) {
        let folder = self.root.join("reports");
        (folder.join(format!("{}.xml", file_name(step.as_str()))), folder)
    }

    fn history_file(&self, step: &str) -> PathBuf {
        self.root.join("tests").join(format!("{}.json", file_name(step)))
    }

    /// The known results of a step, the newest first.
    pub(super) fn results(&self, step: &StepId) -> Vec<Record> {
        load(&self.results_file(step))
    }

    /// Adds a result.
    pub(super) fn add(&self, step: &StepId, record: Record, tree: &Tree) -> Result<(), Error> {
        save(&self.tree_file(&record.tree), tree)?;
        let mut results = self.results(step);
        results.insert(0, record);
        results.truncate(MOST_RESULTS);
        save(&self.results_file(step), &results)
    }

    /// Puts a result before the others: it is what was there last, to which the next run is compared.
    pub(super) fn put_first(&self, step: &StepId, record: &Record) {
        let mut results = self.results(step);
        if let Some(index) = results.iter().position(|known| known == record).filter(|index| *index > 0) {
            results[..=index].rotate_right(1);
            // Otherwise the next reason is about an older run, that is all.
            let _ = save(&self.results_file(step), &results);
        }
    }

    /// The declared files that a result saw.
    pub(super) fn tree(&self, digest: &str) -> Tree {
        load(&self.tree_file(digest))
    }

    /// A name for the next log of a step, and its path.
    pub(super) fn new_log(&self, step: &StepId) -> (String, PathBuf) {
        let stem = file_name(step.as_str());
        let mut number = 0;
        loop {
            let name = format!("{stem}-{number}.log");
            let path = self.log(&name);
            if !path.exists() {
                return (name, path);
            }
            number += 1;
        }
    }

    /// The path of a log.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.root.join("logs").join(name)
    }

    /// Keeps a copy of a file.
    pub(super) fn keep(&self, file: &Path, digest: &str) -> io::Result<()> {
        let copy = self.root.join("copies").join(digest);
        if copy.exists() {
            return Ok(());
        }
        let draft = copy.with_extension(format!("{}", std::process::id()));
        fs::copy(file, &draft)?;
        fs::rename(draft, copy)
    }

    /// A copy, as long as it is what it was.
    pub(super) fn kept(&self, digest: &str) -> io::Result<Vec<u8>> {
        use sha2::Digest as _;
        let bytes = fs::read(self.root.join("copies").join(digest))?;
        let is_whole = super::stat::hex(&sha2::Sha256::digest(&bytes)) == digest;
        if is_whole { Ok(bytes) } else { Err(io::Error::other("a copy is damaged")) }
    }

    /// Removes trees, copies and logs that no result names. `logs` are those of this run.
    pub(super) fn prune(&self, logs: &BTreeSet<String>) {
        let mut named: BTreeSet<String> = logs.clone();
        for file in files(&self.root.join("results")) {
            for record in load::<Vec<Record>>(&file) {
                named.insert(format!("{}.json", record.tree));
                let made = record.outputs.iter().chain(&record.made);
                named.extend(made.flat_map(Made::copies).map(str::to_owned));
                named.insert(record.log);
            }
        }
        for folder in ["trees", "copies", "logs"] {
            for file in files(&self.root.join(folder)) {
                let is_named =
                    file.file_name().and_then(|name| name.to_str()).is_some_and(|name| named.contains(name));
                if !is_named {
                    // What stays for once is removed the next time.
                    let _ = fs::remove_file(file);
                }
            }
        }
    }

    fn results_file(&self, step: &StepId) -> PathBuf {
        self.root.join("results").join(format!("{}.json", file_name(step.as_str())))
    }

    fn tree_file(&self, digest: &str) -> PathBuf {
        self.root.join("trees").join(format!("{digest}.json"))
    }
}

/// Names of steps hold a colon, which not every file system takes, and those of shares a slash.
fn file_name(step: &str) -> String {
    step.replace(':', ".").replace('/', "_")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Results of a step that are known here, and after them those that come from elsewhere.
pub(super) fn joined(mut known: Vec<Record>, coming: Vec<Record>) -> Vec<Record> {
    for record in coming {
        let is_known =
            |other: &Record| other.fingerprint == record.fingerprint && other.observed == record.observed;
        if !known.iter().any(is_known) {
            known.push(record);
        }
    }
    known.truncate(MOST_RESULTS);
    known
}

/// What a file holds; the default where it is absent or damaged.
pub(super) fn load<T: DeserializeOwned + Default>(path: &Path) -> T {
    fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Replaces a file in one step.
pub(super) fn save<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        let bytes = serde_json::to_vec(value).map_err(io::Error::other)?;
        let mut file = File::create(&draft)?;
        file.write_all(&bytes)?;
        fs::rename(&draft, path)
    };
    write().map_err(Error::file("write", path))
}
