//! Runs the commands of the set-up under shims of their own: their output is kept like that of services, and nothing of
//! them is left behind when the run ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_provision::Error;
use seaworthy_provision::task::{Line, Program, Running, Stream, Task, Tasks, search_path};
use seaworthy_supervise::instance::Launcher;
use seaworthy_supervise::log::Stream as LogStream;
use seaworthy_supervise::log::writer::LogFile;
use seaworthy_supervise::spec::{Command, Limits, OnControlLoss, Spec, Stop, User};
use seaworthy_supervise::task;

/// Runs tasks of one run.
pub(crate) struct ShimTasks {
    pub(crate) launcher: Launcher,
    pub(crate) run: String,
    pub(crate) logs: PathBuf,
    /// Values that must not reach a log.
    pub(crate) secrets: Vec<String>,
}

/// The log that all tasks of the set-up share.
pub(crate) const LOG: &str = "setup";

impl Tasks for ShimTasks {
    fn run<'a>(&'a self, task: &'a Task, lines: &'a (dyn Fn(Line) + Send + Sync)) -> Running<'a> {
        Box::pin(async move {
            let spec = self.spec(task);
            let started = task::run(&self.launcher, spec, |record| {
                let stream = if record.stream == LogStream::Stderr { Stream::Err } else { Stream::Out };
                lines(Line { stream, text: record.text.clone() });
            });
            let failed = |status: String, tail: Vec<String>| Error::Failed {
                name: task.name.clone(),
                command: task.program.to_string(),
                dir: task.dir.clone(),
                status,
                tail,
            };
            let outcome = started.await.map_err(|source| Error::Start {
                command: task.program.to_string(),
                dir: task.dir.clone(),
                source,
            })?;
            match outcome.exit {
                Some(exit) if exit.is_success() => Ok(()),
                Some(exit) => {
                    let mut tail = outcome.tail;
                    // npm ends with a page of help; what went wrong stands before it.
                    if !outcome.cause.is_empty() && !tail.iter().any(|line| line.contains(&outcome.cause)) {
                        tail.insert(0, outcome.cause);
                    }
                    Err(failed(exit.to_string(), tail))
                }
                None => Err(failed(outcome.cause, outcome.tail)),
            }
        })
    }
}

impl ShimTasks {
    fn spec(&self, task: &Task) -> Spec {
        let mut env: BTreeMap<String, String> = own_environment();
        env.extend(task.env.clone());
        if let Some(path) = search_path(&task.bin_dirs) {
            env.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
        }
        Spec {
            name: file_name(&task.name),
            run: self.run.clone(),
            command: match &task.program {
                Program::Shell(line) => Command::Shell(line.clone()),
                Program::Argv(argv) => Command::Program(argv.clone()),
            },
            dir: task.dir.clone(),
            env,
            user: task.user.as_ref().map(|user| User { uid: user.uid, gid: user.gid }),
            limits: Limits::default(),
            stop: Stop::default(),
            log: LogFile::new(self.logs.join(format!("{LOG}-{}.log", file_name(&task.name)))),
            secrets: self.secrets.clone(),
            on_control_loss: OnControlLoss::End,
        }
    }
}

/// The environment that `sea` was started with, less what is not text.
pub(crate) fn own_environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The logs that tasks of the set-up wrote, by the name they are shown under.
pub(crate) fn logs(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let task = name.strip_prefix(LOG)?.strip_prefix('-')?.strip_suffix(".log")?;
            Some((format!("{LOG}/{task}"), entry.path()))
        })
        .collect()
}

/// A text as part of a file name.
fn file_name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.chars().map(|c| if allowed(c) { c } else { '-' }).take(80).collect()
}
