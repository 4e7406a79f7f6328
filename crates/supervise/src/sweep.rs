//! What is left of a run whose processes were killed all at once is found by its marker and ended: by the guardian at
//! once, or by the next start.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, setsid};

use crate::cgroup;
use crate::proc;
use crate::reaper::Reaper;

/// The hidden argument by which the binary is told to be a guardian.
pub const ARGUMENT: &str = "__guardian";

/// Shims that live stop their instances themselves, within this time.
const SHIMS_NEED: Duration = Duration::from_secs(4);

/// Kills every process of a run and returns how many there were. Of no effect on this process itself, and on instances
/// that outlive their control process ([`OnControlLoss::Linger`](crate::spec::OnControlLoss)) while their shims live.
pub fn sweep(run: &str) -> usize {
    let own = getpid().as_raw();
    let mut count = 0;
    let mut was_empty = false;
    for _ in 0..500 {
        let rest: Vec<i32> = proc::of_run(run).into_iter().filter(|pid| *pid != own).collect();
        // A process that is just becoming another program has no environment for an instant: looked at twice.
        if rest.is_empty() && was_empty {
            break;
        }
        was_empty = rest.is_empty();
        count = count.max(rest.len());
        for pid in rest {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        sleep(Duration::from_millis(5));
    }
    cgroup::remove_leftovers(run);
    count
}

/// A process that does nothing until the control process is gone without having ended it; then it sweeps.
pub struct Guardian {
    pid: i32,
    /// Closes when this process ends, however that happens.
    _pipe: std::io::PipeWriter,
}

impl Guardian {
    /// Starts the guardian of a run. `program` as in [`crate::instance::Launcher::with_program`].
    pub fn start(program: &str, run: &str, reaper: &Reaper) -> std::io::Result<Self> {
        let (read, write) = std::io::pipe()?;
        let mut command = Command::new(program);
        command
            .arg0("guardian")
            .args([ARGUMENT, run])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(read))
            .stderr(Stdio::null());
        Ok(Self { pid: reaper.spawn(&mut command)?, _pipe: write })
    }

    /// Ends it: nothing is left to guard.
    pub fn dismiss(self) {
        let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
    }
}

/// Runs the guardian to its end.
pub fn main() -> ExitCode {
    let Some(run) = std::env::args().nth(2) else { return ExitCode::from(2) };
    let _ = setsid();
    // Returns when the other end closes; nobody writes.
    let _ = std::io::stdin().read(&mut [0]);
    for _ in 0..SHIMS_NEED.as_millis() / 20 {
        if proc::of_run(&run).is_empty() {
            return ExitCode::SUCCESS;
        }
        sleep(Duration::from_millis(20));
    }
    sweep(&run);
    ExitCode::SUCCESS
}
