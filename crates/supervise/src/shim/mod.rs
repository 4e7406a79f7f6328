//! The shim: a small process around one instance. It owns the instance's pipes and exit status, writes its log, stops
//! it, and leaves nothing that the instance started behind. It has one thread and waits in one place.
//!
//! It is started by the control process with a socket as its standard input. When that socket closes, because the
//! control process ended however it did, the instance is stopped, or runs on while the shim waits for another control
//! process: [`OnControlLoss`](crate::spec::OnControlLoss).

mod capture;
mod child;
mod door;
mod guard;
mod inherit;
mod lingering;
mod link;
mod session;
mod throttle;

use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::exit::Exit;
use crate::log::Stream;
use crate::log::redact::Redactor;
use crate::log::writer::LogWriter;
use crate::protocol::{Order, Report};
use crate::spec::Spec;
use capture::Capture;
use child::Child;
use lingering::{Life, Lingering};
use link::Link;
use throttle::Throttle;

/// The hidden argument by which the binary is told to be a shim.
pub const ARGUMENT: &str = "__shim";

/// When nobody is left to wait for a polite end, this is the longest it may take.
const ORPHANED_GRACE: Duration = Duration::from_secs(3);

/// What a process left behind when it ended may take this long after being asked to end.
const LEFT_BEHIND_GRACE: Duration = Duration::from_millis(500);

/// Between two looks at whether everything that was killed is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How long it is kept for a control process how an instance ended that nobody saw.
const EXIT_KEPT: Duration = Duration::from_mins(10);

/// A started line is flushed after this long without its end.
const PROMPT_DELAY: Duration = Duration::from_millis(200);

/// Runs the shim to its end.
pub fn main() -> ExitCode {
    session::leave();
    // Orphans of the instance become children of the shim, so none can get away.
    guard::adopt_orphans();
    let (Ok(mut link), Ok(signals)) = (Link::from_standard_input(), signals()) else {
        return ExitCode::FAILURE;
    };
    let Some(spec) = link.wait_for_start() else { return ExitCode::SUCCESS };
    Shim::start(link, signals, &spec).map_or(ExitCode::FAILURE, |shim| {
        shim.run();
        ExitCode::SUCCESS
    })
}

fn signals() -> nix::Result<SignalFd> {
    let mut set = SigSet::empty();
    for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        set.add(signal);
    }
    set.thread_block()?;
    SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It runs.
    Running,
    /// It was asked to stop and is killed at this time.
    Stopping(Instant),
    /// It was killed.
    Killing,
    /// It ended; what it left behind was asked to end and is killed at this time.
    Leaving(Instant),
    /// Nothing of it is left. How it ended is kept until this time.
    Over(Instant),
}

struct Shim {
    link: Link,
    signals: SignalFd,
    child: Child,
    stage: Stage,
    exit: Option<Exit>,
    left: Vec<String>,
    capture: Capture,
    grace: Duration,
    signal: Signal,
    /// For an instance that outlives its control process.
    lingering: Option<Lingering>,
    /// It was asked to stop.
    is_stopping: bool,
    /// The shim itself was asked to end: nobody else is waited for.
    is_leaving: bool,
    /// The last report, once it is made.
    last: Option<Report>,
    /// The last report was read.
    is_taken: bool,
}

impl Shim {
    /// Starts the instance; tells the control process when that fails.
    fn start(mut link: Link, signals: SignalFd, spec: &Spec) -> Option<Self> {
        let mut log = LogWriter::open(spec.log.clone());
        let redactor = Redactor::new(&spec.secrets);
        let started = Lingering::prepare(spec, log.end()).and_then(|lingering| {
            let (child, pipes) = child::start(spec, lingering.as_ref().map(Lingering::seat))?;
            Ok((lingering, child, pipes))
        });
        let (lingering, child, pipes) = match started {
            Ok(started) => started,
            Err(reason) => {
                log.push(Stream::Sea, false, &redactor.apply(reason.as_bytes()));
                let _ = log.flush();
                link.send(&Report::Wrote);
                link.send(&Report::Failed { reason });
                link.flush_blocking();
                return None;
            }
        };
        let note = format!("started {} (process {})", spec.command, child.pid);
        log.push(Stream::Sea, false, &redactor.apply(note.as_bytes()));
        link.send(&Report::Started { pid: child.pid.as_raw(), unlimited: child.unlimited.clone() });
        Some(Self {
            link,
            signals,
            child,
            stage: Stage::Running,
            exit: None,
            left: Vec::new(),
            capture: Capture::new(pipes, log, redactor, Throttle::default()),
            grace: spec.stop.grace,
            signal: Signal::try_from(spec.stop.signal).unwrap_or(Signal::SIGTERM),
            lingering,
            is_stopping: false,
            is_leaving: false,
            last: None,
            is_taken: false,
        })
    }

