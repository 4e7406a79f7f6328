//! What changes the database before a release starts.

use std::sync::Arc;

use jiff::Timestamp;
use seaworthy_provision::migrate::{self, Action, Database};
use seaworthy_provision::task::{Line, Program, Task, Tasks};

use super::place::Place;
use super::running::Running;
use super::{layout, resources};
use crate::host::definition::folder;

/// Runs the migrations of a release that did not run yet: SQL files of resources, then jobs of the app's own tools.
pub(super) async fn run(place: &Arc<Place>, running: &Arc<Running>) -> Result<(), String> {
    let release = &running.release;
    resources::bring_up(place, release).await.map_err(|error| error.to_string())?;
    let state = place.state(&release.tree);
    let tasks = place.tasks(running.hidden());
    let told = |line: Line| place.tell(Some(&release.id), line.text);
    for (name, prepared) in place.prepared() {
        let files =
            migrate::sql_files(&release.app, &name, &release.tree).map_err(|error| error.to_string())?;
        let Some(target) = prepared.target.as_ref().filter(|_| !files.is_empty()) else { continue };
        if prepared.kind != "postgres" {
            continue;
        }
        let psql = migrate::psql(&place.host.machine);
        let mut database =
            Database::open(&name, target, &release.tree, psql).await.map_err(|error| error.to_string())?;
        for step in database.plan(&files).await.map_err(|error| error.to_string())? {
            match &step.action {
                Action::Refuse(reason) => return Err(format!("{}: {reason}", step.file.path)),
                Action::Run(reason) => {
                    place.tell(Some(&release.id), format!("{} into {name}: {reason}", step.file.path));
                    database.run(&step, &tasks, &told).await.map_err(|error| error.to_string())?;
                }
            }
        }
    }
    for step in migrate::plan_jobs(&release.app, &state).map_err(|error| error.to_string())? {
        // What fills a database with examples has no place where users are.
        if step.is_seed {
            continue;
        }
        let owner = step.service.as_ref().and_then(|name| Some((name, release.app.services.get(name)?)));
        let env = match owner {
            Some((name, service)) => {
                let environment =
                    running.environment(place, name, service, None).map_err(|error| error.to_string())?;
                running.variables(name, &environment)
            }
            None => std::collections::BTreeMap::new(),
        };
        place.tell(Some(&release.id), format!("running {}: {}", step.name, step.reason));
        let task = Task {
            name: step.name.to_string(),
            program: Program::Shell(step.run.clone()),
            dir: folder(&release.tree, &step.path),
            env,
            bin_dirs: Vec::new(),
            user: None,
        };
        tasks.run(&task, &told).await.map_err(|error| error.to_string())?;
        migrate::done(&step, &state).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Backs up the databases that a migration touches, before one that the running release cannot live with.
pub(super) async fn backup(place: &Arc<Place>, running: &Arc<Running>) -> Result<(), String> {
    let release = &running.release;
    resources::bring_up(place, release).await.map_err(|error| error.to_string())?;
    let folder = place.folder.path().join("backups");
    layout::private(&folder).map_err(|error| error.to_string())?;
    for (name, prepared) in place.prepared() {
        let Some(target) = prepared.target.as_ref().filter(|_| prepared.kind == "postgres") else { continue };
        let psql = migrate::psql(&place.host.machine)
            .ok_or("pg_dump is not on this machine; install PostgreSQL's client programs")?;
        let to = folder.join(format!("{name}-{}-{}.dump", release.id, Timestamp::now().as_second()));
        let port = target.port.to_string();
        let argv = [
            psql.with_file_name("pg_dump").to_string_lossy().as_ref(),
            "--format=custom",
            "--no-password",
            "--host",
            &target.host,
            "--port",
            &port,
            "--username",
            target.username.as_deref().unwrap_or_default(),
            "--file",
            to.to_string_lossy().as_ref(),
            target.database.as_deref().unwrap_or_default(),
        ]
        .map(str::to_owned);
        let password = target.password.clone().unwrap_or_default();
        let task = Task {
            name: format!("back up {name}"),
            program: Program::Argv(argv.into()),
            dir: folder.clone(),
            env: [("PGPASSWORD".to_owned(), password)].into(),
            bin_dirs: Vec::new(),
            user: None,
        };
        place.tell(Some(&release.id), format!("backing up {name}"));
        place.tasks(running.hidden()).run(&task, &|_| {}).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
