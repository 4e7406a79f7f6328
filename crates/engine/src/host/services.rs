//! Services: their environment, their process, or their files.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use seaworthy_model::{App, Kind, Name, Service};
use seaworthy_provision::environment::{self, Endpoint, Environment, Inputs, Mode};
use seaworthy_provision::port::is_free;
use seaworthy_provision::task::{Program, Task, Tasks, search_path};
use seaworthy_supervise::log::ansi;
use seaworthy_supervise::machine::Phase;

use crate::host::definition::{Surroundings, command, definition, folder};
use crate::host::installs::{self, Installs, Ready};
use crate::host::shared::Shared;
use crate::host::tasks::own_environment;
use crate::host::{jobs, resources, setup};
use crate::view::{ProblemView, VariableView};

/// The domain of the services of an app that runs here, below the app's own name.
pub(crate) const DOMAIN: &str = "localhost";

/// Brings one service up: waits for what it needs, then starts it.
pub(crate) async fn bring_up(shared: &Arc<Shared>, app: &Arc<App>, installs: &Installs, name: &Name) {
    let Some(service) = app.services.get(name) else { return };
    if let Err(failed) = shared.gates.wait(&needed(app, name, service)).await {
        let detail = format!("{failed} failed");
        return shared.set_phase(name.as_str(), Phase::Failed, &detail);
    }
    let ready = installs.take_ready(name);
    match command(service) {
        Some(_) => {
            if is_built(service) && !build(shared, app, name, service, &ready).await {
                return;
            }
            start(shared, app, name, service, &ready);
        }
        None if setup::is_site(service) => serve(shared, app, name, service, &ready).await,
        None => {
            let message = format!("{name} has no command to start it; write one into seaworthy.toml");
            let next = format!("sea init, then fill in [services.{name}] start");
            fail(shared, name, "no-command", message, Some(next));
        }
    }
}

/// What is started is made by its build: there is no command for development that would do without.
pub(crate) fn is_built(service: &Service) -> bool {
    service.dev.get().is_none() && service.start.get().is_some() && service.build.get().is_some()
}

/// The gates that a service waits for.
fn needed(app: &App, name: &Name, service: &Service) -> Vec<String> {
    let mut gates = vec![installs::gate(name)];
    gates.extend(
        service.depends_on.keys().filter(|need| app.resources.contains_key(*need)).map(resources::gate),
    );
    gates.extend(jobs::before(app, name).iter().map(jobs::gate));
    gates
}

fn start(shared: &Arc<Shared>, app: &App, name: &Name, service: &Service, ready: &Ready) {
    let port = match port(shared, name, service) {
        Ok(port) => port,
        Err(error) => return fail(shared, name, error.code(), error.to_string(), error.help()),
    };
    let Some(prepared) = environment(shared, app, name, service, ready, port) else { return };
    let around = Surroundings {
        run: shared.run.clone(),
        root: shared.state.worktree().to_owned(),
        logs: shared.logs(),
        env: prepared.env,
        secrets: prepared.secrets,
        port,
        after: Vec::new(),
    };
    if let Some(mut definition) = definition(name, service, &around) {
        // What was not selected does not run, so it is not waited for.
        let only = shared.only();
        definition.needs.retain(|(need, _)| only.iter().any(|name| name.as_str() == need));
        shared.clear_problem(&failure(name));
        shared.update(name.as_str(), |facts| facts.command = Some(definition.spec.command.to_string()));
        if ready.installed {
            shared.run_process(definition);
        } else {
            shared.keep_running(definition);
        }
    }
}

