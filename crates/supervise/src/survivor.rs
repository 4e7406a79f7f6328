//! Instances that outlived their control process: found, verified, and taken over by the next one.
//!
//! Only a process of this user is believed, and only one that is what its socket says: the same process id and the same
//! time of start. What cannot be believed or understood is left alone and told.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use thiserror::Error;

use crate::cgroup;
use crate::exit::Exit;
use crate::log::reader::Cursor;
use crate::proc;
use crate::protocol::{Greeting, Memory, PROTOCOL, Welcome};
use crate::rendezvous::{Folder, Seat, peer};
use crate::spec::Spec;

/// How long a shim is waited for that does not answer. It does nothing but wait, so that it is stopped or broken.
const ANSWER: Duration = Duration::from_secs(5);

/// The longest greeting, in bytes. An environment has 2 MiB at most on Linux, and doubles when it is quoted at worst.
const LONGEST_GREETING: u64 = 16 << 20;

/// Shims that are asked at the same time.
const AT_ONCE: usize = 16;

/// The folder in which shims linger cannot be used.
#[derive(Debug, Error)]
#[error("the folder {} in which instances wait for their control process cannot be used: {source}; it must belong to this user, and nobody else may write in it", .folder.display())]
pub struct FindError {
    /// The folder.
    pub folder: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Why a shim was left alone.
#[derive(Debug, Error)]
pub enum Refusal {
    /// Another control process has it.
    #[error("shim {} belongs to another control process, {by}: end that one first", .shim.pid)]
    Attended {
        /// The shim.
        shim: Seat,
        /// The process id of the control process that has it.
        by: i32,
    },
    /// Another version of this program started it. SIGTERM to the shim stops its instance with grace.
    #[error("shim {} speaks version {} where this program speaks {PROTOCOL}: it can only be ended (SIGTERM) and its process started anew", .shim.pid, spoken.map_or_else(|| "unknown".to_owned(), |spoken| spoken.to_string()))]
    Version {
        /// The shim.
        shim: Seat,
        /// What it speaks, where that can be told.
        spoken: Option<u64>,
        /// The name of its instance, where that can be told.
        name: Option<String>,
    },
    /// What listens is not the process that the socket is named for, or belongs to another user.
    #[error("the socket of shim {} is not its own: another process or user listens on it; remove it", .shim.pid)]
    Impostor {
        /// The shim that the socket is named for.
        shim: Seat,
    },
    /// It does not answer.
    #[error("shim {} does not answer: {source}", .shim.pid)]
    Silent {
        /// The shim.
        shim: Seat,
        /// Why.
        source: io::Error,
    },
}

/// What is in a folder.
#[derive(Debug, Default)]
pub struct Found {
    /// Instances that nobody controls, by the start of their shims, the oldest first.
    pub survivors: Vec<Survivor>,
    /// What shims that were killed left running.
    pub orphans: Vec<Orphan>,
    /// Shims that were left alone.
    pub refused: Vec<Refusal>,
}

/// An instance that nobody controls. Nobody else can take it over while this is held; it runs on when this is dropped. See
/// [`Launcher::adopt`](crate::instance::Launcher::adopt) and [`Supervisor::adopt`](crate::supervisor::Supervisor::adopt).
#[derive(Debug)]
pub struct Survivor {
    shim: Seat,
    started: Timestamp,
    welcome: Welcome,
    pub(crate) socket: UnixStream,
}

impl Survivor {
    /// The name it is known by.
    pub fn name(&self) -> &str {
        &self.welcome.spec.name
    }

    /// The run that it belongs to.
    pub fn run(&self) -> &str {
        &self.welcome.spec.run
    }

    /// What it was told to start, environment and secrets included: they came over the socket and are in no file. An engine
    /// compares it with what it wants.
    pub fn spec(&self) -> &Spec {
        &self.welcome.spec
    }

    /// Its process id. Of one that [`ended`](Self::exit), the number may be somebody else's.
    pub fn pid(&self) -> i32 {
        self.welcome.pid
    }

    /// Its shim.
    pub fn shim(&self) -> Seat {
        self.shim
    }

    /// When it was started.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// Where its log ended then.
    pub fn log_start(&self) -> Cursor {
        self.welcome.log_start
    }

    /// How it ended, when it did while nobody controlled it.
    pub fn exit(&self) -> Option<Exit> {
        self.welcome.exit
    }

    /// It was asked to stop before its control process went.
    pub fn is_stopping(&self) -> bool {
        self.welcome.is_stopping
    }

    /// What the last control process knew of it.
    pub fn memory(&self) -> Memory {
        self.welcome.memory
    }

