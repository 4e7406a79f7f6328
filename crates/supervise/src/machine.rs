//! What a process is to do next: the life of one process as a state machine without processes, clocks or sockets.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::protocol::Memory;

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It waits for what it depends on.
    Waiting,
    /// It runs and is not ready yet.
    Starting,
    /// It runs and takes work.
    Ready,
    /// It was ready, runs, and its readiness probe fails.
    Unready,
    /// It was asked to stop.
    Stopping,
    /// It ended by itself and is started again soon.
    Restarting,
    /// It ended by itself again and again; it is started again now and then.
    CrashLoop,
    /// It could not be started, or ended with an error and is not restarted.
    Failed,
    /// It ran to its end.
    Completed,
    /// It was stopped.
    Stopped,
}

impl Phase {
    /// A process exists.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Starting | Self::Ready | Self::Unready | Self::Stopping)
    }

    /// The word in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Unready => "unready",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
            Self::CrashLoop => "crash-loop",
            Self::Failed => "failed",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
        }
    }
}

/// When a process that ended by itself is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Always.
    Always,
    /// When it did not end with code 0.
    OnFailure,
    /// Never.
    Never,
}

/// How soon a process that ended by itself is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait; each next one is twice as long.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// A process that ran for this long is taken for healthy: its failures are forgotten.
    pub stable_after: Duration,
    /// Failures in a row after which it is a crash loop.
    pub crash_loop_after: u32,
}

impl Default for Backoff {
    /// 200 ms, doubling to 30 s; stable after 10 s; a crash loop after 5 failures, which takes about 6 s.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(200),
            longest: Duration::from_secs(30),
            stable_after: Duration::from_secs(10),
            crash_loop_after: 5,
        }
    }
}

impl Backoff {
    /// The wait after the `failures`th failure in a row, counted from 1.
    pub fn wait(&self, failures: u32) -> Duration {
        let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// What happens to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It shall run.
    Start,
    /// All that it depends on is there.
    Unblocked,
    /// It shall not run.
    Stop,
    /// It shall run anew.
    Restart,
    /// It was started.
    Started,
    /// It could not be started.
    LaunchFailed,
    /// It ended.
    Exited(Exit),
    /// Its readiness (or startup) probe passed, or it has none and was started.
    BecameReady,
    /// Its readiness probe fails.
    BecameUnready,
    /// Its liveness or startup probe fails for good.
    Unhealthy,
    /// The time of the last [`Effect::WakeAfter`] has come.
    Woken,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Wait for the dependencies, then say [`Event::Unblocked`].
    AwaitDependencies,
    /// Start the process.
    Launch,
    /// Ask the process to stop.
    Stop,
    /// Say [`Event::Woken`] after this long; replaces what was asked for before.
    WakeAfter(Duration),
}

/// The life of one process.
#[derive(Clone, Debug)]
pub struct Machine {
    phase: Phase,
    restart: Restart,
    backoff: Backoff,
    failures: u32,
    restarts: u32,
    started: Option<Instant>,
    /// It stops in order to run anew.
    runs_anew: bool,
    /// It stops because a probe failed, which counts as a failure.
    is_unhealthy: bool,
    last_exit: Option<Exit>,
}

impl Machine {
    /// A process that does not run.
    pub fn new(restart: Restart, backoff: Backoff) -> Self {
        Self {
            phase: Phase::Stopped,
            restart,
            backoff,
            failures: 0,
            restarts: 0,
            started: None,
            runs_anew: false,
            is_unhealthy: false,
            last_exit: None,
        }
    }

    /// A process that an earlier control process started, which runs since `started` or has run, and was asked to stop where
    /// `is_stopping`. It is not started by this: it has to show that it is ready, and counts go on.
    pub fn adopted(
        restart: Restart,
        backoff: Backoff,
        memory: Memory,
        started: Option<Instant>,
        is_stopping: bool,
    ) -> Self {
        Self {
            phase: if is_stopping { Phase::Stopping } else { Phase::Starting },
            failures: memory.failures,
            restarts: memory.restarts,
            started,
            ..Self::new(restart, backoff)
        }
    }

