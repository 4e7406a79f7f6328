//! MongoDB.

use std::collections::BTreeMap;
use std::time::Duration;

use seaworthy_model::ProbeAction;

use super::binary::Search;
use super::{
    Context, Daemon, Kind, Prepared, Preparing, Request, Runs, Settle, StopSignal, place, signed_in,
};
use crate::Error;
use crate::address::Target;
use crate::toolchain::Packages;
use crate::user::User;

pub(super) struct Mongodb;

const SEARCH: Search<'static> = Search {
    title: "MongoDB",
    programs: &["mongod"],
    places: &["{brew}/opt/mongodb-community/bin", "{brew}/opt/mongodb-community@*/bin"],
    packages: Packages {
        brew: Some("mongodb/brew/mongodb-community"),
        // Neither Debian nor Fedora nor Alpine have it any more.
        apt: None,
        dnf: None,
        apk: None,
        pacman: None,
        winget: Some("MongoDB.Server"),
    },
};

impl Kind for Mongodb {
    fn types(&self) -> &'static [&'static str] {
        &["mongodb"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        Box::pin(prepare(request, context))
    }
}

async fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    let mut warnings = Vec::new();
    let binary = SEARCH.best(request, context, &mut warnings).await?;
    let port = request.port.port;
    let database = Some(request.database.clone());
    let target = Target { host: "127.0.0.1".to_owned(), port, database, ..Target::default() };
    let user = User::unprivileged(&["mongodb"], context.state.worktree());
    let dir = place::data(&request.name, "mongodb", user.as_ref(), context.state)?;
    let store = dir.to_string_lossy();
    // Without access control, as in every example: it listens on loopback alone.
    let arguments = ["--bind_ip", "127.0.0.1", "--port", &port.to_string(), "--dbpath", &store, "--quiet"];
    let arguments = arguments.map(str::to_owned);
    let mut argv = vec![binary.path.to_string_lossy().into_owned()];
    argv.extend(arguments);
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in("mongodb", "mongodb", &target),
        target: Some(target),
        runs: Runs::Process(Box::new(Daemon {
            name: request.name.to_string(),
            argv,
            dir,
            env: BTreeMap::new(),
            user,
            ready: ProbeAction::Tcp(port),
            stop_signal: StopSignal::Terminate,
            stop_grace: Duration::from_secs(20),
        })),
        port: None,
        settle: Settle::Nothing,
        warnings,
    })
}
