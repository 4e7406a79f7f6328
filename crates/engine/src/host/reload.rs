//! Acts on changed files: restarts what they are part of, installs what a manifest asks for, and applies a changed
//! model by its difference.

mod actions;
mod replan;
mod timing;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seaworthy_model::{App, Name};
use seaworthy_provision::task::{Program, Task, Tasks};
use seaworthy_supervise::log::ansi;
use seaworthy_watch::{Batch, Config, Event, Receiver, Watcher};

use crate::host::definition::folder;
use crate::host::shared::Shared;
use crate::host::{services, setup};
use crate::view::ProblemView;
use actions::{Actions, actions};

/// While a restart is under way, changes are gathered this long at most: who saves a correction shall not wait for a
/// process that never becomes ready.
const GATHER: Duration = Duration::from_millis(1500);

/// What starts first has the processors for itself this long.
const WATCHED_AFTER: Duration = Duration::from_millis(20);

/// How long a root that is gone is given to come back (a branch that is switched, a folder that is synchronised).
const ROOT_GONE: Duration = Duration::from_secs(2);

/// Runs until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    tokio::time::sleep(WATCHED_AFTER).await;
    loop {
        let app = shared.app();
        let config = Config::new(shared.state.worktree()).with_folders(folders(&app));
        // What is ignored is read and compiled: milliseconds in which nothing else could go on here.
        let started = tokio::task::spawn_blocking(move || Watcher::start(&config)).await;
        let (watcher, events) = match started {
            Ok(Ok(started)) => started,
            Ok(Err(error)) => return tell(&shared, "watch-failed", error.to_string(), None),
            // The run ends.
            Err(_) => return,
        };
        let again = follow(&shared, events).await;
        drop(watcher);
        if !again {
            return;
        }
    }
}

/// The folders of services and of what their resources are made from.
fn folders(app: &App) -> BTreeSet<PathBuf> {
    let services = app.services.values().map(|service| PathBuf::from(service.path()));
    let resources = app.resources.values().flat_map(|resource| {
        let files = [resource.schema.get(), resource.migrations.get(), resource.seed.get()];
        files.into_iter().flatten().map(PathBuf::from)
    });
    services.chain(resources).collect()
}

/// Acts on events; true when other folders are to be watched from now on.
async fn follow(shared: &Arc<Shared>, mut events: Receiver) -> bool {
    while let Some(event) = events.next().await {
        match event {
            Event::Ready { .. } => {}
            Event::Batch(batch) => {
                if act(shared, &batch).await {
                    return true;
                }
            }
            Event::Limited(limit) => tell(shared, "watch-limited", limit.to_string(), None),
            Event::RootGone => {
                let root = shared.state.worktree().to_owned();
                tokio::time::sleep(ROOT_GONE).await;
                if !root.is_dir() {
                    let message =
                        format!("{} is gone; what runs goes on, and nothing is reloaded", root.display());
                    tell(shared, "root-gone", message, None);
                }
            }
        }
    }
    false
}

fn tell(shared: &Shared, code: &str, message: String, next: Option<String>) {
    shared.add_problem(code, ProblemView { code: code.to_owned(), message, next, members: Vec::new() });
}

/// Does what a batch leads to; true when other folders are to be watched.
async fn act(shared: &Arc<Shared>, batch: &Batch) -> bool {
    let app = shared.app();
    let mut todo = actions(&app, shared.state.worktree(), batch);
    for name in &todo.own {
        timing::record(shared, batch, name, "own");
    }
    let mut refolder = false;
    let mut again = todo.provision.clone();
    again.extend(todo.environment.iter().cloned());
    let concerned = todo.restart.iter().chain(todo.commands.keys());
    let fallen: BTreeSet<Name> = concerned.filter(|name| setup::fell(shared, name)).cloned().collect();
    todo.commands.retain(|name, _| !fallen.contains(name));
    again.extend(fallen.iter().cloned());
    for name in &todo.environment {
        // It may read files that the model knows nothing of.
        shared.outdate(name.as_str());
    }
    if todo.replan
        && let Some(changed) = replan::replan(shared).await
    {
        refolder = folders(&app) != folders(&shared.app());
        again.extend(changed);
    }
    let now = shared.app();
    again.retain(|name| shared.only().contains(name));
    let mut restarted: Vec<Name> = Vec::new();
    for name in todo.restart.iter().filter(|name| !again.contains(*name)) {
        timing::record(shared, batch, name, "restart");
        // It exists: the model says so, and every member is known to the supervisor.
        let _ = shared.supervisor.restart(name.as_str());
        restarted.push(name.clone());
    }
    run_commands(shared, &now, &todo, batch, &mut restarted).await;
    if !again.is_empty() {
        for name in again.iter().filter(|name| now.services.contains_key(*name)) {
            let action = match name {
                name if todo.provision.contains(name) => "install",
                name if fallen.contains(name) => "restart",
                _ => "replan",
            };
            timing::record(shared, batch, name, action);
            restarted.push(name.clone());
        }
        setup::bring_up(shared, &now, &again).await;
    }
    if todo.data {
        setup::refresh_data(shared, &now).await;
    }
    timing::until_settled(shared, &restarted, Instant::now() + GATHER).await;
    refolder
}

/// Builds and commands that watch rules ask for.
async fn run_commands(
    shared: &Arc<Shared>,
    app: &App,
    todo: &Actions,
    batch: &Batch,
    restarted: &mut Vec<Name>,
) {
    for (name, command) in &todo.commands {
        let Some(service) = app.services.get(name) else { continue };
        let id = format!("{} {name}", command.title);
        timing::record(shared, batch, name, command.title);
        shared.steps.announce(&id, &id, &[name.to_string()], Some(command.text.clone()));
        shared.steps.begin(&id, "files changed");
        let env = shared.process_environment(name.as_str());
        let task = Task {
            name: id.clone(),
            program: Program::Shell(command.text.clone()),
            dir: folder(shared.state.worktree(), service.path()),
            env,
            bin_dirs: Vec::new(),
            user: None,
        };
        match shared.tasks().run(&task, &|line| shared.steps.progress(&id, &ansi::strip(&line.text))).await {
            Ok(()) => shared.steps.done(&id),
            Err(error) => {
                shared.fail_step(&id, &error);
                continue;
            }
        }
        if setup::is_site(service) {
            services::is_served(shared, name);
        }
        if command.then_restart {
            let _ = shared.supervisor.restart(name.as_str());
            restarted.push(name.clone());
        }
    }
}