    /// Where it is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// How often it was started again after it had ended by itself.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// How often it ended by itself without having been stable in between.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// How it ended the last time.
    pub fn last_exit(&self) -> Option<Exit> {
        self.last_exit
    }

    /// Takes an event and says what is to be done. Events that do not fit the phase, because they were on their way
    /// when it changed, do nothing.
    pub fn on(&mut self, event: &Event, now: Instant) -> Vec<Effect> {
        match (event, self.phase) {
            (Event::Start | Event::Restart, Phase::Stopping) => {
                self.runs_anew = true;
                Vec::new()
            }
            (Event::Restart, phase) if phase.is_running() => {
                self.failures = 0;
                self.runs_anew = true;
                self.phase = Phase::Stopping;
                vec![Effect::Stop]
            }
            (
                Event::Start,
                Phase::Stopped | Phase::Failed | Phase::Completed | Phase::CrashLoop | Phase::Restarting,
            )
            | (Event::Restart, _) => self.begin(),
            (Event::Unblocked, Phase::Waiting) => {
                self.phase = Phase::Starting;
                vec![Effect::Launch]
            }
            (Event::Stop, Phase::Stopping) => {
                self.runs_anew = false;
                self.is_unhealthy = false;
                Vec::new()
            }
            (Event::Stop, phase) if phase.is_running() => {
                self.phase = Phase::Stopping;
                self.runs_anew = false;
                vec![Effect::Stop]
            }
            (Event::Stop, Phase::Waiting | Phase::Restarting | Phase::CrashLoop) => {
                self.phase = Phase::Stopped;
                Vec::new()
            }
            (Event::Started, phase) if phase.is_running() => {
                self.started = Some(now);
                Vec::new()
            }
            (Event::LaunchFailed, Phase::Stopping) => self.after_stop(),
            (Event::LaunchFailed, Phase::Starting) => {
                // The reason (no such program, no such folder) does not go away by trying again.
                self.phase = Phase::Failed;
                Vec::new()
            }
            (Event::BecameReady, Phase::Starting | Phase::Unready) => {
                self.phase = Phase::Ready;
                Vec::new()
            }
            (Event::BecameUnready, Phase::Ready) => {
                self.phase = Phase::Unready;
                Vec::new()
            }
            (Event::Unhealthy, Phase::Starting | Phase::Ready | Phase::Unready) => {
                self.phase = Phase::Stopping;
                self.is_unhealthy = true;
                vec![Effect::Stop]
            }
            (Event::Exited(exit), phase) if phase.is_running() => {
                self.last_exit = Some(*exit);
                if phase == Phase::Stopping && !self.is_unhealthy {
                    self.after_stop()
                } else {
                    self.after_end(*exit, now)
                }
            }
            (Event::Woken, Phase::Restarting | Phase::CrashLoop) => {
                self.restarts += 1;
                self.phase = Phase::Starting;
                vec![Effect::Launch]
            }
            _ => Vec::new(),
        }
    }

    /// Runs it from a fresh start.
    fn begin(&mut self) -> Vec<Effect> {
        self.failures = 0;
        self.runs_anew = false;
        self.is_unhealthy = false;
        self.phase = Phase::Waiting;
        vec![Effect::AwaitDependencies]
    }

    fn after_stop(&mut self) -> Vec<Effect> {
        if std::mem::take(&mut self.runs_anew) {
            return self.begin();
        }
        self.phase = Phase::Stopped;
        Vec::new()
    }

