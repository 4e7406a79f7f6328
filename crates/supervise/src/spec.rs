//! What a process is told to be. Handed to the shim over its socket: nothing of it is on a command line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::log::writer::LogFile;

/// The environment variable by which a process of a run is known even when it left its session: `RUN/NAME`.
pub const MARKER: &str = "SEA_INSTANCE";

/// The environment variable by which a process is known to belong to a shim that lingers: the shim's [`Seat`].
///
/// [`Seat`]: crate::rendezvous::Seat
pub const SHIM: &str = "SEA_SHIM";

/// One process to start.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The name it is known by: that of the service, resource or task.
    pub name: String,
    /// The run of `sea` that it belongs to.
    pub run: String,
    /// What is executed.
    pub command: Command,
    /// The folder it runs in.
    pub dir: PathBuf,
    /// Its whole environment; nothing is inherited.
    pub env: BTreeMap<String, String>,
    /// Whom it runs as; absent: as the one who started `sea`.
    pub user: Option<User>,
    /// What it may use.
    pub limits: Limits,
    /// How it is stopped.
    pub stop: Stop,
    /// Where its output is kept.
    pub log: LogFile,
    /// Values that must not reach its log.
    pub secrets: Vec<String>,
    /// What becomes of it when its control process is gone.
    #[serde(default)]
    pub on_control_loss: OnControlLoss,
}

impl fmt::Debug for Spec {
    /// Without environment and secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("name", &self.name)
            .field("command", &self.command)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Spec {
    /// The value of [`MARKER`].
    pub fn marker(&self) -> String {
        format!("{}/{}", self.run, self.name)
    }
}

/// What is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// A text as in a shell; run without one where that makes no difference.
    Shell(String),
    /// A program and its arguments.
    Program(Vec<String>),
}

impl Command {
    /// The program and its arguments. A text that a shell would only split into words is split here: one process less,
    /// and signals reach the program itself.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Program(argv) => argv.clone(),
            Self::Shell(text) => {
                plain_words(text).unwrap_or_else(|| vec!["/bin/sh".to_owned(), "-c".to_owned(), text.clone()])
            }
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(text) => f.write_str(text),
            Self::Program(argv) => {
                // Only a NUL byte cannot be quoted; the words as they are will do for a person.
                f.write_str(
                    &shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_else(|_| argv.join(" ")),
                )
            }
        }
    }
}

/// The words of a command line that needs no shell.
fn plain_words(text: &str) -> Option<Vec<String>> {
    const SPECIAL: &[char] =
        &['|', '&', ';', '<', '>', '(', ')', '$', '`', '*', '?', '[', '#', '~', '{', '!', '\n', '\\'];
    /// Words that are commands of the shell, not programs.
    const BUILT_IN: &[&str] = &[
        ".", ":", "alias", "cd", "command", "eval", "exec", "exit", "export", "if", "for", "set", "source",
        "trap", "ulimit", "umask", "unset", "until", "wait", "while", "case", "time", "type",
    ];
    if text.contains(SPECIAL) {
        return None;
    }
    let words = shlex::split(text)?;
    let first = words.first()?;
    (!first.contains('=') && !BUILT_IN.contains(&first.as_str())).then_some(words)
}

/// Whom a process runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// What becomes of a process when its control process is gone without having stopped it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnControlLoss {
    /// It is stopped.
    #[default]
    End,
    /// It runs on, its log is kept, and its shim waits for another control process.
    Linger {
        /// Where the shim waits: a folder that belongs to this user alone. See [`crate::survivor::find`].
        folder: PathBuf,
        /// How long it waits at most, after which it stops the process; absent: for ever.
        at_most: Option<Duration>,
    },
}

/// What a process and its children may use. Limits that this account may not set do not keep it from starting; it is said
/// that they do not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Bytes of memory, together.
    pub memory: Option<u64>,
    /// CPU cores, together.
    pub cpu: Option<f64>,
    /// Files and sockets that each of them may have open (`RLIMIT_NOFILE`).
    pub open_files: Option<u64>,
    /// How readily the kernel kills it when the machine is out of memory: -1000 (never) to 1000 (first); proc(5),
    /// `oom_score_adj`.
    pub oom_score: Option<i16>,
}

impl Limits {
    /// Nothing is limited that takes a control group.
    pub(crate) fn need_no_group(&self) -> bool {
        self.memory.is_none() && self.cpu.is_none()
    }
}

/// How a process is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The number of the signal that asks it to.
    pub signal: i32,
    /// How long it may take before it is killed.
    pub grace: Duration,
}

impl Default for Stop {
    /// SIGTERM and ten seconds, as in Compose.
    fn default() -> Self {
        Self { signal: nix::sys::signal::Signal::SIGTERM as i32, grace: Duration::from_secs(10) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(text: &str) -> Vec<String> {
        Command::Shell(text.to_owned()).argv()
    }

    #[test]
    fn a_shell_is_used_only_where_it_is_needed() {
        assert_eq!(argv("npm run dev -- --port 3000"), ["npm", "run", "dev", "--", "--port", "3000"]);
        assert_eq!(argv("node 'my server.js'"), ["node", "my server.js"]);
        for text in ["a && b", "PORT=1 a", "cd x", "a $PORT", "a > b", "a *.js", "source x", "echo 'open"] {
            assert_eq!(argv(text), ["/bin/sh", "-c", text], "{text}");
        }
    }

    #[test]
    fn a_spec_keeps_its_environment_to_itself() {
        let spec = Spec {
            name: "api".to_owned(),
            run: "r".to_owned(),
            command: Command::Program(vec!["a".to_owned(), "b c".to_owned()]),
            dir: "/".into(),
            env: BTreeMap::from([("KEY".to_owned(), "hidden".to_owned())]),
            user: None,
            limits: Limits::default(),
            stop: Stop::default(),
            log: LogFile::new("a.log"),
            secrets: vec!["hidden".to_owned()],
            on_control_loss: OnControlLoss::End,
        };
        assert!(!format!("{spec:?}").contains("hidden"));
        assert_eq!(spec.command.to_string(), "a 'b c'");
    }
}
