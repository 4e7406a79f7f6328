//! What must run once resources are ready: jobs of the app's own migration tools, and SQL files.

mod file;
mod jobs;
mod sql;
mod statement;

use std::path::{Path, PathBuf};

use seaworthy_model::{App, JobTrigger, Layer, Name};

use crate::Error;
use crate::toolchain::{Machine, programs};

pub use file::SqlFile;
pub use jobs::{JobStep, done, plan as plan_jobs};
pub use sql::{Action, Database, Role, SqlFiles, SqlStep};

/// The SQL files that `sea up` runs into a resource by itself.
///
/// A folder of migrations that a tool owns is left to it: to the job that runs the tool, or to the program that runs
/// them when it starts (Flyway, Refinery). What `seaworthy.toml` names, or another tool's file, and no job of a user of
/// the resource runs, is ours.
pub fn sql_files(app: &App, name: &Name, root: &Path) -> Result<SqlFiles, Error> {
    let Some(resource) = app.resources.get(name) else { return Ok(SqlFiles::default()) };
    let has_tool = app.jobs.values().any(|job| {
        let of_user = job.service.get().is_some_and(|service| app.users_of(name).any(|user| user == service));
        job.on.get() == Some(&JobTrigger::Release) && of_user
    });
    let is_said = resource.migrations.origin().is_some_and(|origin| origin.layer > Layer::Detected);
    let is_configured = resource.migrations.origin().is_some_and(|origin| origin.layer >= Layer::Config);
    let migrations = resource.migrations.get().filter(|_| is_configured || (is_said && !has_tool));
    let seed = resource.seed.get().filter(|seed| seed.ends_with(".sql") && root.join(seed).is_file());
    let text = |path: Option<&String>| path.cloned();
    let (schema, migrations, seed) = (text(resource.schema.get()), text(migrations), text(seed));
    SqlFiles::read(root, schema.as_deref(), migrations.as_deref(), seed.as_deref())
}

/// The command that seeds a resource, where that is no SQL file.
pub fn seed_command<'a>(app: &'a App, name: &Name, root: &Path) -> Option<&'a str> {
    let seed = app.resources.get(name)?.seed.get()?;
    let is_sql = seed.ends_with(".sql") && root.join(seed).is_file();
    (!is_sql).then_some(seed)
}

/// PostgreSQL's own client, where it is on the machine.
pub fn psql(machine: &Machine) -> Option<PathBuf> {
    let places = [
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "{brew}/opt/libpq/bin",
        "{brew}/opt/postgresql@*/bin",
    ];
    programs(machine, &places, "psql").into_iter().next()
}
