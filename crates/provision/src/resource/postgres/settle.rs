//! Role and database of a cluster that lets us in.

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
    /// The password of the superuser of a cluster that was never settled.
    pub bootstrap: Option<String>,
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
    // The usual case first: all was done in an earlier run.
    let config = config(settlement.port, &settlement.username, &settlement.password, &settlement.database);
    if connect(&config).await.is_ok() {
        return Ok(());
    }
    let client = superuser(settlement).await.map_err(failed)?;
    let password = literal(&settlement.password);
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
    Ok(())
}

/// Signs in as the superuser: with our password, else with the one that a new cluster has.
async fn superuser(settlement: &Settlement) -> Result<Client, tokio_postgres::Error> {
    let ours = connect(&config(settlement.port, SUPERUSER, &settlement.password, SUPERUSER)).await;
    match (ours, &settlement.bootstrap) {
        (Err(error), Some(bootstrap)) if error.code() == Some(&SqlState::INVALID_PASSWORD) => {
            connect(&config(settlement.port, SUPERUSER, bootstrap, SUPERUSER)).await
        }
        (done, _) => done,
    }
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
