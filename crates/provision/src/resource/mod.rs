//! Resources: how a database, cache, store or mail server runs on this machine, and under which address.
//!
//! A resource runs from a binary of the machine where there is one, else in a container, else the error says what
//! to install. One file or folder per type, registered in [`KINDS`].

mod binary;
pub mod container;
mod daemon;
mod external;
mod memcached;
mod mongodb;
mod mysql;
mod names;
mod nats;
mod place;
pub mod postgres;
mod rabbitmq;
mod redis;
pub mod s3;
pub mod smtp;
mod sqlite;

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::pin::Pin;

use seaworthy_model::placeholder::ResourceType;
use seaworthy_model::{App, Name};

use crate::Error;
use crate::address::Target;
use crate::port::{Ports, Reservation};
use crate::record::{self, Access};
use crate::secret::{Secrets, random_hex};
use crate::state::State;
use crate::task::{Line, Tasks};
use crate::toolchain::Machine;

pub use daemon::{Daemon, StopSignal};

/// What one resource needs to be prepared. It owns all of it, so that several are prepared at once.
#[derive(Debug)]
pub struct Request {
    /// The resource.
    pub name: Name,
    /// Its type.
    pub kind: String,
    /// The version that the repository asks for.
    pub version: Option<String>,
    /// The image that another tool runs it from.
    pub image: Option<String>,
    /// The user that the app signs in as.
    pub username: String,
    /// The password, made up for this worktree.
    pub password: String,
    /// The database that the app calls its own.
    pub database: String,
    /// The port, held until the server starts.
    pub port: Reservation,
    /// Further ports that only its server's own parts use, let go already.
    pub more_ports: Vec<u16>,
}

/// What is prepared with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Where data is kept.
    pub state: &'a State,
    /// Where binaries are looked for.
    pub machine: &'a Machine,
    /// What runs `initdb` and its kin.
    pub tasks: &'a dyn Tasks,
    /// Where their output goes.
    pub lines: &'a (dyn Fn(Line) + Send + Sync),
    /// What runs containers, where there is something.
    pub engine: Option<&'a container::Engine>,
}

/// A resource that is ready to run.
#[derive(Debug)]
pub struct Prepared {
    /// The resource.
    pub name: Name,
    /// Its type.
    pub kind: String,
    /// What `${resources.NAME.…}` stands for.
    pub attributes: Attributes,
    /// Where addresses of it point; absent for what has no network address.
    pub target: Option<Target>,
    /// What has to keep running.
    pub runs: Runs,
    /// The port. [`Reservation::hand_over`] it right before the server starts.
    pub port: Option<Reservation>,
    /// What is left to do once it is ready.
    pub settle: Settle,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// What has to keep running for a resource.
#[derive(Debug)]
pub enum Runs {
    /// Nothing: a file is all there is.
    Nothing,
    /// A process.
    Process(Box<Daemon>),
    /// A mail catcher in this process.
    Smtp(smtp::Catcher),
    /// An object store in this process.
    S3(s3::Store),
    /// A container.
    Container(Box<container::Spec>),
}

/// What is left to do once a resource is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Nothing.
    Nothing,
    /// Role and database of a PostgreSQL cluster.
    Postgres(postgres::Settlement),
}

impl Prepared {
    /// Does what is left to do once the resource is ready: makes its role and database. Does nothing the second time.
    pub async fn settle(&self) -> Result<(), Error> {
        match &self.settle {
            Settle::Nothing => Ok(()),
            Settle::Postgres(settlement) => postgres::settle(&self.name, settlement).await,
        }
    }
}

/// One thing that placeholders can ask of a resource.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The value.
    pub value: String,
    /// It must not be seen.
    pub secret: bool,
}

impl std::fmt::Debug for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.secret { "***" } else { &self.value })
    }
}

/// What placeholders can ask of a resource, by name.
pub type Attributes = BTreeMap<&'static str, Attribute>;

/// A resource being prepared.
pub(crate) type Preparing<'a> = Pin<Box<dyn Future<Output = Result<Prepared, Error>> + Send + 'a>>;

/// A type of resource that runs without a container.
pub(crate) trait Kind: Sync {
    /// Its types in the model.
    fn types(&self) -> &'static [&'static str];
    /// How many ports it needs beside the one that clients know.
    fn more_ports(&self) -> u16 {
        0
    }
    /// Prepares one. Where the machine has no binary for it, the error is [`Error::ResourceMissing`] and nothing was changed.
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a>;
}

