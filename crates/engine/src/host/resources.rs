//! Resources: prepared, started, settled, migrated.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seaworthy_model::{App, Name, Probe, ProbeAction};
use seaworthy_provision::environment::Provided;
use seaworthy_provision::resource::{self, Context, Daemon, Prepared, Request, Runs, StopSignal};
use seaworthy_provision::task::Line;
use seaworthy_supervise::log::ansi;
use seaworthy_supervise::log::writer::LogFile;
use seaworthy_supervise::machine::{Backoff, Phase, Restart};
use seaworthy_supervise::process::Definition;
use seaworthy_supervise::spec::{Command, Limits, OnControlLoss, Spec, Stop, User};
use tokio::sync::watch;

use crate::host::containers::{self, EngineCell};
use crate::host::definition::log_file;
use crate::host::jobs;
use crate::host::shared::Shared;
use crate::host::tasks::own_environment;
use crate::view::ProblemView;

/// The gate of a resource: it runs, and its role and database are there.
pub(crate) fn gate(resource: &Name) -> String {
    format!("resource {resource}")
}

/// The gate of a resource's addresses: they are known, whether or not it runs yet.
pub(crate) fn address_gate(resource: &Name) -> String {
    format!("address {resource}")
}

/// Ports and credentials of these resources; a resource for which there is no port fails here.
pub(crate) fn requests(shared: &Shared, app: &App, wanted: &[Name]) -> Vec<Request> {
    for name in wanted {
        shared.gates.close(&gate(name));
        shared.gates.close(&address_gate(name));
    }
    let requests = resource::requests(app, &mut shared.ports(), &mut shared.secrets());
    match requests {
        Ok(requests) => requests.into_iter().filter(|request| wanted.contains(&request.name)).collect(),
        Err(error) => {
            for name in wanted {
                fail(shared, name, &error);
            }
            Vec::new()
        }
    }
}

/// Brings one resource up.
pub(crate) async fn bring_up(shared: &Arc<Shared>, app: &Arc<App>, engine: &EngineCell, request: Request) {
    let name = request.name.clone();
    if let Err(error) = try_bring_up(shared, app, engine, request).await {
        fail(shared, &name, &error);
    }
}

async fn try_bring_up(
    shared: &Arc<Shared>,
    app: &Arc<App>,
    engine: &EngineCell,
    request: Request,
) -> Result<(), seaworthy_provision::Error> {
    let name = request.name.clone();
    let id = format!("prepare {name}");
    let title = format!("prepare {name} ({})", request.kind);
    shared.steps.announce(&id, &title, &[name.to_string()], None);
    shared.steps.begin(&id, "");
    let lines = |line: Line| shared.steps.progress(&id, &ansi::strip(&line.text));
    let tasks = shared.tasks();
    let context = |engine| Context {
        state: &shared.state,
        machine: &shared.machine,
        tasks: &tasks,
        lines: &lines,
        engine,
    };
    let found = if is_built_in(&request.kind) { None } else { engine.get(&shared.machine).await };
    let prepared = resource::prepare(request, context(found.as_deref())).await;
    let mut prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            shared.fail_step(&id, &error);
            return Err(error);
        }
    };
    shared.clear_problems(&format!("{id} "));
    for (number, warning) in prepared.warnings.iter().enumerate() {
        shared.add_problem(
            &format!("{id} {number}"),
            ProblemView {
                code: "resource-warning".to_owned(),
                message: warning.clone(),
                next: None,
                members: vec![name.to_string()],
            },
        );
    }
    let runs = std::mem::replace(&mut prepared.runs, Runs::Nothing);
    let port = prepared.port.take();
    let number = port.as_ref().map(|port| port.port);
    let prepared = Arc::new(prepared);
    shared.set_prepared(&name, Arc::clone(&prepared));
    shared.decide(&address_gate(&name), true);
    shared.update(name.as_str(), |facts| {
        facts.urls =
            prepared.target.iter().map(|target| format!("{}:{}", target.host, target.port)).collect();
    });
    match runs {
        Runs::Nothing => shared.set_phase(name.as_str(), Phase::Ready, ""),
        Runs::Process(daemon) => {
            // The server binds the port itself, right after this.
            let port = port.map(seaworthy_provision::port::Reservation::hand_over);
            start(shared, &name, &daemon, port);
        }
        Runs::Smtp(catcher) => {
            shared.add_mailbox(name.as_str(), catcher.mailbox());
            let (stop, stopped) = watch::channel(false);
            let task =
                tokio::spawn(serve(Arc::clone(shared), name.clone(), number, catcher.serve(until(stopped))));
            shared.own(stop, task);
        }
        Runs::S3(store) => {
            let (stop, stopped) = watch::channel(false);
            let task =
                tokio::spawn(serve(Arc::clone(shared), name.clone(), number, store.serve(until(stopped))));
            shared.own(stop, task);
        }
        Runs::Container(spec) => {
            let Some(engine) = found else { return Ok(()) };
            drop(port);
            containers::start(shared, &name, engine, *spec, &id).await?;
        }
    }
    wait_until_ready(shared, &name).await;
    prepared.settle().await?;
    shared.steps.done(&id);
    jobs::run_sql(shared, app, &name, &prepared).await?;
    shared.decide(&gate(&name), true);
    Ok(())
}