    fn run(mut self) {
        // Orders that came together with the one to start were read with it, and nothing would wake for them.
        self.take_orders();
        loop {
            let now = Instant::now();
            self.advance(now);
            if self.exit.is_some() && self.is_alone() {
                break;
            }
            if self.capture.flush() {
                self.link.send(&Report::Wrote);
            }
            self.link.flush();
            self.capture.judge(now);
            let woken = self.wait(now);
            if woken.signals {
                self.take_signals();
            }
            if woken.link {
                self.take_orders();
            }
            if woken.door {
                self.answer_door();
            }
            self.capture.read(Instant::now());
        }
        self.finish();
    }

    /// Carries out what is due.
    fn advance(&mut self, now: Instant) {
        if self.is_overdue(now) {
            self.is_leaving = true;
            self.stop(self.grace);
        }
        match self.stage {
            Stage::Stopping(deadline) | Stage::Leaving(deadline) if now >= deadline => self.kill(),
            // What was killed may have started something in the same moment.
            Stage::Killing => guard::kill_descendants(&self.child),
            _ => {}
        }
    }

    /// No control process came in time.
    fn is_overdue(&self, now: Instant) -> bool {
        let deadline = self.lingering.as_ref().and_then(Lingering::deadline);
        deadline.is_some_and(|deadline| now >= deadline)
    }

    fn is_alone(&mut self) -> bool {
        let rest = guard::descendants();
        if rest.is_empty() {
            return true;
        }
        if self.stage == Stage::Running || matches!(self.stage, Stage::Stopping(_)) {
            self.left = rest.iter().filter_map(|pid| crate::proc::program(*pid)).collect();
            self.left.sort();
            self.left.dedup();
            guard::signal(&rest, Signal::SIGTERM);
            self.stage = Stage::Leaving(Instant::now() + LEFT_BEHIND_GRACE);
        }
        false
    }

