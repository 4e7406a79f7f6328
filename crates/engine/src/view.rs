//! What the terminal, the dashboard, the API and coding agents see of an app that runs; `sea.status/1` and its parts.
//!
//! Times are RFC 3339 in UTC, durations are in milliseconds, sizes in bytes, absent values null. Within version 1 keys
//! may be added, never removed or given another meaning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An app that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppView {
    /// Always `sea.status/1`.
    pub schema: String,
    /// The app's name.
    pub name: String,
    /// The repository's root on this machine.
    pub root: String,
    /// This run of `sea up`; another run has another one.
    pub run: String,
    /// When `sea up` was started.
    pub started_at: String,
    /// How it stands as a whole.
    pub state: AppState,
    /// Where the app is found: its public routes.
    pub url: Option<String>,
    /// Where the dashboard is found.
    pub dashboard_url: Option<String>,
    /// Services, resources and scheduled jobs, in the order in which they start.
    pub members: Vec<MemberView>,
    /// What was done to set the app up, in the order in which it began.
    pub steps: Vec<StepView>,
    /// What a person should act on.
    pub problems: Vec<ProblemView>,
}

/// How an app stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AppState {
    /// Steps or members are on their way.
    Starting,
    /// All that should run is ready.
    Ready,
    /// Something failed, crashes or is not ready any more.
    Degraded,
    /// It is being stopped.
    Stopping,
}

/// A service, resource or job of an app that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberView {
    /// Its name, unique in the app.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// For a service `web`, `worker`, `static`; for a resource its type.
    pub kind: String,
    /// `waiting`, `starting`, `ready`, `unready`, `stopping`, `restarting`, `crash-loop`, `failed`, `completed` or
    /// `stopped`.
    pub phase: String,
    /// Why it is in that phase, where the phase does not say it all.
    pub detail: String,
    /// Since when it is in that phase.
    pub since: String,
    /// What it runs, without secrets; null for what runs inside of `sea` or is served by the proxy.
    pub command: Option<String>,
    /// Its process id.
    pub pid: Option<i32>,
    /// The port that it listens on.
    pub port: Option<u16>,
    /// Where people find it, best first.
    pub urls: Vec<String>,
    /// When it was started the last time.
    pub started_at: Option<String>,
    /// From the last order to start until it was ready.
    pub ready_after_ms: Option<u64>,
    /// How often it was started again after it had ended by itself.
    pub restarts: u32,
    /// How it ended the last time: `exited with code 1`.
    pub last_exit: Option<String>,
    /// The first error it wrote before that.
    pub cause: Option<String>,
    /// Names of what it needs.
    pub needs: Vec<String>,
    /// What it uses of the machine now; null while it does not run.
    pub usage: Option<UsageView>,
    /// The requests that it was sent; null for what the proxy does not serve.
    pub requests: Option<RequestsView>,
    /// It has lines in the log.
    pub has_log: bool,
    /// Why its limits of memory and CPU do not hold here.
    pub unlimited: Option<String>,
}

/// What a member of an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A process of the app, or a static site.
    Service,
    /// Something that the app needs and does not build.
    Resource,
    /// Something that runs to its end.
    Job,
}

/// What a member uses of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageView {
    /// CPU cores over the last second: 1.0 is one core.
    pub cpu: f64,
    /// Bytes of memory.
    pub memory: u64,
    /// Open files and sockets.
    pub files: u64,
    /// Processes.
    pub processes: u64,
    /// Bytes read from disks a second.
    pub disk_read: u64,
    /// Bytes written to disks a second.
    pub disk_written: u64,
}

/// Requests over the last minute, as the proxy counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestsView {
    /// Requests a second.
    pub rate: f64,
    /// Share of answers with a status of 500 and above, and of requests without an answer: 0 to 1.
    pub errors: f64,
    /// Median time to the end of the answer.
    pub p50_ms: f64,
    /// The time that 95 of 100 requests stay below.
    pub p95_ms: f64,
    /// The time that 99 of 100 requests stay below.
    pub p99_ms: f64,
    /// Requests under way.
    pub in_flight: u64,
    /// Requests since the start.
    pub total: u64,
}

