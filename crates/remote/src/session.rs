//! The one connection to a host, and what goes over it.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::address::Address;
use crate::argv::{Argv, Ssh};
use crate::error::{self, Error};
use crate::probe::{BEGIN, END, Facts};
use crate::script;
use crate::upload::Program;

/// Clocks that differ by more make times in the ledger hard to compare.
const SKEW: i64 = 60;
/// The longest that the connection may take to end by itself.
const ENDING: Duration = Duration::from_secs(2);
/// Bytes of what `ssh` said that are kept.
const SAID: usize = 16 << 10;
/// The longest path of a Unix socket, less what `ssh` appends while it opens one (`unix(7)`: 108 with the final zero).
const LONGEST_FOLDER: usize = 60;

/// A connection to a host. It ends with this value, or with this process, however that ends: the host's end of it waits
/// for standard input to close.
pub struct Session {
    ssh: Ssh,
    address: Address,
    facts: Facts,
    skew: i64,
    folder: TempDir,
    master: Child,
    input: Option<ChildStdin>,
    said: Said,
}

/// What the connection's `ssh` says, while it says it.
struct Said {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// What came of a command.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    pub(crate) said: String,
}

impl Session {
    /// Connects, and asks what the host is: whether `program` is there, in the state folder `state` or the usual one. Blocks.
    pub fn open(ssh: Ssh, address: &Address, state: Option<&str>, program: &Program) -> Result<Self, Error> {
        let folder = private_folder()?;
        let argv = ssh.master(
            address,
            &folder.path().join("c"),
            &script::probe(state.unwrap_or(""), program.name()),
        );
        let mut command = command(&argv);
        // A group of its own: Ctrl-C at this terminal is for this process, which still has something to say to the host.
        command.process_group(0).env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut master =
            command.spawn().map_err(|_| Error::Program(ssh.program().to_string_lossy().into_owned()))?;
        let input = master.stdin.take();
        let said = Said::read(master.stderr.take());
        let lines = answer(master.stdout.take());
        let Some(lines) = lines else {
            drop(input);
            let _ = master.kill();
            let _ = master.wait();
            return Err(error::of_connection(address, &said.all()));
        };
        let facts = Facts::of(&lines);
        let skew = facts.ahead_by();
        Ok(Self { ssh, address: address.clone(), facts, skew, folder, master, input, said })
    }

    /// The host.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What it is.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How far its clock is ahead of this one's, in seconds, where that is more than a minute.
    pub fn skew(&self) -> Option<i64> {
        (self.skew.abs() > SKEW).then_some(self.skew)
    }

    /// Refuses a host on which a program of this machine cannot run, or the user cannot write.
    pub fn check(&self) -> Result<(), Error> {
        let address = self.address.clone();
        if !self.facts.runs_programs_of_this_machine() {
            let (system, machine) = (self.facts.system.clone(), self.facts.machine.clone());
            return Err(Error::Machine { address, system, machine });
        }
        match &self.facts.unwritable {
            Some(said) if said.contains("No space left") => {
                Err(Error::DiskFull { address, state: self.facts.state.clone() })
            }
            Some(said) => {
                Err(Error::NotWritable { address, state: self.facts.state.clone(), said: said.clone() })
            }
            None => Ok(()),
        }
    }

    /// What a command of the host prints; an error where it fails.
    pub fn output(&self, what: &'static str, words: &[&str]) -> Result<Vec<u8>, Error> {
        let outcome = self.run(what, &script::line(words), |_| Ok(()))?;
        if outcome.status.success() { Ok(outcome.output) } else { Err(self.failed(what, &outcome)) }
    }

    /// Runs a command of the host with this process's input and output, at its terminal where there is one, and returns
    /// its exit code.
    pub fn pass_through(&self, what: &'static str, words: &[&str], at_terminal: bool) -> Result<u8, Error> {
        let line = script::line(words);
        let argv = if at_terminal {
            self.ssh.at_terminal(&self.address, &self.socket(), &line)
        } else {
            self.ssh.command(&self.address, &self.socket(), &line)
        };
        let status = command(&argv).status().map_err(here("ssh cannot be run"))?;
        // 255 is what ssh itself fails with, and what no command of ours does.
        match status.code() {
            Some(255) | None => Err(self.broken(what, "")),
            Some(code) => Ok(u8::try_from(code).unwrap_or(u8::MAX)),
        }
    }

