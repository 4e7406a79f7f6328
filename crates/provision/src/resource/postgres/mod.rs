//! PostgreSQL: a private cluster per resource, from the binaries of the machine.

mod cluster;
mod extension;
mod settings;
mod settle;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use seaworthy_model::ProbeAction;

use super::binary::{Binary, Search, choose};
use super::{
    Context, Daemon, Kind, Prepared, Preparing, Request, Runs, Settle, StopSignal, place, signed_in,
};
use crate::Error;
use crate::address::Target;
use crate::toolchain::{Packages, Version};
use crate::user::User;

pub use settle::{Settlement, settle};
pub(crate) use settle::{config, connect, describe};

pub(super) struct Postgres;

const SEARCH: Search<'static> = Search {
    title: "PostgreSQL",
    programs: &["postgres"],
    places: &[
        // Debian, Red Hat, Alpine, Homebrew, Postgres.app, mise, asdf.
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/usr/libexec/postgresql*",
        "{brew}/opt/postgresql@*/bin",
        "{brew}/opt/postgresql/bin",
        "/Applications/Postgres.app/Contents/Versions/*/bin",
        "~/.local/share/mise/installs/postgres/*/bin",
        "~/.asdf/installs/postgres/*/bin",
    ],
    packages: Packages {
        brew: Some("postgresql@17"),
        apt: Some("postgresql"),
        dnf: Some("postgresql-server"),
        apk: Some("postgresql"),
        pacman: Some("postgresql"),
        winget: Some("PostgreSQL.PostgreSQL.17"),
    },
};

impl Kind for Postgres {
    fn types(&self) -> &'static [&'static str] {
        &["postgres"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        Box::pin(prepare(request, context))
    }
}

async fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    let mut warnings = Vec::new();
    // PostgreSQL refuses to run as root.
    let user = User::unprivileged(&["postgres"], context.state.worktree());
    let written = written_by(&context.state.data(&request.name).join("postgres/cluster"));
    let binary = binary(request, context, written.as_ref(), &mut warnings).await?;
    if let Some(extension) = extension::of_image(request.image.as_deref())
        && !extension::is_there(&binary.path, extension)
    {
        // Where a container engine is, the image has what the machine's PostgreSQL lacks.
        if context.engine.is_some() && written.is_none() {
            return Err(SEARCH.missing(request, context));
        }
        warnings.push(extension::missing(extension, &binary.version));
    }
    let root = place::data(&request.name, "postgres", user.as_ref(), context.state)?;
    let cluster = root.join("cluster");
    if !request.port.runs {
        cluster::free(&request.name, &cluster)?;
    }
    cluster::make(&cluster, &binary, user.as_ref(), context).await?;
    settings::write_access(&cluster, user.as_ref())?;
    let port = request.port.port;
    let target = Target {
        host: "127.0.0.1".to_owned(),
        port,
        username: Some(request.username.clone()),
        password: Some(request.password.clone()),
        database: Some(request.database.clone()),
    };
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in("postgres", "postgresql", &target),
        target: Some(target),
        runs: Runs::Process(Box::new(Daemon {
            name: request.name.to_string(),
            argv: settings::argv(&binary.path, &cluster, port, &binary.version),
            dir: cluster.clone(),
            env: BTreeMap::new(),
            user,
            // It listens before it lets anyone in; messages are English by our settings.
            ready: ProbeAction::Log("database system is ready to accept connections".to_owned()),
            stop_signal: StopSignal::Interrupt,
            stop_grace: Duration::from_secs(20),
        })),
        port: None,
        settle: Settle::Postgres(Settlement {
            port,
            username: request.username.clone(),
            password: request.password.clone(),
            database: request.database.clone(),
            bootstrap: cluster::bootstrap(&cluster),
        }),
        warnings,
    })
}

/// The version to run: the one that wrote the data, else the one that is asked for.
async fn binary(
    request: &Request,
    context: Context<'_>,
    written: Option<&Version>,
    warnings: &mut Vec<String>,
) -> Result<Binary, Error> {
    let Some(written) = written else { return SEARCH.best(request, context, warnings).await };
    let found = SEARCH.all(context).await;
    let running = choose(&found, Some(written)).ok_or_else(|| SEARCH.missing(request, context))?;
    if !running.version.is_a(written) {
        return Err(Error::DataVersion {
            name: request.name.clone(),
            dir: context.state.data(&request.name),
            written: written.to_string(),
            running: running.version.to_string(),
        });
    }
    let wanted = request.version.as_deref().and_then(Version::parse);
    if let Some(wanted) = wanted.filter(|wanted| wanted.number(0) != written.number(0)) {
        warnings.push(format!(
            "`{0}` asks for PostgreSQL {wanted}, its data is of {written}; `sea up --fresh={0}` starts over",
            request.name
        ));
    }
    Ok(running.clone())
}

/// The major version that wrote a cluster.
fn written_by(cluster: &Path) -> Option<Version> {
    Version::parse(&fs::read_to_string(cluster.join("PG_VERSION")).ok()?)
}