/// What resources give to those that use them.
pub(crate) fn provided(prepared: BTreeMap<Name, Arc<Prepared>>) -> BTreeMap<Name, Provided> {
    let of = |prepared: &Prepared| Provided {
        kind: prepared.kind.clone(),
        attributes: prepared.attributes.clone(),
        target: prepared.target.clone(),
    };
    prepared.into_iter().map(|(name, prepared)| (name, of(&prepared))).collect()
}

/// Runs inside of this process or is a file, so no container engine is asked.
pub(crate) fn is_built_in(kind: &str) -> bool {
    matches!(kind, "smtp" | "s3" | "sqlite")
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Runs a server inside of this process until it is told to stop.
async fn serve(
    shared: Arc<Shared>,
    name: Name,
    port: Option<u16>,
    server: impl Future<Output = Result<(), seaworthy_provision::Error>>,
) {
    // It listens already: its socket came with the port.
    shared.supervisor.board().update(name.as_str(), |status| {
        status.phase = Phase::Ready;
        status.port = port;
    });
    match server.await {
        Ok(()) => shared.set_phase(name.as_str(), Phase::Stopped, ""),
        Err(error) => shared.set_phase(name.as_str(), Phase::Failed, &error.to_string()),
    }
}

/// Starts the server of a resource under the supervisor.
fn start(shared: &Shared, name: &Name, daemon: &Daemon, port: Option<u16>) {
    let log = log_file(&shared.logs(), name.as_str());
    shared.update(name.as_str(), |facts| {
        facts.log = Some(log.clone());
        facts.command = Some(daemon.argv.join(" "));
    });
    let around =
        ServerOf { name: name.as_str(), run: &shared.run, log: &log, secrets: shared.made_up_secrets() };
    shared.run_process(definition(around, daemon, port));
}

/// Whose server a daemon is.
pub(crate) struct ServerOf<'a> {
    /// The name of the process.
    pub(crate) name: &'a str,
    /// The run that it belongs to.
    pub(crate) run: &'a str,
    /// Where its output is kept.
    pub(crate) log: &'a Path,
    /// Values that must not reach it.
    pub(crate) secrets: Vec<String>,
}

/// The process of a resource's server.
pub(crate) fn definition(of: ServerOf<'_>, daemon: &Daemon, port: Option<u16>) -> Definition {
    let mut env: BTreeMap<String, String> = own_environment();
    env.extend(daemon.env.clone());
    let signal = match daemon.stop_signal {
        StopSignal::Interrupt => nix::sys::signal::Signal::SIGINT,
        StopSignal::Quit => nix::sys::signal::Signal::SIGQUIT,
        StopSignal::Terminate => nix::sys::signal::Signal::SIGTERM,
    };
    let mut readiness = Probe::new(daemon.ready.clone());
    if matches!(daemon.ready, ProbeAction::Exec(_)) {
        readiness.timeout = Some(seaworthy_model::quantity::Duration::from_millis(2000));
    }
    let spec = Spec {
        name: of.name.to_owned(),
        run: of.run.to_owned(),
        command: Command::Program(daemon.argv.clone()),
        dir: daemon.dir.clone(),
        env,
        user: daemon.user.as_ref().map(|user| User { uid: user.uid, gid: user.gid }),
        limits: Limits::default(),
        stop: Stop { signal: signal as i32, grace: daemon.stop_grace },
        log: LogFile::new(of.log),
        secrets: of.secrets,
        on_control_loss: OnControlLoss::End,
    };
    Definition {
        spec,
        restart: Restart::Always,
        backoff: Backoff::default(),
        port,
        startup: None,
        readiness: Some(readiness),
        is_lenient: false,
        liveness: None,
        needs: Vec::new(),
    }
}

/// Returns when a member is ready, however long that takes: its status says why it is not.
async fn wait_until_ready(shared: &Shared, name: &Name) {
    let board = shared.supervisor.board();
    let mut changes = board.changes();
    loop {
        changes.mark_unchanged();
        if board.get(name.as_str()).is_some_and(|status| status.phase == Phase::Ready) {
            return;
        }
        if changes.changed().await.is_err() {
            tokio::time::sleep(Duration::MAX).await;
        }
    }
}

/// Its server runs, and what failed after that succeeded now: who waits for it may go on.
pub(crate) fn recover(shared: &Shared, name: &Name) {
    let status = shared.supervisor.board().get(name.as_str());
    if status.is_some_and(|status| status.phase == Phase::Failed && status.pid.is_some()) {
        shared.set_phase(name.as_str(), Phase::Ready, "");
        shared.decide(&address_gate(name), true);
        shared.decide(&gate(name), true);
    }
}

fn fail(shared: &Shared, name: &Name, error: &seaworthy_provision::Error) {
    shared.set_phase(name.as_str(), Phase::Failed, &error.to_string());
    shared.add_problem(
        &gate(name),
        ProblemView {
            code: error.code().to_owned(),
            message: error.to_string(),
            next: error.help(),
            members: vec![name.to_string()],
        },
    );
    shared.decide(&address_gate(name), false);
    shared.decide(&gate(name), false);
}
