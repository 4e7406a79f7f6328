//! A program that prints the value of a secret: the command lines of Vault and of the clouds' secret managers.
//!
//! No shell reads the words, and the only thing put into them is the name, so a value is never an argument. What the
//! program says when it fails is not repeated, for it may say the value.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{self, Child, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use seaworthy_model::SecretSource;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::{Context, Provider};
use crate::{Error, SecretName, value};

pub(super) struct Command {
    words: Vec<String>,
    root: PathBuf,
    timeout: Duration,
}

impl Command {
    pub(super) fn new(words: &[String], context: &Context) -> Self {
        Self { words: words.to_vec(), root: context.root.clone(), timeout: context.timeout }
    }

    fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The command line for a secret.
    fn line(&self, name: &SecretName) -> Vec<String> {
        self.words.iter().map(|word| word.replace(SecretSource::NAME, name.as_str())).collect()
    }

    fn run(&self, line: &[String]) -> Result<(ExitStatus, Zeroizing<Vec<u8>>), String> {
        let mut child = process::Command::new(self.program())
            .args(&line[1..])
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A group of its own, so that all that it starts can be ended with it.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot be started: {error}"))?;
        let deadline = Instant::now() + self.timeout;
        let ended = wait(&mut child, deadline);
        if ended.is_err() {
            end(&mut child);
        }
        ended
    }
}

/// What the program prints until it closes its output, and how it ends, both before the deadline.
fn wait(child: &mut Child, deadline: Instant) -> Result<(ExitStatus, Zeroizing<Vec<u8>>), String> {
    let late = || "took too long".to_owned();
    let (send, received) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // Ends with the pipe: at the latest when the group is ended.
        thread::spawn(move || {
            let limit = value::LONGEST as u64 + 3;
            let mut bytes = Zeroizing::new(Vec::with_capacity(value::LONGEST + 4));
            let read = stdout.take(limit).read_to_end(&mut bytes);
            let _ = send.send(read.map(|_| bytes));
        });
    }
    let left = || deadline.saturating_duration_since(Instant::now());
    let printed = match received.recv_timeout(left()) {
        Ok(Ok(printed)) => printed,
        Ok(Err(error)) => return Err(format!("cannot be read: {error}")),
        Err(_) => return Err(late()),
    };
    if printed.len() > value::LONGEST + 2 {
        return Err("printed more than 64 KiB".to_owned());
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status, printed)),
            Ok(None) if left().is_zero() => return Err(late()),
            // It has closed its output: what is left is its end.
            Ok(None) => thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

/// Ends a program with all that it started.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

impl Provider for Command {
    fn title(&self) -> String {
        format!("`{}`", self.program())
    }

    /// A program that fails has no such secret: these programs do not tell that from a refusal by their exit codes.
    fn get(&self, name: &SecretName) -> Result<Option<SecretString>, Error> {
        let line = self.line(name);
        let failed = |what| Error::Command { program: self.program().to_owned(), what, line: line.join(" ") };
        let (status, printed) = self.run(&line).map_err(failed)?;
        if !status.success() || printed.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        value::from_bytes(printed.to_vec()).map(Some)
    }
}