    /// Brings a Unix socket of the host here, and returns where it is; it goes with this session.
    pub fn forward(&self, there: &str) -> Result<PathBuf, Error> {
        let what = "forwarding its socket";
        let here_at = self.folder.path().join("a");
        let refused =
            |said: &str| Error::Command { address: self.address.clone(), what, said: said.to_owned() };
        // A colon would end the path.
        if there.contains(':') {
            return Err(refused("the path of its state folder has a colon"));
        }
        let argv = self.ssh.forward(&self.address, &self.socket(), &here_at, there);
        let output = command(&argv).stdin(Stdio::null()).output().map_err(here("ssh cannot be run"))?;
        if output.status.success() {
            return Ok(here_at);
        }
        Err(refused(&error::last_line(&String::from_utf8_lossy(&output.stderr))))
    }

    /// What the connection's `ssh` said last.
    pub fn said(&self) -> String {
        error::last_line(&self.said.so_far())
    }

    /// Runs a command of the host, feeding its standard input, and returns what came of it.
    pub(crate) fn run(
        &self,
        what: &'static str,
        line: &str,
        feed: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Outcome, Error> {
        let argv = self.ssh.command(&self.address, &self.socket(), line);
        let mut command = command(&argv);
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(here("ssh cannot be run"))?;
        let said = Said::read(child.stderr.take());
        let output = child.stdout.take().map(|mut output| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = output.read_to_end(&mut bytes);
                bytes
            })
        });
        let fed = match child.stdin.take() {
            Some(mut input) => feed(&mut input),
            None => Ok(()),
        };
        if let Err(cause) = fed
            && cause.kind() != io::ErrorKind::BrokenPipe
        {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Error::Here { what: "what is sent cannot be read", cause });
        }
        let status = child.wait().map_err(here("ssh cannot be waited for"))?;
        let output = output.and_then(|reader| reader.join().ok()).unwrap_or_default();
        let said = said.all();
        // 255: ssh; none: ssh was killed. What the host said itself says more.
        if matches!(status.code(), Some(255) | None) {
            return Err(self.broken(what, &said));
        }
        Ok(Outcome { status, output, said })
    }

    pub(crate) fn failed(&self, what: &'static str, outcome: &Outcome) -> Error {
        error::of_command(&self.address, &self.facts.state, what, &outcome.said)
    }

    fn broken(&self, what: &'static str, said: &str) -> Error {
        let own = error::last_line(said);
        let said = if own.is_empty() { self.said() } else { own };
        Error::Broken { address: self.address.clone(), what, said }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("c")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.input.take());
        let began = Instant::now();
        while matches!(self.master.try_wait(), Ok(None)) {
            if began.elapsed() > ENDING {
                let _ = self.master.kill();
                let _ = self.master.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Said {
    fn read(from: Option<impl Read + Send + 'static>) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let reader = from.map(|from| {
            let text = Arc::clone(&text);
            std::thread::spawn(move || {
                for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                    let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
                    if text.len() > SAID {
                        text.clear();
                    }
                    text.push_str(&String::from_utf8_lossy(&line));
                    text.push('\n');
                }
            })
        });
        Self { text, reader }
    }

    /// All of it; waits for its end.
    fn all(mut self) -> String {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.so_far()
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The lines of the probe's answer; none when the connection ended before.
fn answer(output: Option<impl Read>) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    let mut has_begun = false;
    for line in BufReader::new(output?).lines() {
        match line.ok()?.trim_end() {
            BEGIN => has_begun = true,
            END => return has_begun.then_some(lines),
            line if has_begun => lines.push(line.to_owned()),
            _ => {}
        }
    }
    None
}

/// A folder for this user alone whose sockets have short enough paths.
fn private_folder() -> Result<TempDir, Error> {
    let usual = std::env::temp_dir();
    let base = if usual.as_os_str().len() > LONGEST_FOLDER { PathBuf::from("/tmp") } else { usual };
    // The last folder's name has 6 random characters, and is made with mode 0700.
    tempfile::Builder::new()
        .prefix("sea-")
        .tempdir_in(base)
        .map_err(here("no folder for sockets can be made"))
}

fn command(argv: &Argv) -> Command {
    // It begins with a program, by construction of `Ssh`.
    let mut command = Command::new(argv.0.first().map_or("ssh".as_ref(), std::ffi::OsString::as_os_str));
    command.args(argv.0.iter().skip(1));
    command
}

pub(crate) fn here(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |cause| Error::Here { what, cause }
}
