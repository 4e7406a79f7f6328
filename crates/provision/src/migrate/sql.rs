//! SQL files of a PostgreSQL resource: what has to run, and running it.
//!
//! What ran is written down in the database itself, in a schema of its own: it goes where the data goes, and tools that
//! own the schema `public` (Prisma, Drizzle) do not stumble over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;
use tokio_postgres::Client;
use tokio_postgres::error::ErrorPosition;

use super::file::{self, SqlFile};
use super::statement::{Statement, statements};
use crate::Error;
use crate::address::Target;
use crate::resource::postgres::{config, connect, describe};
use crate::task::{Line, Program, Task, Tasks};

/// The SQL files of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlFiles {
    /// The desired schema.
    pub schema: Option<SqlFile>,
    /// Migrations, in order.
    pub migrations: Vec<SqlFile>,
    /// Data to start with.
    pub seed: Option<SqlFile>,
}

/// What sort of file it is; the words are those of the table that remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The desired schema.
    Schema,
    /// A migration.
    Migration,
    /// Data to start with.
    Seed,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Migration => "migration",
            Self::Seed => "seed",
        }
    }
}

/// A file that has to run, or why it must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlStep {
    /// What sort of file it is.
    pub role: Role,
    /// The file.
    pub file: SqlFile,
    /// What is done with it.
    pub action: Action,
}

/// What is done with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It runs, because of this.
    Run(&'static str),
    /// It should run and must not: this is said instead.
    Refuse(String),
}

impl SqlFiles {
    /// The files of these paths, relative to the repository's root.
    pub fn read(
        root: &Path,
        schema: Option<&str>,
        migrations: Option<&str>,
        seed: Option<&str>,
    ) -> Result<Self, Error> {
        Ok(Self {
            schema: schema.map(|path| SqlFile::read(root, path)).transpose()?,
            migrations: migrations.map(|path| file::folder(root, path)).transpose()?.unwrap_or_default(),
            seed: seed.map(|path| SqlFile::read(root, path)).transpose()?,
        })
    }

    /// There is nothing to run.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A database that files run against.
pub struct Database<'a> {
    name: &'a Name,
    target: &'a Target,
    root: &'a Path,
    psql: Option<PathBuf>,
    client: Client,
}

const LEDGER: &str = "CREATE SCHEMA IF NOT EXISTS seaworthy;
CREATE TABLE IF NOT EXISTS seaworthy.applied (
    role text NOT NULL,
    file text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (role, file)
)";

/// Tables of anyone but the system, us and extensions.
const TABLES: &str = "SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
      AND n.nspname NOT IN ('information_schema', 'seaworthy') AND n.nspname NOT LIKE 'pg\\_%'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
)";

impl<'a> Database<'a> {
    /// Signs in to a resource that is ready and settled. `root` is the repository's; `psql` runs what only it can.
    pub async fn open(
        name: &'a Name,
        target: &'a Target,
        root: &'a Path,
        psql: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let config =
            config(target.port, &text(&target.username), &text(&target.password), &text(&target.database));
        let client = connect(&config).await.map_err(|error| failed(name, &error))?;
        client.batch_execute(LEDGER).await.map_err(|error| failed(name, &error))?;
        Ok(Self { name, target, root, psql, client })
    }

    /// What has to run, in order. Nothing is changed.
    ///
    /// - A migration runs once. One that was edited afterwards is refused.
    /// - The schema runs into a database without tables. When it changed and there are tables, it runs again only if
    ///   every statement may run twice (`IF NOT EXISTS`, `OR REPLACE`, `ON CONFLICT`, ...): nothing else is known not
    ///   to lose rows.
    /// - A seed runs once, and again when it changed.
    pub async fn plan(&self, files: &SqlFiles) -> Result<Vec<SqlStep>, Error> {
        let failed = |error: tokio_postgres::Error| failed(self.name, &error);
        let rows = self
            .client
            .query("SELECT role, file, digest FROM seaworthy.applied", &[])
            .await
            .map_err(failed)?;
        let applied: BTreeMap<(String, String), String> =
            rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
        let known = |role: Role, file: &SqlFile| applied.get(&(role.word().to_owned(), file.path.clone()));
        let has_tables: bool = self.client.query_one(TABLES, &[]).await.map_err(failed)?.get(0);
        let mut steps = Vec::new();
        let mut add = |role, file: &SqlFile, action| steps.push(SqlStep { role, file: file.clone(), action });
        if let Some(schema) = &files.schema {
            let role = Role::Schema;
            match known(role, schema) {
                Some(digest) if *digest == schema.digest() => {}
                _ if !has_tables => add(role, schema, Action::Run("the database is empty")),
                known => match statements(&schema.text).iter().find(|statement| !statement.is_repeatable()) {
                    None => add(role, schema, Action::Run("it changed, and may run again")),
                    Some(statement) => {
                        let line = statement.line + schema.offset;
                        let what = if known.is_some() { "changed" } else { "never ran here" };
                        let text = format!(
                            "{path} {what}, the database has tables, and {path}:{line} cannot run twice; start over with \
                             `sea up --fresh={name}`, or change the tables by hand",
                            path = schema.path,
                            name = self.name
                        );
                        add(role, schema, Action::Refuse(text));
                    }
                },
            }
        }
        for migration in &files.migrations {
            let role = Role::Migration;
            match known(role, migration) {
                None => add(role, migration, Action::Run("it never ran here")),
                Some(digest) if *digest == migration.digest() => {}
                Some(_) => {
                    let text = format!(
                        "{} was edited after it ran; start over with `sea up --fresh={}`, or add a migration",
                        migration.path, self.name
                    );
                    add(role, migration, Action::Refuse(text));
                }
            }
        }
        if let Some(seed) = &files.seed {
            match known(Role::Seed, seed) {
                None => add(Role::Seed, seed, Action::Run("it never ran here")),
                Some(digest) if *digest == seed.digest() => {}
                Some(_) => add(Role::Seed, seed, Action::Run("it changed")),
            }
        }
        Ok(steps)
    }

