//! What changes the database before a release starts.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use seaworthy_ledger::body::{Backup, Outcome};
use seaworthy_ledger::{Draft, Key};
use seaworthy_provision::address::Target;
use seaworthy_provision::migrate::{self, Action, Database, JobStep, Role, SqlStep};
use seaworthy_provision::task::{Line, Program, Task, Tasks};

use super::place::Place;
use super::release::MigrationRecord;
use super::running::Running;
use super::schema::Schema;
use super::{journal, layout, resources};
use crate::host::definition::folder;

/// Runs the migrations of a release that did not run yet: SQL files of resources, then jobs of the app's own tools. Each is
/// written down by itself, since what ran before a failure stays.
pub(super) async fn run(place: &Arc<Place>, running: &Arc<Running>) -> Result<(), String> {
    let release = &running.release;
    resources::bring_up(place, release).await.map_err(text)?;
    let mut schema = Schema::load(place).map_err(text)?;
    run_files(place, running, &mut schema).await?;
    run_jobs(place, running, &mut schema).await?;
    for migration in pending(&schema, running) {
        schema.ran(&release.id, &migration);
    }
    schema.reach(&release.id);
    schema.save(place).map_err(text)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives errors away")]
fn text(error: impl ToString) -> String {
    error.to_string()
}

fn pending(schema: &Schema, running: &Running) -> Vec<MigrationRecord> {
    schema.pending(&running.release.record).cloned().collect()
}

async fn run_files(place: &Arc<Place>, running: &Arc<Running>, schema: &mut Schema) -> Result<(), String> {
    let release = &running.release;
    let tasks = place.tasks(running.hidden());
    let told = |line: Line| place.tell(Some(&release.id), line.text);
    for (name, prepared) in place.prepared() {
        let files = migrate::sql_files(&release.app, &name, &release.tree).map_err(text)?;
        let Some(target) = prepared.target.as_ref().filter(|_| !files.is_empty()) else { continue };
        if prepared.kind != "postgres" {
            continue;
        }
        let psql = migrate::psql(&place.host.machine);
        let mut database = Database::open(&name, target, &release.tree, psql).await.map_err(text)?;
        for step in database.plan(&files).await.map_err(text)? {
            match &step.action {
                // What fills a database with examples has no place where users are.
                _ if step.role == Role::Seed => {}
                Action::Refuse(_) => return Err(refused(&step)),
                Action::Run(reason) => {
                    place.tell(Some(&release.id), format!("{} into {name}: {reason}", step.file.path));
                    let before = schema.clone();
                    let of_file = pending(schema, running).into_iter().filter(|it| it.file == step.file.path);
                    for migration in of_file {
                        schema.ran(&release.id, &migration);
                    }
                    // Before it runs: whoever is killed now must not take a migration for one that did not run.
                    schema.save(place).map_err(text)?;
                    if let Err(error) = database.run(&step, &tasks, &told).await {
                        *schema = before;
                        schema.save(place).map_err(text)?;
                        return Err(error.to_string());
                    }
                }
            }
        }
    }
    Ok(())
}

/// Why a file does not run. To start over with an empty database, as is good advice where one develops, is none here.
fn refused(step: &SqlStep) -> String {
    let path = &step.file.path;
    match step.role {
        Role::Schema => format!(
            "{path} changed and cannot run twice, and the database has tables; change them by a migration, or write it so \
             that it may run twice"
        ),
        _ => format!("{path} was edited after it ran here; put it back as it was, and add a migration"),
    }
}

async fn run_jobs(place: &Arc<Place>, running: &Arc<Running>, schema: &mut Schema) -> Result<(), String> {
    let release = &running.release;
    let state = place.state(&release.tree);
    for step in migrate::plan_jobs(&release.app, &state).map_err(text)? {
        // What fills a database with examples has no place where users are.
        if step.is_seed {
            continue;
        }
        place.tell(Some(&release.id), format!("running {}: {}", step.name, step.reason));
        let ran = run_job(place, running, &step).await;
        if ran.is_err() {
            // How far it came, its tool knows alone: none of them is taken for not having run.
            for migration in pending(schema, running) {
                schema.ran(&release.id, &migration);
            }
            schema.save(place).map_err(text)?;
        }
        ran?;
        migrate::done(&step, &state).map_err(text)?;
    }
    Ok(())
}

async fn run_job(place: &Arc<Place>, running: &Arc<Running>, step: &JobStep) -> Result<(), String> {
    let release = &running.release;
    let owner = step.service.as_ref().and_then(|name| Some((name, release.app.services.get(name)?)));
    let env = match owner {
        Some((name, service)) => {
            let environment = running.environment(place, name, service, None).map_err(text)?;
            running.variables(name, &environment)
        }
        None => running.search_path(),
    };
    let task = Task {
        name: step.name.to_string(),
        program: Program::Shell(step.run.clone()),
        dir: folder(&release.tree, &step.path),
        env,
        bin_dirs: Vec::new(),
        user: None,
    };
    let told = |line: Line| place.tell(Some(&release.id), line.text);
    place.tasks(running.hidden()).run(&task, &told).await.map_err(text)
}

/// Backs up the databases of this host that a release uses, before a migration that the running release cannot live with.
pub(super) async fn backup(place: &Arc<Place>, running: &Arc<Running>) -> Result<(), String> {
    let release = &running.release;
    resources::bring_up(place, release).await.map_err(text)?;
    layout::private(&place.folder.backups()).map_err(text)?;
    let mut is_any = false;
    for (name, prepared) in place.prepared() {
        if let Some(target) = prepared.target.as_ref().filter(|_| prepared.kind == "postgres") {
            dump(place, running, name.as_str(), target).await?;
            is_any = true;
        }
    }
    if !is_any {
        let text = "no PostgreSQL runs on this host for it: nothing was backed up";
        place.tell(Some(&release.id), text);
    }
    Ok(())
}

async fn dump(place: &Arc<Place>, running: &Running, name: &str, target: &Target) -> Result<(), String> {
    let release = &running.release;
    let psql = migrate::psql(&place.host.machine)
        .ok_or("pg_dump is not on this machine; install PostgreSQL's client programs")?;
    let folder = place.folder.backups();
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
    let began = Instant::now();
    let done = place.tasks(running.hidden()).run(&task, &|_| {}).await;
    let bytes = std::fs::metadata(&to).ok().map(|file| file.len());
    let backup = Backup {
        resource: name.to_owned(),
        outcome: if done.is_ok() { Outcome::Passed } else { Outcome::Failed },
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        bytes,
        digest: None,
        location: Some(to.display().to_string()),
    };
    write(place, running, name, backup);
    done.map_err(text)?;
    place.tell(
        Some(&release.id),
        format!("{name} is backed up in {} ({} bytes)", to.display(), bytes.unwrap_or_default()),
    );
    Ok(())
}

/// A backup that the ledger does not know is one all the same.
fn write(place: &Place, running: &Running, name: &str, backup: Backup) {
    let release = &running.release.id;
    let text = format!("{}/{}/{release}/backup/{name}/{}", place.app, place.name, place.host.clock.now().0);
    let (Ok(key), Some(id)) = (Key::parse(&text), journal::id(release)) else { return };
    let draft = Draft::new(place.app.clone(), key, backup.into())
        .environment(place.name.clone())
        .release(id)
        .actor(super::environment::automatic(place));
    if let Err(error) = place.host.ledger.append(&draft) {
        place.tell(Some(release), format!("the ledger was not written: {error}"));
    }
}