/// A step of setting the app up: an install, a migration, a database that is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// Unique in the run.
    pub id: String,
    /// What it does: `install web`.
    pub title: String,
    /// The members that wait for it.
    pub members: Vec<String>,
    /// How far it is.
    pub state: StepState,
    /// Why it is done or not: `package-lock.json changed`.
    pub reason: String,
    /// What it runs, without secrets.
    pub command: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// How long it took, or has taken so far.
    pub took_ms: Option<u64>,
    /// The last line that it wrote, while it runs; what went wrong, when it failed.
    pub detail: String,
    /// The last lines that it wrote, when it failed.
    pub output: Vec<String>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// It waits for others.
    Waiting,
    /// It runs.
    Running,
    /// It was done.
    Done,
    /// It was not needed.
    Skipped,
    /// It failed.
    Failed,
}

/// Something a person should act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemView {
    /// A stable code; `sea explain CODE` tells more.
    pub code: String,
    /// What happened, where, and why it matters.
    pub message: String,
    /// What to type next; null where nothing can be typed.
    pub next: Option<String>,
    /// The members that it concerns.
    pub members: Vec<String>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineView {
    /// Who wrote it.
    pub member: String,
    /// When it was read.
    pub at: String,
    /// `stdout`, `stderr`, or `sea` for what Seaworthy says about the member.
    pub stream: String,
    /// `debug`, `info`, `warn` or `error`; null when the line does not say.
    pub level: Option<String>,
    /// The line as it was written, escape sequences for colours included.
    pub text: String,
    /// The message of a structured line (JSON, logfmt), else the line; without escape sequences.
    pub message: String,
}

/// What became of one save.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SaveView {
    /// When the first file was written.
    pub at: String,
    /// Files that changed, relative to the repository; at most ten.
    pub files: Vec<String>,
    /// How many changed.
    pub count: u64,
    /// The member that it led to something for.
    pub member: String,
    /// `restart`, `rebuild`, `install`, `replan`, `own` (the service reloads itself), ...
    pub action: String,
    /// From the write to the new process being ready; null while that is not so, and for `own`.
    pub ready_after_ms: Option<u64>,
    /// Why it did not become ready.
    pub failed: Option<String>,
}

/// An environment variable of a member, as it was handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariableView {
    /// Its name.
    pub name: String,
    /// Its value; null for a secret unless it was asked for over the private socket.
    pub value: Option<String>,
    /// Its value must not be seen.
    pub secret: bool,
    /// Where the value comes from: `.env:3`, `resources.db`, `generated for development`, ...
    pub source: String,
}

/// A caught mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailView {
    /// Unique in the resource.
    pub id: String,
    /// The resource that caught it.
    pub resource: String,
    /// When it came.
    pub at: String,
    /// Who it is from.
    pub from: String,
    /// Whom it is to.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text; null in lists.
    pub text: Option<String>,
    /// Its HTML; null in lists. To be shown in a sandbox only.
    pub html: Option<String>,
    /// Names of its attachments.
    pub attachments: Vec<String>,
}

/// Figures over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricsView {
    /// Seconds since 1970 of each point, oldest first.
    pub at: Vec<i64>,
    /// One entry a member.
    pub members: Vec<MemberMetrics>,
}

/// Figures of one member; each list has an entry for every time of [`MetricsView::at`], null where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberMetrics {
    /// The member.
    pub name: String,
    /// CPU cores.
    pub cpu: Vec<Option<f64>>,
    /// Bytes of memory.
    pub memory: Vec<Option<f64>>,
    /// Requests a second.
    pub rate: Vec<Option<f64>>,
    /// Failed requests a second.
    pub errors: Vec<Option<f64>>,
    /// Median duration in milliseconds.
    pub p50_ms: Vec<Option<f64>>,
    /// 95th percentile of the duration in milliseconds.
    pub p95_ms: Vec<Option<f64>>,
    /// 99th percentile of the duration in milliseconds.
    pub p99_ms: Vec<Option<f64>>,
}