    /// Runs a file in one transaction and writes down that it ran; [`Action::Refuse`] runs nothing. A file with a statement
    /// that no transaction may hold (`CREATE INDEX CONCURRENTLY`) runs statement by statement: what ran before one that
    /// fails stays.
    pub async fn run(
        &mut self,
        step: &SqlStep,
        tasks: &dyn Tasks,
        lines: &(dyn Fn(Line) + Send + Sync),
    ) -> Result<(), Error> {
        if let Action::Refuse(_) = step.action {
            return Ok(());
        }
        let for_psql = statements(&step.file.text).into_iter().find_map(|s| Some((s.line, s.needs_psql()?)));
        match for_psql {
            Some((line, what)) => self.run_psql(&step.file, line, &what, tasks, lines).await?,
            None if statements(&step.file.text).iter().any(Statement::stands_alone) => {
                self.run_apart(&step.file).await?;
            }
            None => self.run_here(&step.file).await?,
        }
        let remember = "INSERT INTO seaworthy.applied (role, file, digest) VALUES ($1, $2, $3)
            ON CONFLICT (role, file) DO UPDATE SET digest = excluded.digest, applied_at = now()";
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&step.role.word(), &step.file.path, &step.file.digest()];
        self.client.execute(remember, &values).await.map_err(|error| failed(self.name, &error))?;
        Ok(())
    }

    async fn run_here(&mut self, file: &SqlFile) -> Result<(), Error> {
        let transaction = self.client.transaction().await.map_err(|error| failed(self.name, &error))?;
        let error = match transaction.batch_execute(&file.text).await {
            Ok(()) => return transaction.commit().await.map_err(|error| wrong(file, None, &error)),
            Err(error) => error,
        };
        transaction.rollback().await.map_err(|error| failed(self.name, &error))?;
        if let Some(ErrorPosition::Original(position)) = error.as_db_error().and_then(|said| said.position())
        {
            return Err(wrong(file, Some(line_at(&file.text, *position)), &error));
        }
        // Only errors of syntax and names have a position. The statement that breaks a constraint is found by running
        // one after the other, and taking all of it back.
        let transaction = self.client.transaction().await.map_err(|error| failed(self.name, &error))?;
        for statement in statements(&file.text) {
            if let Err(error) = transaction.batch_execute(statement.text).await {
                return Err(wrong(file, Some(statement.line), &error));
            }
        }
        Err(wrong(file, None, &error))
    }

    async fn run_apart(&mut self, file: &SqlFile) -> Result<(), Error> {
        for statement in statements(&file.text) {
            if let Err(error) = self.client.batch_execute(statement.text).await {
                // A transaction that the file itself began; without one this does nothing.
                let _ = self.client.batch_execute("ROLLBACK").await;
                return Err(wrong(file, Some(statement.line), &error));
            }
        }
        Ok(())
    }

    async fn run_psql(
        &self,
        file: &SqlFile,
        line: u32,
        what: &str,
        tasks: &dyn Tasks,
        lines: &(dyn Fn(Line) + Send + Sync),
    ) -> Result<(), Error> {
        let psql = self.psql.as_ref().ok_or_else(|| Error::NeedsPsql {
            file: file.path.clone(),
            line: line + file.offset,
            what: what.to_owned(),
        })?;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", &file.path];
        let mut argv = vec![psql.to_string_lossy().into_owned()];
        argv.extend(options.map(str::to_owned));
        let env = [
            ("PGHOST", self.target.host.clone()),
            ("PGPORT", self.target.port.to_string()),
            ("PGUSER", text(&self.target.username)),
            ("PGPASSWORD", text(&self.target.password)),
            ("PGDATABASE", text(&self.target.database)),
        ];
        let task = Task {
            name: file.path.clone(),
            program: Program::Argv(argv),
            dir: self.root.to_owned(),
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            bin_dirs: Vec::new(),
            user: None,
        };
        tasks.run(&task, lines).await
    }
}

fn failed(name: &Name, error: &tokio_postgres::Error) -> Error {
    Error::Database { name: name.clone(), message: describe(error) }
}

fn wrong(file: &SqlFile, line: Option<u32>, error: &tokio_postgres::Error) -> Error {
    let said = error.as_db_error();
    let detail = said.and_then(|said| said.detail()).map(|detail| format!(" ({detail})")).unwrap_or_default();
    Error::Sql {
        file: file.path.clone(),
        line: line.unwrap_or(1) + file.offset,
        message: describe(error) + &detail,
        hint: said.and_then(|said| said.hint()).map(str::to_owned),
    }
}

/// The 1-based line of a 1-based character.
fn line_at(text: &str, position: u32) -> u32 {
    let before = text.chars().take((position as usize).saturating_sub(1));
    u32::try_from(before.filter(|c| *c == '\n').count()).unwrap_or(u32::MAX).saturating_add(1)
}
