//! Runs one step: a process group, its output line by line, its trace.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use seaworthy_supervise::log::redact::Redactor;

use crate::trace::{Trace, Tracer};

/// Bytes of one line that are shown and kept at most.
const LONGEST_LINE: u64 = 64 * 1024;

/// How long output is waited for when a step is over and something that left its process group still holds the pipe.
const PATIENCE: Duration = Duration::from_secs(2);

/// Stops a pipeline, from wherever.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    asked: AtomicBool,
    groups: Mutex<BTreeSet<i32>>,
}

impl Cancel {
    /// Asks every step that runs to end (SIGTERM); no other one starts.
    pub fn cancel(&self) {
        self.0.asked.store(true, Ordering::Release);
        self.signal(Signal::SIGTERM);
    }

    /// Ends every step that runs (SIGKILL).
    pub fn kill(&self) {
        self.0.asked.store(true, Ordering::Release);
        self.signal(Signal::SIGKILL);
    }

    /// It was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    fn signal(&self, signal: Signal) {
        for group in self.groups().iter() {
            // It may be gone already.
            let _ = killpg(Pid::from_raw(*group), signal);
        }
    }

    fn groups(&self) -> std::sync::MutexGuard<'_, BTreeSet<i32>> {
        self.0.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step to run.
pub(super) struct Job {
    /// What tells it apart in messages.
    pub(super) index: usize,
    /// What is run; output and process group are seen to here.
    pub(super) command: Command,
    /// The folder below which it is observed; absent: it is not.
    pub(super) trace: Option<PathBuf>,
    /// Where its output is kept.
    pub(super) log: PathBuf,
    /// What must not be seen in it.
    pub(super) redactor: Redactor,
}

/// What a running step tells.
pub(super) enum Message {
    /// It wrote a line.
    Line(usize, String),
    /// It is over.
    Ended(usize, Ended),
}

/// How a step ended.
pub(super) struct Ended {
    /// Its status; else why it could not be run.
    pub(super) status: Result<ExitStatus, String>,
    /// What it looked at.
    pub(super) trace: Option<Trace>,
    /// How long it took.
    pub(super) took: Duration,
}

/// Starts a job on a thread of its own.
pub(super) fn start(job: Job, cancel: Cancel, tell: Sender<Message>) -> io::Result<()> {
    let index = job.index;
    std::thread::Builder::new().name("step".to_owned()).spawn(move || {
        let begun = Instant::now();
        let (status, trace) = run(job, &cancel, &tell);
        // Who listens is there as long as steps run.
        let _ = tell.send(Message::Ended(index, Ended { status, trace, took: begun.elapsed() }));
    })?;
    Ok(())
}

fn run(job: Job, cancel: &Cancel, tell: &Sender<Message>) -> (Result<ExitStatus, String>, Option<Trace>) {
    match try_run(job, cancel, tell) {
        Ok((status, trace)) => (Ok(status), trace),
        Err(error) => (Err(error.to_string()), None),
    }
}

fn try_run(job: Job, cancel: &Cancel, tell: &Sender<Message>) -> io::Result<(ExitStatus, Option<Trace>)> {
    let Job { index, mut command, trace, log, redactor } = job;
    // One pipe for both streams, so that lines keep their order.
    let (output, input) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input).process_group(0);
    end_with_us(&mut command);
    let tracer = trace.map(|below| Tracer::attach(&mut command, &below)).transpose()?;
    let mut child = {
        // Whoever cancels sees the group, or it is not started.
        let mut groups = cancel.groups();
        if cancel.is_asked() {
            return Err(io::Error::other("it was not started any more"));
        }
        let child = command.spawn()?;
        groups.insert(i32::try_from(child.id()).unwrap_or(i32::MAX));
        child
    };
    drop(command);
    let group = i32::try_from(child.id()).unwrap_or(i32::MAX);
    let reading = read(output, index, log, redactor, tell.clone())?;
    let status = child.wait();
    // What it left in the background goes with it.
    let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    cancel.groups().remove(&group);
    // Something that left its group may hold the pipe for ever.
    let _ = reading.recv_timeout(PATIENCE);
    Ok((status?, tracer.and_then(Tracer::finish)))
}

/// Makes the process end when the thread that waits for it is gone, however that came about.
#[expect(unsafe_code, reason = "code between fork and exec is unsafe to allow; see the comment")]
fn end_with_us(command: &mut Command) {
    #[cfg(target_os = "linux")]
    // SAFETY: between fork and exec only prctl(2) is called.
    unsafe {
        command.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Reads lines into the log and to whoever listens; the receiver wakes when there are no more.
fn read(
    output: impl Read + Send + 'static,
    index: usize,
    log: PathBuf,
    redactor: Redactor,
    tell: Sender<Message>,
) -> io::Result<Receiver<()>> {
    let (done, reading) = channel();
    let mut log = File::create(log)?;
    std::thread::Builder::new().name("output".to_owned()).spawn(move || {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
                line.pop();
            }
            let clean = redactor.apply(&line);
            // A full disk costs the log, not the step.
            let _ = log.write_all(&clean).and_then(|()| log.write_all(b"\n"));
            let _ = tell.send(Message::Line(index, String::from_utf8_lossy(&clean).into_owned()));
        }
        let _ = done.send(());
    })?;
    Ok(reading)
}

/// How a process ended, in words.
pub(super) fn words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => format!("killed by {signal}"),
            Err(_) => format!("killed by signal {signal}"),
        },
        (None, None) => "it ended".to_owned(),
    }
}

/// How a process ended, as shells tell it: its code, or 128 and the number of the signal.
pub(super) fn shell_status(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| Some(128 + status.signal()?))
}

/// The lines of a log.
pub(super) fn lines(log: &Path) -> Vec<String> {
    let text = std::fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}