/// A port for a service that listens; people hear about one that was moved.
fn port(shared: &Shared, name: &Name, service: &Service) -> Result<Option<u16>, seaworthy_provision::Error> {
    let is_web = matches!(service.kind.get(), Some(Kind::Web | Kind::Static));
    let wanted = service.port.get().copied();
    if wanted.is_none() && !(is_web && service.port_setting.get().is_some()) {
        return Ok(None);
    }
    // What runs keeps its port, unless the one that it should have is to be had now.
    if let Some(current) = shared.running_port(name.as_str())
        && wanted.is_none_or(|wanted| wanted == current || !is_free(wanted))
    {
        return Ok(Some(current));
    }
    let owner = format!("services/{name}");
    let reservation = {
        let mut ports = shared.ports();
        // The one of an earlier start, or one that was looked up ahead.
        if let Some(current) = shared.supervisor.board().get(name.as_str()).and_then(|status| status.port) {
            ports.release(current);
        }
        ports.reserve(&owner, wanted)?
    };
    let key = format!("port {name}");
    match &reservation.moved {
        Some(moved) => {
            let holder =
                moved.holder.as_ref().map_or_else(|| "another program".to_owned(), ToString::to_string);
            let is_fixed =
                service.port_setting.get().is_none_or(|s| *s == seaworthy_model::PortSetting::Fixed);
            let message = if is_fixed {
                format!(
                    "port {} is taken by {holder}, and {name} cannot be told to use another one",
                    moved.wanted
                )
            } else {
                format!(
                    "port {} is taken by {holder}; {name} uses {} instead",
                    moved.wanted, reservation.port
                )
            };
            let next = is_fixed.then(|| format!("stop {holder}, then type `sea restart {name}`"));
            let code = if is_fixed { "port-taken" } else { "port-moved" };
            shared.add_problem(
                &key,
                ProblemView { code: code.to_owned(), message, next, members: vec![name.to_string()] },
            );
        }
        None => shared.clear_problem(&key),
    }
    let port = reservation.hand_over();
    // From now on everyone finds it there.
    shared.supervisor.board().update(name.as_str(), |status| status.port = Some(port));
    Ok(Some(port))
}

/// What a process is handed.
pub(crate) struct Handed {
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) secrets: Vec<String>,
}

/// The environment of a service, or of a job that runs with it; `None` when it lacks something, which people are told.
pub(crate) fn environment(
    shared: &Shared,
    app: &App,
    name: &Name,
    service: &Service,
    ready: &Ready,
    port: Option<u16>,
) -> Option<Handed> {
    let process = own_environment();
    let files = environment::files(shared.state.worktree(), service, Mode::Development);
    let resources = resources::provided(shared.prepared());
    let inputs = Inputs {
        mode: Mode::Development,
        secrets: &BTreeMap::new(),
        service,
        resources: &resources,
        services: &|name| endpoint(shared, app, name),
        environment: "local",
        domain: DOMAIN,
        process: &process,
        files: &files,
        port,
        colour: shared.options.colour,
    };
    let resolved = environment::resolve(inputs, &mut shared.secrets());
    let resolved = match resolved {
        Ok(resolved) => resolved,
        Err(error) => {
            fail(shared, name, error.code(), error.to_string(), error.help());
            return None;
        }
    };
    let tools = tools(ready);
    shared.update(name.as_str(), |facts| facts.environment = shown(&resolved, &tools));
    tell_missing(shared, name, &resolved);
    let secrets = resolved
        .values
        .values()
        .filter(|value| value.secret)
        .map(|value| value.value.clone())
        .chain(shared.made_up_secrets())
        .collect();
    let mut env = process;
    env.extend(resolved.handed());
    env.extend(tools);
    Some(Handed { env, secrets })
}

/// A missing variable is said, and the service is started all the same: many can do without.
fn tell_missing(shared: &Shared, name: &Name, resolved: &Environment) {
    let key = format!("environment {name}");
    match resolved.missing.split_first() {
        None => shared.clear_problem(&key),
        Some((first, others)) => {
            let more = match others {
                [] => String::new(),
                others => {
                    let names: Vec<&str> = others.iter().map(|missing| missing.name.as_str()).collect();
                    format!(" (and {})", names.join(", "))
                }
            };
            let place = first.places.first().map_or_else(String::new, |place| format!("; {place} reads it"));
            let problem = ProblemView {
                code: "variable-missing".to_owned(),
                message: format!("{name} needs {}{more}, which nobody gives{place}", first.name),
                next: Some(format!("echo '{}=...' >> {}", first.name, first.file)),
                members: vec![name.to_string()],
            };
            shared.add_problem(&key, problem);
        }
    }
}

