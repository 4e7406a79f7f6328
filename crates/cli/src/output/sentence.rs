//! What an event says, as a sentence.

use seaworthy_ledger::Body;
use seaworthy_ledger::body::{
    Abort, Alert, AlertPhase, Backup, Build, Cache, Checkpoint, CheckpointReason, Config, DeploymentImport,
    Drill, Flag, Gate, Incident, IncidentPhase, Outcome, Phase, Promotion, Purpose, Release, Rollback, Step,
    TestRun, Transition,
};
use seaworthy_ledger::journal::State;

use super::event::short;
use super::live::duration;

/// How people take an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something went well that they waited for.
    Good,
    /// Something went wrong.
    Bad,
    /// Worth a second look.
    Odd,
    /// It is how things go.
    Plain,
}

/// How people take what it says.
pub(crate) fn tone(body: &Body) -> Tone {
    let outcome = match body {
        Body::Build(Build { outcome, .. })
        | Body::TestRun(TestRun { outcome, .. })
        | Body::Step(Step { outcome, .. })
        | Body::Backup(Backup { outcome, .. })
        | Body::Drill(Drill { outcome, .. }) => Some(*outcome),
        _ => None,
    };
    match body {
        _ if outcome == Some(Outcome::Failed) => Tone::Bad,
        Body::Promotion(_)
        | Body::Incident(Incident { phase: IncidentPhase::Resolved, .. })
        | Body::Alert(Alert { phase: AlertPhase::Resolved, .. }) => Tone::Good,
        Body::Rollback(_)
        | Body::Abort(_)
        | Body::Incident(_)
        | Body::Alert(_)
        | Body::Transition(Transition { to: State::Frozen, .. }) => Tone::Bad,
        Body::Checkpoint(_) | Body::Unknown { .. } => Tone::Odd,
        _ => Tone::Plain,
    }
}

/// What it says.
pub(crate) fn sentence(body: &Body) -> String {
    match body {
        Body::Build(Build { service, outcome, duration_ms, cache, cause, .. }) => {
            let what = service.as_deref().unwrap_or("everything");
            let known = if *cache == Some(Cache::Hit) { ", known already" } else { "" };
            format!(
                "{what} {} in {}{known}{}",
                word(*outcome),
                duration(*duration_ms),
                after(cause.as_deref())
            )
        }
        Body::TestRun(TestRun { suite, outcome, duration_ms, passed, failed, skipped, flaky, .. }) => {
            let flaky =
                if flaky.is_empty() { String::new() } else { format!(", flaky: {}", flaky.join(", ")) };
            let failed = if *failed == 0 { String::new() } else { format!(", {failed} failed") };
            let skipped = if *skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
            let word = word(*outcome);
            format!("{suite} {word} in {}: {passed} passed{failed}{skipped}{flaky}", duration(*duration_ms))
        }
        Body::Step(Step { step, outcome, duration_ms, because, .. }) => {
            format!("{step} {} in {}{}", word(*outcome), duration(*duration_ms), after(because.as_deref()))
        }
        Body::Release(Release { commit, dirty, author, changes, .. }) => {
            let dirty = if *dirty { ", with changes that are in no commit" } else { "" };
            let commits = match changes.commits.len() {
                0 => String::new(),
                1 => ", 1 new commit".to_owned(),
                many => format!(", {many} new commits"),
            };
            format!("made from commit {} by {author}{commits}{dirty}", short(commit))
        }
        Body::Transition(Transition { phase, from, to, reason, .. }) => {
            let from = from.as_ref().map_or_else(|| "new".to_owned(), State::to_string);
            let phase = match phase {
                Phase::Begun => "begun",
                Phase::Confirmed => "done",
                Phase::Abandoned => "given up",
            };
            format!("{from} -> {to} {phase}{}", after(reason.as_deref()))
        }
        Body::Promotion(Promotion { previous, strategy, purpose, incident, .. }) => {
            let instead = match previous {
                Some(previous) => format!("instead of {}", short(previous.as_str())),
                None => "as the first".to_owned(),
            };
            let incident = match incident {
                Some(incident) => format!(", for incident {incident}"),
                None if *purpose == Purpose::Unplanned => ", unplanned".to_owned(),
                None => String::new(),
            };
            format!("serves {instead}, by {strategy}{incident}")
        }
        Body::Rollback(Rollback { from, to, reason, .. }) => {
            format!("{} serves again instead of {}: {reason}", short(to.as_str()), short(from.as_str()))
        }
        Body::Abort(Abort { state, reason, exposed, judgement, .. }) => {
            let unseen = if exposed.is_none() { ", before anyone met it" } else { "" };
            let figures = judgement.as_ref().map(|judged| {
                format!(" ({:.1} % against {:.1} %)", judged.canary * 100.0, judged.stable * 100.0)
            });
            format!("given up at {state}{unseen}: {reason}{}", figures.unwrap_or_default())
        }
        Body::Deployment(DeploymentImport { commit, tag, at }) => {
            format!("{tag} ({}) was deployed {}, by its tag", short(commit), super::moment::time(*at))
        }
        Body::Flag(Flag { flag, from, to, reason }) => {
            format!("{flag} from {from} to {to}{}", after(reason.as_deref()))
        }
        Body::Backup(Backup { resource, outcome, duration_ms, bytes, .. }) => {
            let size = bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
            format!("{resource} {} in {}{size}", word(*outcome), duration(*duration_ms))
        }
        Body::Drill(Drill { what, outcome, duration_ms, detail }) => {
            format!("{what} {} in {}{}", word(*outcome), duration(*duration_ms), after(detail.as_deref()))
        }
        Body::Alert(Alert { alert, phase, summary, .. }) => match phase {
            AlertPhase::Firing => format!("{alert} fires: {summary}"),
            AlertPhase::Resolved => format!("{alert} is over: {summary}"),
        },
        Body::Incident(Incident { id, phase, title, caused_by, resolved_by, .. }) => {
            let phase = match phase {
                IncidentPhase::Opened => "opened",
                IncidentPhase::Updated => "goes on",
                IncidentPhase::Resolved => "is over",
            };
            let by = |word: &str, id: &Option<seaworthy_ledger::ReleaseId>| {
                id.as_ref().map(|id| format!(", {word} {}", short(id.as_str()))).unwrap_or_default()
            };
            format!("{id} {phase}: {title}{}{}", by("caused by", caused_by), by("mended by", resolved_by))
        }
        Body::Config(Config { keys, secrets, reason, .. }) => {
            let secrets = secrets.iter().map(|name| format!("secret {name}"));
            let keys: Vec<String> = keys.iter().cloned().chain(secrets).collect();
            format!("{}{}", keys.join(", "), after(reason.as_deref()))
        }
        Body::Checkpoint(Checkpoint { reason, events, set_aside, .. }) => match reason {
            CheckpointReason::Retention => {
                format!("{events} events are older than is kept, and were removed")
            }
            CheckpointReason::Damage => {
                let place = set_aside.as_ref().map(|folder| format!("; the damaged files are in {folder}"));
                format!("{events} events were lost to damage{}", place.unwrap_or_default())
            }
        },
        Body::Unknown { version, .. } => {
            format!("written by a newer sea (version {version}); --json shows it")
        }
    }
}

/// `test passed; judge failed (5xx)`.
pub(crate) fn gates(gates: &[Gate]) -> String {
    let one = |gate: &Gate| {
        let detail = gate.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("{} {}{detail}", gate.gate, word(gate.outcome))
    };
    gates.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// An outcome in a word.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::Cancelled => "cancelled",
    }
}

fn after(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
