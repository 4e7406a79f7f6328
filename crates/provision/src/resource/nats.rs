//! NATS, with JetStream.

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

pub(super) struct Nats;

const SEARCH: Search<'static> = Search {
    title: "NATS",
    programs: &["nats-server"],
    places: &["{brew}/opt/nats-server/bin"],
    packages: Packages {
        brew: Some("nats-server"),
        apt: Some("nats-server"),
        dnf: None,
        apk: Some("nats-server"),
        pacman: Some("nats-server"),
        winget: Some("NATSAuthors.NATSServer"),
    },
};

impl Kind for Nats {
    fn types(&self) -> &'static [&'static str] {
        &["nats"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        Box::pin(prepare(request, context))
    }
}

async fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    let mut warnings = Vec::new();
    let binary = SEARCH.best(request, context, &mut warnings).await?;
    let port = request.port.port;
    let target = Target { host: "127.0.0.1".to_owned(), port, ..Target::default() };
    let user = User::unprivileged(&["nats"], context.state.worktree());
    let dir = place::data(&request.name, "nats", user.as_ref(), context.state)?;
    let store = dir.to_string_lossy();
    let arguments = ["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd", &store].map(str::to_owned);
    let mut argv = vec![binary.path.to_string_lossy().into_owned()];
    argv.extend(arguments);
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in("nats", "nats", &target),
        target: Some(target),
        runs: Runs::Process(Box::new(Daemon {
            name: request.name.to_string(),
            argv,
            dir,
            env: BTreeMap::new(),
            user,
            ready: ProbeAction::Tcp(port),
            stop_signal: StopSignal::Terminate,
            stop_grace: Duration::from_secs(5),
        })),
        port: None,
        settle: Settle::Nothing,
        warnings,
    })
}
