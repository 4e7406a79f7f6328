//! Role and database of a cluster that lets us in.
//!
//! A sign-in that is refused is written into the server's log as `FATAL`, which alarms whoever reads it. So it is the
//! superuser who signs in, with the password that the cluster is known to have, and what the app needs is looked up.

use std::path::PathBuf;
use std::time::Duration;

use seaworthy_model::Name;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::Error;

/// What a cluster is settled with.
#[derive(Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Where it listens.
    pub port: u16,
    /// The role that the app signs in as.
    pub username: String,
    /// Its password, and that of the superuser.
    pub password: String,
    /// The database of the app.
    pub database: String,
    /// The file with the password that a new cluster lets its superuser in with. It is deleted once that is ours.
    pub bootstrap: PathBuf,
}

impl std::fmt::Debug for Settlement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settlement({}@127.0.0.1:{}/{})", self.username, self.port, self.database)
    }
}

const SUPERUSER: &str = "postgres";
/// How long a server may take to let someone in after it said that it is ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes the role and the database of the app where they are not there yet.
///
/// The role is a superuser: migrations create extensions, and the cluster holds nothing else.
pub async fn settle(name: &Name, settlement: &Settlement) -> Result<(), Error> {
    let failed =
        |error: tokio_postgres::Error| Error::Database { name: name.clone(), message: describe(&error) };
    let client = superuser(settlement).await.map_err(failed)?;
    let mut roles = vec![SUPERUSER];
    if settlement.username != SUPERUSER {
        let known =
            client.query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&settlement.username]).await;
        if known.map_err(failed)?.is_none() {
            let role = identifier(&settlement.username);
            client.batch_execute(&format!("CREATE ROLE {role} LOGIN SUPERUSER")).await.map_err(failed)?;
        }
        roles.push(&settlement.username);
    }
    let password = literal(&settlement.password);
    for role in roles {
        let role = identifier(role);
        client.batch_execute(&format!("ALTER ROLE {role} PASSWORD {password}")).await.map_err(failed)?;
    }
    let known =
        client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&settlement.database]).await;
    if known.map_err(failed)?.is_none() {
        let (database, owner) = (identifier(&settlement.database), identifier(&settlement.username));
        client.batch_execute(&format!("CREATE DATABASE {database} OWNER {owner}")).await.map_err(failed)?;
    }
    // One that stays costs a refused sign-in the next time, and nothing else.
    let _ = std::fs::remove_file(&settlement.bootstrap);
    Ok(())
}

/// Signs in as the superuser: with the password that a new cluster has, else with ours.
async fn superuser(settlement: &Settlement) -> Result<Client, tokio_postgres::Error> {
    let with = |password: &str| config(settlement.port, SUPERUSER, password, SUPERUSER);
    if let Ok(bootstrap) = std::fs::read_to_string(&settlement.bootstrap) {
        match connect(&with(&bootstrap)).await {
            // It was settled, and the run ended before the file was deleted.
            Err(error) if error.code() == Some(&SqlState::INVALID_PASSWORD) => {}
            done => return done,
        }
    }
    connect(&with(&settlement.password)).await
}

pub(crate) fn config(port: u16, user: &str, password: &str, database: &str) -> Config {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(user)
        .password(password)
        .dbname(database)
        .application_name("sea")
        .connect_timeout(Duration::from_secs(10));
    config
}

/// Signs in; a server that is still starting is waited for.
pub(crate) async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let start = tokio::time::Instant::now();
    loop {
        match config.connect(NoTls).await {
            Ok((client, connection)) => {
                // Ends by itself when the client is dropped.
                tokio::spawn(connection);
                return Ok(client);
            }
            Err(error) => {
                let is_starting = error.code() == Some(&SqlState::CANNOT_CONNECT_NOW);
                if !is_starting || start.elapsed() > PATIENCE {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// What the server said, or why it could not be asked.
pub(crate) fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