    fn wait(&mut self, now: Instant) -> Woken {
        let timeout = self.timeout(now);
        let link_flags =
            PollFlags::POLLIN | if self.link.has_unsent() { PollFlags::POLLOUT } else { PollFlags::empty() };
        let mut fds: Vec<PollFd<'_>> = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let open: Option<BorrowedFd<'_>> = self.link.as_fd();
        if let Some(link) = open {
            fds.push(PollFd::new(link, link_flags));
        }
        let door_at = fds.len();
        if let Some(lingering) = &self.lingering {
            fds.push(PollFd::new(lingering.as_fd(), PollFlags::POLLIN));
        }
        for pipe in self.capture.pipes_to_read() {
            fds.push(PollFd::new(pipe, PollFlags::POLLIN));
        }
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            // Without poll nothing can be known any more: the socket closes, and the control process takes over.
            Err(_) => std::process::exit(1),
        }
        let is_ready = |fd: &PollFd<'_>| fd.any().unwrap_or(false);
        Woken {
            signals: is_ready(&fds[0]),
            link: open.is_some() && is_ready(&fds[1]),
            door: self.lingering.is_some() && is_ready(&fds[door_at]),
        }
    }

    fn timeout(&self, now: Instant) -> PollTimeout {
        let stage = match self.stage {
            Stage::Running => None,
            Stage::Stopping(deadline) | Stage::Over(deadline) => {
                Some(deadline.saturating_duration_since(now))
            }
            Stage::Killing => Some(LOOK_AGAIN),
            Stage::Leaving(deadline) => Some(deadline.saturating_duration_since(now).min(LOOK_AGAIN * 5)),
        };
        // Once it is told to stop, the deadline has done what it can.
        let alone = self.lingering.as_ref().filter(|_| !self.is_leaving).and_then(Lingering::deadline);
        let alone = alone.map(|deadline| deadline.saturating_duration_since(now));
        let wait = [stage, alone, self.capture.wake_after(now)].into_iter().flatten().min();
        match wait {
            None => PollTimeout::NONE,
            // Rounded up, so that a deadline has passed when the wait is over.
            Some(wait) => {
                PollTimeout::try_from(wait + Duration::from_micros(999)).unwrap_or(PollTimeout::MAX)
            }
        }
    }

    fn take_signals(&mut self) {
        while let Ok(Some(info)) = self.signals.read_signal() {
            let is = |signal: Signal| info.ssi_signo == signal as u32;
            // A terminal that closes is nothing to who outlives its control process.
            let is_hang_up = is(Signal::SIGHUP) && self.lingering.is_some();
            if !is(Signal::SIGCHLD) && !is_hang_up {
                self.is_leaving = true;
                self.stop(self.grace);
            }
        }
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => self.ended(pid, Exit::Code(code)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => self.ended(pid, Exit::Signal(signal as i32)),
                Ok(WaitStatus::StillAlive) | Err(_) => break,
                Ok(_) => {}
            }
        }
    }

    fn ended(&mut self, pid: Pid, exit: Exit) {
        if pid == self.child.pid {
            let killed = exit == Exit::Signal(Signal::SIGKILL as i32);
            let out_of_memory =
                killed && self.stage == Stage::Running && self.child.group.was_out_of_memory();
            self.exit = Some(if out_of_memory { Exit::OutOfMemory } else { exit });
        }
    }

    fn take_orders(&mut self) {
        let orders = self.link.receive();
        for order in orders {
            match order {
                Order::Stop => self.stop(self.grace),
                Order::Kill => self.kill(),
                Order::Signal(number) => {
                    if let Ok(signal) = Signal::try_from(number)
                        && self.last.is_none()
                    {
                        self.child.signal(signal);
                    }
                }
                Order::Adopt => {
                    self.link.adopt();
                    if let Some(last) = &self.last {
                        self.link.send(last);
                    }
                }
                Order::Remember(memory) => {
                    if let Some(lingering) = &mut self.lingering {
                        lingering.memory = memory;
                    }
                }
                Order::Taken => self.is_taken = self.last.is_some(),
                // Given once; a second one is not possible through `Instance`.
                Order::Start(_) => {}
            }
        }
        if self.link.is_closed() {
            match &mut self.lingering {
                Some(lingering) => lingering.lose(),
                None => self.stop(self.grace.min(ORPHANED_GRACE)),
            }
        }
    }

    /// Somebody wants the instance, or only to know of it.
    fn answer_door(&mut self) {
        while let Some((socket, pid)) = self.lingering.as_ref().and_then(Lingering::knock) {
            // Whoever had it may have gone just before; what they ordered counts.
            if !self.link.is_closed() {
                self.take_orders();
                self.link.close_if_left();
            }
            let life = Life {
                pid: self.child.pid.as_raw(),
                unlimited: self.child.unlimited.clone(),
                is_stopping: self.is_stopping,
                exit: self.last.as_ref().and(self.exit),
            };
            if let Some(lingering) = &mut self.lingering {
                lingering.answer(socket, pid, &mut self.link, &life);
            }
        }
    }

    fn stop(&mut self, grace: Duration) {
        if self.stage == Stage::Running && self.exit.is_none() {
            self.child.signal(self.signal);
            // A stopped process cannot act on a signal.
            self.child.signal(Signal::SIGCONT);
            self.stage = Stage::Stopping(Instant::now() + grace);
            self.is_stopping = true;
        }
    }

    fn kill(&mut self) {
        // Of what is over nothing is left, and its numbers may be somebody else's.
        if !matches!(self.stage, Stage::Killing | Stage::Over(_)) {
            self.is_stopping |= self.exit.is_none();
            self.stage = Stage::Killing;
            guard::kill_descendants(&self.child);
        }
    }

    /// All processes are gone: the rest of their output, then the last report.
    fn finish(mut self) {
        self.capture.read_all();
        let exit = self.exit.unwrap_or(Exit::Unknown);
        if !self.left.is_empty() {
            let note = format!(
                "ended and left {} running, which was stopped; a service must stay in the foreground",
                self.left.join(", ")
            );
            self.capture.note(&note);
        }
        self.capture.note(&exit.to_string());
        self.capture.flush();
        self.child.group.remove();
        self.exit = Some(exit);
        let last = Report::Exited { exit, left: std::mem::take(&mut self.left) };
        self.link.send(&Report::Wrote);
        self.link.send(&last);
        self.last = Some(last);
        if self.lingering.is_some() {
            self.capture.close();
            self.keep_exit();
        } else {
            self.link.flush_blocking();
        }
    }

    /// Waits until a control process has read how the instance ended.
    fn keep_exit(&mut self) {
        let deadline = Instant::now() + EXIT_KEPT;
        self.stage = Stage::Over(deadline);
        loop {
            let now = Instant::now();
            let nobody_comes = self.link.is_closed() && (self.is_leaving || self.is_overdue(now));
            if self.is_taken || nobody_comes || now >= deadline {
                return;
            }
            self.link.flush();
            let woken = self.wait(now);
            if woken.signals {
                self.take_signals();
            }
            if woken.link {
                self.take_orders();
            }
            if woken.door {
                self.answer_door();
            }
        }
    }
}

/// What a wait ended for.
struct Woken {
    signals: bool,
    link: bool,
    door: bool,
}