    /// Why limits that were asked for do not hold.
    pub fn unlimited(&self) -> Option<&str> {
        self.welcome.unlimited.as_deref()
    }
}

/// What a shim that was killed left running: its own process ends with it, what that one started may not.
#[derive(Debug)]
pub struct Orphan {
    /// The shim that is gone.
    pub shim: Seat,
    /// `RUN/NAME` of the instance.
    pub marker: String,
    folder: PathBuf,
}

impl Orphan {
    /// Kills all of it, and returns when it is gone. Blocks.
    ///
    /// What emptied its environment cannot be known any more, unless the instance had a limit of memory or CPU and is not
    /// started anew yet: end orphans first.
    pub fn end(self) {
        // What cannot be killed (in an uninterruptible wait for a disk) is not waited for for ever.
        for _ in 0..1000 {
            let mut rest = proc::of_shims();
            rest.retain(|(_, shim, _)| *shim == self.shim);
            for (pid, ..) in &rest {
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            }
            if rest.is_empty() {
                // Another instance of this name has the same control groups.
                let is_replaced = proc::of_shims().iter().any(|(.., marker)| *marker == self.marker);
                if let Some((run, name)) = self.marker.rsplit_once('/').filter(|_| !is_replaced) {
                    cgroup::end_leftover(run, name);
                }
                if let Ok(folder) = Folder::open(&self.folder) {
                    folder.remove(self.shim);
                }
                return;
            }
            sleep(Duration::from_millis(2));
        }
    }
}

/// Looks for what lingers in a folder (see [`OnControlLoss`](crate::spec::OnControlLoss)). Removes sockets of dead shims,
/// except where something that they left still runs, so that whoever looks next is told again. Blocks: at most five
/// seconds for each sixteen shims that do not answer.
pub fn find(path: &Path) -> Result<Found, FindError> {
    let unusable = |source| FindError { folder: path.to_owned(), source };
    let folder = Folder::open(path).map_err(unusable)?;
    let seats = folder.seats().map_err(unusable)?;
    let mut found = Found::default();
    let mut dead = Vec::new();
    for seats in seats.chunks(AT_ONCE) {
        let met: Vec<Met> = std::thread::scope(|scope| {
            let asked: Vec<_> = seats.iter().map(|seat| scope.spawn(|| meet(&folder, *seat))).collect();
            // `meet` does not panic; a shim of which nothing is known is left alone.
            asked.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        for met in met {
            match met {
                Met::Survivor(survivor) => found.survivors.push(*survivor),
                Met::Refused(refusal) => found.refused.push(refusal),
                Met::Gone(seat) => dead.push(seat),
            }
        }
    }
    found.orphans = orphans(&folder, path, dead);
    Ok(found)
}

/// What these dead shims left, one for each that left something.
fn orphans(folder: &Folder, path: &Path, dead: Vec<Seat>) -> Vec<Orphan> {
    if dead.is_empty() {
        return Vec::new();
    }
    let mut left: BTreeMap<Seat, String> = BTreeMap::new();
    // A process that is just becoming another program has no environment for an instant: looked at twice.
    for _ in 0..2 {
        for (shim, marker) in proc::of_shims().into_iter().map(|(_, shim, marker)| (shim, marker)) {
            left.entry(shim).or_insert(marker);
        }
    }
    let mut orphans = Vec::new();
    for shim in dead {
        match left.remove(&shim) {
            Some(marker) => orphans.push(Orphan { shim, marker, folder: path.to_owned() }),
            None => folder.remove(shim),
        }
    }
    orphans
}

enum Met {
    Survivor(Box<Survivor>),
    Refused(Refusal),
    Gone(Seat),
}

/// Meets one shim.
fn meet(folder: &Folder, shim: Seat) -> Met {
    let stream = match folder.connect(shim) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {
            // It may be a shim that has not come to listen yet.
            return if shim.is_alive() {
                Met::Refused(Refusal::Silent { shim, source: error })
            } else {
                Met::Gone(shim)
            };
        }
        Err(source) => return Met::Refused(Refusal::Silent { shim, source }),
    };
    if peer(&stream) != Some(shim.pid) {
        return Met::Refused(Refusal::Impostor { shim });
    }
    match greeting(&stream) {
        // It listened and is there, so the number is still its own.
        Ok(_) if !shim.is_alive() => Met::Refused(Refusal::Impostor { shim }),
        Ok(line) => understand(shim, stream, &line),
        // It ended in the same moment.
        Err(_) if !shim.is_alive() => Met::Gone(shim),
        Err(source) => Met::Refused(Refusal::Silent { shim, source }),
    }
}

/// The line that a shim says first. It says nothing else before it is answered.
fn greeting(stream: &UnixStream) -> io::Result<String> {
    let until = Instant::now() + ANSWER;
    let mut line = String::new();
    let mut reader = BufReader::new(stream.take(LONGEST_GREETING));
    while !line.ends_with('\n') {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    stream.set_read_timeout(None)?;
    Ok(line)
}

fn understand(shim: Seat, socket: UnixStream, line: &str) -> Met {
    let greeting: Value = serde_json::from_str(line).unwrap_or_default();
    let welcome = &greeting["welcome"];
    let spoken = welcome["protocol"].as_u64();
    let name = welcome["spec"]["name"].as_str().map(str::to_owned);
    let is_foreign = !welcome.is_null() && spoken != Some(u64::from(PROTOCOL));
    match serde_json::from_value(greeting) {
        Ok(Greeting::Attended { by }) => Met::Refused(Refusal::Attended { shim, by }),
        Ok(Greeting::Welcome(welcome)) if !is_foreign => {
            let started = Timestamp::from_microsecond(welcome.started).unwrap_or_else(|_| Timestamp::now());
            Met::Survivor(Box::new(Survivor { shim, started, welcome: *welcome, socket }))
        }
        _ => Met::Refused(Refusal::Version { shim, spoken, name }),
    }
}
