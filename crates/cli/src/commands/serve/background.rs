//! The server of a state folder as others have it: found, started in the background, told to go.

use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use seaworthy_engine::serve::{HostRecord, find};

use super::unit;
use crate::args::StateArgs;
use crate::commands::{state, write};
use crate::exit::{self, Outside};

/// The longest that a server which was killed may hold its lock.
const DYING: Duration = Duration::from_secs(10);
/// The longest that a server may take until it serves.
const STARTING: Duration = Duration::from_mins(2);

/// How a server was started: the one that `sea ship` starts in its place is to be reached in the same ways.
#[derive(Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Start {
    pub(super) arguments: Vec<String>,
}

impl Start {
    fn file(folder: &Path) -> PathBuf {
        folder.join("serve.json")
    }

    pub(super) fn keep(&self, folder: &Path) -> anyhow::Result<()> {
        Ok(write::replace(&Self::file(folder), &serde_json::to_string_pretty(self)?)?)
    }

    /// How the last server of a state folder was started. `$SEA_HTTP` goes before its port.
    fn last(folder: &Path) -> Self {
        let kept = std::fs::read(Self::file(folder)).ok();
        let kept = kept.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let mut start = kept.unwrap_or_default();
        if let Ok(port) = std::env::var("SEA_HTTP") {
            start.arguments.extend(["--http".to_owned(), port]);
        }
        start
    }
}

/// The file whose presence says that the end is to be the end of everything.
pub(super) fn stop_mark(folder: &Path) -> PathBuf {
    folder.join("run/stop")
}

/// The state folder, and the server that holds it; `else_type` is what to type where none does.
pub(crate) fn serving(args: &StateArgs, else_type: &str) -> anyhow::Result<(PathBuf, HostRecord)> {
    let folder = state::folder(args)?;
    match find(&folder) {
        Some(record) => Ok((folder, record)),
        None => Err(Outside {
            message: format!("nothing serves {}", folder.display()),
            help: Some(else_type.to_owned()),
        }
        .into()),
    }
}

/// Tells the server of a state folder to stop everything, and waits until it has.
pub(super) fn stop(args: &StateArgs) -> anyhow::Result<u8> {
    let (folder, record) =
        serving(args, "sea serve, then sea serve --stop: it takes over what still runs first")?;
    std::fs::write(stop_mark(&folder), b"")?;
    end(&folder, &record)?;
    Ok(exit::DONE)
}

/// Tells a server to go, and waits until it has.
pub(super) fn end(folder: &Path, record: &HostRecord) -> anyhow::Result<()> {
    let pid = i32::try_from(record.pid).ok().and_then(rustix::process::Pid::from_raw);
    // One that ended meanwhile has nothing left to stop.
    let process = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let Some(process) = process.filter(|_| find(folder).is_some()) else { return Ok(()) };
    pidfd_send_signal(&process, Signal::TERM)?;
    // A descriptor of a process is readable once it has ended (pidfd_open(2)).
    let mut ended = [PollFd::new(&process, PollFlags::IN)];
    let patience = Timespec::try_from(STARTING)?;
    if poll(&mut ended, Some(&patience))? == 0 {
        let message = format!("it does not end (process {})", record.pid);
        return Err(Outside { message, help: None }.into());
    }
    Ok(())
}

/// The server of a state folder; where there is none one is started, by systemd where that is to keep it, otherwise in the
/// background.
pub(crate) fn ensure(args: &StateArgs) -> anyhow::Result<HostRecord> {
    let folder = state::folder(args)?;
    let began = Instant::now();
    // One that was killed holds its lock a moment longer than its socket.
    while let Some(record) = find(&folder) {
        if UnixStream::connect(&record.socket).is_ok() || began.elapsed() > DYING {
            return Ok(record);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // One in the background would keep the unit from starting.
    if unit::is_to_serve(&folder) && unit::start() {
        let serving = until_it_serves(&folder, || Ok(false))?;
        return serving.ok_or_else(|| unit::does_not_serve().into());
    }
    std::fs::create_dir_all(&folder)?;
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("serve.log"))?;
    let errors = log.try_clone()?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", "--state"])
        .arg(&folder)
        .args(Start::last(&folder).arguments)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        // A group of its own: Ctrl-C at this terminal is not for it.
        .process_group(0)
        .spawn()?;
    if let Some(record) = until_it_serves(&folder, || Ok(child.try_wait()?.is_some()))? {
        return Ok(record);
    }
    let said = std::fs::read_to_string(folder.join("serve.log")).unwrap_or_default();
    let last = said.lines().rfind(|line| line.starts_with("error")).unwrap_or("it ended");
    let message = format!("the server did not start: {}", last.trim_start_matches("error: "));
    Err(Outside { message, help: Some("sea serve".to_owned()) }.into())
}

/// Waits until a server of the folder answers; none where it ended before, or takes too long.
pub(super) fn until_it_serves(
    folder: &Path,
    mut has_ended: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<Option<HostRecord>> {
    let began = Instant::now();
    loop {
        // The record may still be that of the server before, which the new one has not replaced yet.
        let record = find(folder).filter(|record| UnixStream::connect(&record.socket).is_ok());
        if record.is_some() {
            return Ok(record);
        }
        if has_ended()? || began.elapsed() > STARTING {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
