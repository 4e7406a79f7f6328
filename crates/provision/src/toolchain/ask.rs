//! Asks programs for their versions: in parallel, with a time limit, and only once as long as they stay as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::version::Version;
use crate::record::{self, Access};

/// How long a program may take to print its version; a JVM on a busy machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Programs asked at the same time.
const AT_ONCE: usize = 8;

/// What programs said about their versions.
#[derive(Debug)]
pub(super) struct Answers {
    path: PathBuf,
    known: BTreeMap<String, Answer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    /// Changes when the program does.
    stamp: (u64, u64),
    /// Absent: it printed none.
    version: Option<String>,
}

impl Answers {
    /// Reads what was answered in earlier runs.
    pub(super) fn open(cache: &Path) -> Self {
        let path = cache.join("toolchains.json");
        Self { known: record::load(&path), path }
    }

    /// Asks those that did not answer before.
    pub(super) async fn ask(&mut self, programs: Vec<(PathBuf, &'static [&'static str])>) {
        let new = programs.into_iter().filter_map(|(program, arguments)| {
            let stamp = stamp(&program)?;
            let is_known = self.known.get(&key(&program)).is_some_and(|answer| answer.stamp == stamp);
            (!is_known).then_some(Question { program, arguments, stamp })
        });
        let asked: Vec<_> = new.collect();
        if asked.is_empty() {
            return;
        }
        let answers = futures_util::stream::iter(asked).map(Question::answer);
        let answers: Vec<_> = answers.buffer_unordered(AT_ONCE).collect().await;
        self.known.extend(answers);
        // What is not remembered is asked again: a full disk costs time, not the run.
        let _ = record::save(&self.path, &self.known, Access::Everyone);
    }

    /// What a program said.
    pub(super) fn version(&self, program: &Path) -> Option<Version> {
        Version::parse(self.known.get(&key(program))?.version.as_deref()?)
    }
}

/// A program that is asked for its version.
struct Question {
    program: PathBuf,
    arguments: &'static [&'static str],
    stamp: (u64, u64),
}

impl Question {
    async fn answer(self) -> (String, Answer) {
        let version = version_of(&self.program, self.arguments).await.map(|version| version.to_string());
        (key(&self.program), Answer { stamp: self.stamp, version })
    }
}

fn key(program: &Path) -> String {
    program.to_string_lossy().into_owned()
}

fn stamp(program: &Path) -> Option<(u64, u64)> {
    let metadata = program.metadata().ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((u64::try_from(modified.as_millis()).ok()?, metadata.len()))
}

/// The version that a program prints.
pub(crate) async fn version_of(program: &Path, arguments: &[&str]) -> Option<Version> {
    let mut command = tokio::process::Command::new(program);
    command
        .args(arguments)
        // Neither a folder's own settings nor a download may change or delay the answer.
        .current_dir("/")
        .env("RUSTUP_AUTO_INSTALL", "0")
        .env("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let said = |bytes: &[u8]| Version::find(&String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]));
    // Java prints its version to standard error.
    if output.status.success() { said(&output.stdout).or_else(|| said(&output.stderr)) } else { None }
}