/// What makes commands find the runtime and what is installed: the search path, the virtual environment of Python.
fn tools(ready: &Ready) -> BTreeMap<String, String> {
    let path =
        search_path(&ready.bin_dirs).map(|path| ("PATH".to_owned(), path.to_string_lossy().into_owned()));
    ready.env.clone().into_iter().chain(path).collect()
}

fn shown(environment: &Environment, tools: &BTreeMap<String, String>) -> Vec<VariableView> {
    let view = |(name, value): (&String, &environment::Value)| {
        let source = match &value.instead_of {
            Some(other) => format!("{}, instead of {other}", value.source),
            None => value.source.to_string(),
        };
        VariableView { name: name.clone(), value: Some(value.value.clone()), secret: value.secret, source }
    };
    let tool = |(name, value): (&String, &String)| VariableView {
        name: name.clone(),
        value: Some(value.clone()),
        secret: false,
        source: "the runtime and what is installed".to_owned(),
    };
    let is_given = |(name, _): &(&String, &environment::Value)| !tools.contains_key(*name);
    let given = environment.values.iter().filter(is_given).map(view);
    let mut variables: Vec<VariableView> = given.chain(tools.iter().map(tool)).collect();
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    variables
}

/// Where a service listens; one that has no port yet gets the one that it will start with.
fn endpoint(shared: &Shared, app: &App, name: &Name) -> Option<Endpoint> {
    let service = app.services.get(name)?;
    if service.port.get().is_none() && service.port_setting.get().is_none() {
        return None;
    }
    let running = shared.supervisor.board().get(name.as_str()).and_then(|status| status.port);
    let port = running.or_else(|| reserve_ahead(shared, name, service))?;
    Some(Endpoint { host: "127.0.0.1".to_owned(), port })
}

/// The port that a service will get when it is started.
fn reserve_ahead(shared: &Shared, name: &Name, service: &Service) -> Option<u16> {
    let mut ports = shared.ports();
    let port = ports.reserve(&format!("services/{name}"), service.port.get().copied()).ok()?.hand_over();
    drop(ports);
    // From now on it is its own.
    shared.supervisor.board().update(name.as_str(), |status| status.port = Some(port));
    Some(port)
}

/// A static site: built where it has to be, served by the proxy.
async fn serve(shared: &Arc<Shared>, app: &Arc<App>, name: &Name, service: &Service, ready: &Ready) {
    if build(shared, app, name, service, ready).await {
        is_served(shared, name);
    }
}

/// The files of a site are there, or are new.
pub(crate) fn is_served(shared: &Shared, name: &Name) {
    shared.clear_problem(&failure(name));
    shared.supervisor.board().update(name.as_str(), |status| {
        status.phase = Phase::Ready;
        status.detail.clear();
        status.started = Some(Timestamp::now());
    });
}

/// Runs the build of a service that has one; false when it failed, which people are told.
async fn build(shared: &Arc<Shared>, app: &Arc<App>, name: &Name, service: &Service, ready: &Ready) -> bool {
    if let Some(build) = service.build.get() {
        let Some(handed) = environment(shared, app, name, service, ready, None) else { return false };
        let id = format!("build {name}");
        shared.steps.announce(&id, &id, &[name.to_string()], Some(build.clone()));
        shared.steps.begin(&id, "what is served or started is made by it");
        let task = Task {
            name: id.clone(),
            program: Program::Shell(build.clone()),
            dir: folder(shared.state.worktree(), service.path()),
            env: handed.env,
            bin_dirs: Vec::new(),
            user: None,
        };
        let outcome =
            shared.tasks().run(&task, &|line| shared.steps.progress(&id, &ansi::strip(&line.text))).await;
        if let Err(error) = outcome {
            shared.fail_step(&id, &error);
            fail(shared, name, error.code(), error.to_string(), error.help());
            return false;
        }
        shared.steps.done(&id);
    }
    true
}

/// The key of the one problem that keeps a service from being started; it is taken back once it is started.
fn failure(name: &Name) -> String {
    format!("failed {name}")
}

fn fail(shared: &Shared, name: &Name, code: &str, message: String, next: Option<String>) {
    shared.set_phase(name.as_str(), Phase::Failed, &message);
    let problem = ProblemView { code: code.to_owned(), message, next, members: vec![name.to_string()] };
    shared.add_problem(&failure(name), problem);
}
