//! What runs once resources are ready: SQL files, migrations of the app's own tools, seeds.

use std::collections::BTreeSet;
use std::sync::Arc;

use seaworthy_model::{App, JobTrigger, Name};
use seaworthy_provision::Error;
use seaworthy_provision::migrate::{self, Action, Database, JobStep};
use seaworthy_provision::resource::Prepared;
use seaworthy_provision::task::{Line, Program, Task, Tasks};
use seaworthy_supervise::log::ansi;
use seaworthy_supervise::machine::Phase;

use crate::host::definition::folder;
use crate::host::installs::{self, Installs, Ready};
use crate::host::shared::Shared;
use crate::host::{resources, services};
use crate::view::ProblemView;

/// The gate of a job.
pub(crate) fn gate(job: &Name) -> String {
    format!("job {job}")
}

/// The jobs that must have run before a service starts: migrations of itself or of a service that shares one of its
/// databases.
pub(crate) fn before(app: &App, name: &Name) -> Vec<Name> {
    let Some(service) = app.services.get(name) else { return Vec::new() };
    let shares = |other: &Name| {
        other == name
            || app.services.get(other).is_some_and(|other| {
                let mut needs = other.depends_on.keys();
                needs.any(|need| app.resources.contains_key(need) && service.depends_on.contains_key(need))
            })
    };
    app.jobs
        .iter()
        .filter(|(_, job)| job.on.get() == Some(&JobTrigger::Release))
        .filter(|(_, job)| job.service.get().is_none_or(shares))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The jobs that have to run now; those that ran before pass their gates at once.
pub(crate) fn plan(shared: &Shared, app: &App, names: &BTreeSet<Name>) -> Vec<JobStep> {
    let is_wanted = |name: &Name| {
        let service = app.jobs.get(name).and_then(|job| job.service.get());
        service.is_none_or(|service| names.contains(service))
    };
    let steps: Vec<JobStep> = match migrate::plan_jobs(app, &shared.state) {
        Ok(steps) => {
            shared.clear_problem("jobs");
            steps.into_iter().filter(|step| is_wanted(&step.name)).collect()
        }
        Err(error) => {
            shared.add_problem("jobs", problem("jobs", &error));
            Vec::new()
        }
    };
    for (name, job) in app.jobs.iter().filter(|(_, job)| job.on.get() != Some(&JobTrigger::Schedule)) {
        if steps.iter().any(|step| step.name == *name) {
            shared.gates.close(&gate(name));
        } else {
            let is_release = job.on.get() == Some(&JobTrigger::Release);
            let phase = if is_release { Phase::Completed } else { Phase::Stopped };
            shared.set_phase(name.as_str(), phase, "");
            shared.decide(&gate(name), true);
        }
    }
    steps
}

/// Runs one job once all is there that it needs.
pub(crate) async fn run(shared: &Arc<Shared>, app: &Arc<App>, installs: &Installs, step: JobStep) {
    let result = try_run(shared, app, installs, &step).await;
    match &result {
        Ok(()) => shared.set_phase(step.name.as_str(), Phase::Completed, ""),
        Err(reason) => shared.set_phase(step.name.as_str(), Phase::Failed, reason),
    }
    // A seed that failed leaves a database without examples, which keeps nothing from running.
    shared.decide(&gate(&step.name), result.is_ok() || step.is_seed);
}

async fn try_run(
    shared: &Arc<Shared>,
    app: &Arc<App>,
    installs: &Installs,
    step: &JobStep,
) -> Result<(), String> {
    let id = format!("run {}", step.name);
    shared.steps.announce(&id, &id, &[step.name.to_string()], Some(step.run.clone()));
    let owner = step.service.as_ref().and_then(|name| Some((name, app.services.get(name)?)));
    let mut needed = Vec::new();
    if let Some((name, service)) = owner {
        needed.push(installs::gate(name));
        needed.extend(
            service.depends_on.keys().filter(|need| app.resources.contains_key(*need)).map(resources::gate),
        );
        if step.is_seed {
            needed.extend(before(app, name).iter().filter(|job| **job != step.name).map(gate));
        }
    } else {
        needed.extend(app.resources.keys().filter(|name| shared.only().contains(*name)).map(resources::gate));
    }
    shared.gates.wait(&needed).await.map_err(|failed| {
        shared.steps.skip(&id, &format!("{failed} failed"));
        format!("{failed} failed")
    })?;
    let env = match owner {
        Some((name, service)) => {
            let ready = installs.ready(name);
            let handed = services::environment(shared, app, name, service, &ready, None);
            handed.ok_or_else(|| "its environment is not complete".to_owned())?.env
        }
        None => Ready::default().env,
    };
    shared.set_phase(step.name.as_str(), Phase::Starting, "");
    shared.steps.begin(&id, step.reason);
    let task = Task {
        name: step.name.to_string(),
        program: Program::Shell(step.run.clone()),
        dir: folder(shared.state.worktree(), &step.path),
        env,
        bin_dirs: Vec::new(),
        user: None,
    };
    let outcome =
        shared.tasks().run(&task, &|line| shared.steps.progress(&id, &ansi::strip(&line.text))).await;
    let outcome = outcome.and_then(|()| migrate::done(step, &shared.state));
    match outcome {
        Ok(()) => {
            shared.steps.done(&id);
            shared.clear_problem(&id);
            Ok(())
        }
        Err(error) => {
            shared.fail_step(&id, &error);
            shared.add_problem(&id, problem(step.name.as_str(), &error));
            Err(error.to_string().lines().next().unwrap_or_default().to_owned())
        }
    }
}

/// Runs the SQL files of a resource that is ready: schema, migrations, seed.
pub(crate) async fn run_sql(
    shared: &Arc<Shared>,
    app: &Arc<App>,
    name: &Name,
    prepared: &Prepared,
) -> Result<(), Error> {
    let root = shared.state.worktree();
    let (files, Some(target)) = (migrate::sql_files(app, name, root)?, &prepared.target) else {
        return Ok(());
    };
    if files.is_empty() || prepared.kind != "postgres" {
        return Ok(());
    }
    let psql = migrate::psql(&shared.machine);
    let mut database = Database::open(name, target, root, psql).await?;
    for step in database.plan(&files).await? {
        let id = format!("sql {}", step.file.path);
        let title = format!("{} into {name}", step.file.path);
        shared.steps.announce(&id, &title, &[name.to_string()], None);
        match &step.action {
            Action::Refuse(reason) => {
                shared.steps.skip(&id, reason);
                let problem = ProblemView {
                    code: "migration-refused".to_owned(),
                    message: reason.clone(),
                    next: None,
                    members: vec![name.to_string()],
                };
                shared.add_problem(&id, problem);
            }
            Action::Run(reason) => {
                shared.steps.begin(&id, reason);
                let lines = |line: Line| shared.steps.progress(&id, &ansi::strip(&line.text));
                match database.run(&step, &shared.tasks(), &lines).await {
                    Ok(()) => {
                        shared.steps.done(&id);
                        shared.clear_problem(&id);
                    }
                    Err(error) => {
                        shared.fail_step(&id, &error);
                        return Err(error);
                    }
                }
            }
        }
    }
    Ok(())
}

pub(crate) fn problem(name: &str, error: &Error) -> ProblemView {
    ProblemView {
        code: error.code().to_owned(),
        message: error.to_string(),
        next: error.help(),
        members: vec![name.to_owned()],
    }
}