    fn after_end(&mut self, exit: Exit, now: Instant) -> Vec<Effect> {
        let was_unhealthy = std::mem::take(&mut self.is_unhealthy);
        let is_success = exit.is_success() && !was_unhealthy;
        let again = match self.restart {
            Restart::Always => true,
            Restart::OnFailure => !is_success,
            Restart::Never => false,
        };
        if !again {
            self.phase = if is_success { Phase::Completed } else { Phase::Failed };
            return Vec::new();
        }
        let ran_for = self.started.map_or(Duration::ZERO, |started| now.saturating_duration_since(started));
        self.failures =
            if ran_for >= self.backoff.stable_after { 1 } else { self.failures.saturating_add(1) };
        self.phase =
            if self.failures >= self.backoff.crash_loop_after { Phase::CrashLoop } else { Phase::Restarting };
        vec![Effect::WakeAfter(self.backoff.wait(self.failures))]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn service() -> Machine {
        Machine::new(Restart::Always, Backoff::default())
    }

    /// Plays events at one instant and returns the effects of the last.
    fn play(machine: &mut Machine, now: Instant, events: &[Event]) -> Vec<Effect> {
        events.iter().map(|event| machine.on(event, now)).last().unwrap_or_default()
    }

    const UP: [Event; 4] = [Event::Start, Event::Unblocked, Event::Started, Event::BecameReady];

    #[test]
    fn a_service_waits_starts_and_becomes_ready() {
        let (mut machine, now) = (service(), Instant::now());
        assert_eq!(machine.on(&Event::Start, now), [Effect::AwaitDependencies]);
        assert_eq!(machine.on(&Event::Unblocked, now), [Effect::Launch]);
        assert_eq!(machine.phase(), Phase::Starting);
        play(&mut machine, now, &[Event::Started, Event::BecameReady]);
        assert_eq!(machine.phase(), Phase::Ready);
    }

    #[test]
    fn failures_back_off_and_become_a_crash_loop_that_a_stable_run_ends() {
        let (mut machine, mut now) = (service(), Instant::now());
        play(&mut machine, now, &UP);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let effects = machine.on(&Event::Exited(Exit::Code(1)), now);
            let [Effect::WakeAfter(wait)] = effects[..] else { panic!("{effects:?}") };
            waits.push(u64::try_from(wait.as_millis()).unwrap());
            assert_eq!(play(&mut machine, now, &[Event::Woken]), [Effect::Launch]);
            machine.on(&Event::Started, now);
        }
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400]);
        machine.on(&Event::Exited(Exit::Code(1)), now);
        assert_eq!(machine.phase(), Phase::CrashLoop);
        play(&mut machine, now, &[Event::Woken, Event::Started]);
        now += Duration::from_secs(11);
        assert_eq!(
            machine.on(&Event::Exited(Exit::Code(1)), now),
            [Effect::WakeAfter(Duration::from_millis(200))]
        );
        assert_eq!((machine.phase(), machine.restarts()), (Phase::Restarting, 7));
    }

    #[test]
    fn a_restart_stops_first_and_a_stop_meanwhile_wins() {
        let (mut machine, now) = (service(), Instant::now());
        play(&mut machine, now, &UP);
        assert_eq!(machine.on(&Event::Restart, now), [Effect::Stop]);
        assert_eq!(machine.on(&Event::Restart, now), []);
        assert_eq!(machine.on(&Event::Exited(Exit::Signal(15)), now), [Effect::AwaitDependencies]);
        play(&mut machine, now, &[Event::Unblocked, Event::Started, Event::Restart, Event::Stop]);
        assert_eq!(machine.on(&Event::Exited(Exit::Signal(15)), now), []);
        assert_eq!(machine.phase(), Phase::Stopped);
    }

    #[test]
    fn an_unhealthy_process_is_restarted_like_one_that_ended() {
        let (mut machine, now) = (service(), Instant::now());
        play(&mut machine, now, &UP);
        assert_eq!(machine.on(&Event::Unhealthy, now), [Effect::Stop]);
        let effects = machine.on(&Event::Exited(Exit::Code(0)), now);
        assert_eq!(effects, [Effect::WakeAfter(Duration::from_millis(200))]);
    }

    #[test]
    fn a_job_runs_to_its_end() {
        let now = Instant::now();
        for (restart, exit, phase) in [
            (Restart::Never, Exit::Code(0), Phase::Completed),
            (Restart::Never, Exit::Code(3), Phase::Failed),
            (Restart::OnFailure, Exit::Code(0), Phase::Completed),
            (Restart::OnFailure, Exit::Code(3), Phase::Restarting),
        ] {
            let mut machine = Machine::new(restart, Backoff::default());
            play(&mut machine, now, &[Event::Start, Event::Unblocked, Event::Started, Event::Exited(exit)]);
            assert_eq!(machine.phase(), phase);
        }
    }

    #[test]
    fn an_adopted_process_goes_on_and_its_counts_do() {
        let now = Instant::now();
        let memory = Memory { restarts: 4, failures: 3, ..Memory::default() };
        let adopted = |started, is_stopping| {
            Machine::adopted(Restart::Always, Backoff::default(), memory, started, is_stopping)
        };
        let mut machine = adopted(Some(now), false);
        assert_eq!(play(&mut machine, now, &[Event::Start, Event::BecameReady]), []);
        assert_eq!(machine.phase(), Phase::Ready);
        let effects = machine.on(&Event::Exited(Exit::Code(1)), now);
        assert_eq!(effects, [Effect::WakeAfter(Duration::from_millis(1600))]);
        machine.on(&Event::Woken, now);
        assert_eq!(machine.restarts(), 5);

        // It ran long enough before: that counts.
        let later = now + Duration::from_mins(1);
        let mut machine = adopted(Some(now), false);
        let effects = machine.on(&Event::Exited(Exit::Code(1)), later);
        assert_eq!(effects, [Effect::WakeAfter(Duration::from_millis(200))]);

        // One that was being stopped stays stopped, unless it shall run after all.
        let mut machine = adopted(None, true);
        assert_eq!(machine.on(&Event::Exited(Exit::Signal(15)), now), []);
        assert_eq!(machine.phase(), Phase::Stopped);
        let mut machine = adopted(None, true);
        assert_eq!(
            play(&mut machine, now, &[Event::Start, Event::Exited(Exit::Signal(15))]),
            [Effect::AwaitDependencies]
        );
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Start),
            Just(Event::Unblocked),
            Just(Event::Stop),
            Just(Event::Restart),
            Just(Event::Started),
            Just(Event::LaunchFailed),
            Just(Event::BecameReady),
            Just(Event::BecameUnready),
            Just(Event::Unhealthy),
            Just(Event::Woken),
            (0..2i32).prop_map(|code| Event::Exited(Exit::Code(code))),
        ]
    }

    proptest! {
        /// Whatever comes in whatever order: never two processes at once, every process that exists can be stopped,
        /// and what was stopped stays so.
        #[test]
        fn there_is_never_more_than_one_process(events in prop::collection::vec(event(), 0..60)) {
            let mut machine = service();
            let now = Instant::now();
            let (mut exists, mut started) = (false, false);
            for event in events {
                // What the world cannot do: start, probe or end what is not there, start twice, fail after a start.
                let possible = match event {
                    Event::Started | Event::LaunchFailed => exists && !started,
                    Event::Exited(_) => exists,
                    Event::BecameReady | Event::BecameUnready | Event::Unhealthy => started,
                    _ => true,
                };
                if !possible {
                    continue;
                }
                started |= event == Event::Started;
                if matches!(event, Event::Exited(_) | Event::LaunchFailed) {
                    (exists, started) = (false, false);
                }
                for effect in machine.on(&event, now) {
                    if effect == Effect::Launch {
                        prop_assert!(!exists, "started twice");
                        exists = true;
                    }
                }
                prop_assert_eq!(machine.phase().is_running(), exists);
            }
            machine.on(&Event::Stop, now);
            if exists {
                prop_assert_eq!(machine.phase(), Phase::Stopping);
                machine.on(&Event::Exited(Exit::Code(0)), now);
            }
            prop_assert!(matches!(machine.phase(), Phase::Stopped | Phase::Failed | Phase::Completed));
            prop_assert!(machine.on(&Event::Woken, now).is_empty());
        }
    }
}