/// Every type of resource that runs without a container.
static KINDS: &[&dyn Kind] = &[
    &external::External,
    &memcached::Memcached,
    &mongodb::Mongodb,
    &mysql::Mysql,
    &nats::Nats,
    &postgres::Postgres,
    &rabbitmq::Rabbitmq,
    &redis::Redis,
    &s3::S3,
    &smtp::Smtp,
    &sqlite::Sqlite,
];

/// Reserves a port and makes up credentials for every resource of an app.
pub fn requests(app: &App, ports: &mut Ports, secrets: &mut Secrets) -> Result<Vec<Request>, Error> {
    let request = |(name, resource): (&Name, &seaworthy_model::Resource)| {
        let kind = resource.r#type.get().cloned().unwrap_or_else(|| "container".to_owned());
        let called = names::called(app, name, &kind);
        let more = kind_of(&kind).map_or(0, Kind::more_ports);
        let more_ports =
            (0..more).map(|index| Ok(ports.reserve(&format!("resources/{name}/{index}"), None)?.hand_over()));
        let more_ports = more_ports.collect::<Result<_, Error>>()?;
        Ok(Request {
            port: ports.reserve(&format!("resources/{name}"), None)?,
            password: secrets.get_or_create(&format!("resources.{name}.password"))?,
            username: called.username,
            database: called.database,
            version: resource.version.get().cloned(),
            image: resource.image.get().cloned(),
            name: name.clone(),
            kind,
            more_ports,
        })
    };
    app.resources.iter().map(request).collect()
}

fn kind_of(name: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| kind.types().contains(&name))
}

/// Prepares a resource.
pub async fn prepare(mut request: Request, context: Context<'_>) -> Result<Prepared, Error> {
    let missing = match kind_of(&request.kind) {
        Some(kind) => match kind.prepare(&mut request, context).await {
            Err(missing @ Error::ResourceMissing { .. }) => missing,
            Ok(prepared) => return Ok(Prepared { port: Some(request.port), ..prepared }),
            Err(error) => return Err(error),
        },
        None => container::missing(&request, context.machine),
    };
    match context.engine {
        Some(_) => container::prepare(request, context.state),
        None => Err(missing),
    }
}

/// Starts over: whatever a resource keeps on the disk is deleted. Only with the consent of whoever owns it.
pub fn forget(name: &Name, state: &State) -> Result<(), Error> {
    let data = state.data(name);
    for inside in fs::read_dir(&data).into_iter().flatten().filter_map(Result::ok) {
        // Data that had to live elsewhere is behind a link.
        if let Ok(elsewhere) = fs::read_link(inside.path())
            && place::is_ours(&elsewhere)
        {
            fs::remove_dir_all(&elsewhere).map_err(Error::file("delete", &elsewhere))?;
        }
    }
    match fs::remove_dir_all(&data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("delete", &data)(error))
        }
        _ => Ok(()),
    }
}

/// Names the data that a resource has now: another one after it was deleted. What was seeded into the old data was
/// not seeded into the new.
pub fn generation(name: &Name, state: &State) -> Result<String, Error> {
    let path = state.data(name).join("generation");
    if let Ok(known) = fs::read_to_string(&path) {
        return Ok(known);
    }
    let new = random_hex(8)?;
    record::write(&path, new.as_bytes(), Access::Everyone)?;
    Ok(new)
}

/// The attributes of a type that are among `values`; those named like secrets must not be seen.
pub(crate) fn attributes<'a>(kind: &str, values: impl IntoIterator<Item = (&'a str, String)>) -> Attributes {
    let known = ResourceType::find(kind).map_or(&[][..], |kind| kind.attributes);
    let mut values: BTreeMap<&str, String> = values.into_iter().collect();
    let has_password = values.contains_key("password") || values.contains_key("secret_key");
    let attribute = |name: &'static str| {
        let secret =
            matches!(name, "password" | "secret_key" | "token" | "key") || (name == "url" && has_password);
        Some((name, Attribute { value: values.remove(name)?, secret }))
    };
    known.iter().copied().filter_map(attribute).collect()
}

/// The attributes of a server that one signs in to, with a URL of this scheme.
pub(crate) fn signed_in(kind: &str, scheme: &str, target: &Target) -> Attributes {
    let url = crate::address::rewrite(&format!("{scheme}://x"), target).unwrap_or_default();
    let mut values = vec![("url", url), ("host", target.host.clone()), ("port", target.port.to_string())];
    values.extend(target.username.clone().map(|user| ("username", user)));
    values.extend(target.password.clone().map(|password| ("password", password)));
    if let Some(database) = &target.database {
        values.extend([("database", database.clone()), ("name", database.clone())]);
    }
    attributes(kind, values)
}
