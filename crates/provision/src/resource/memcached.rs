//! Memcached.

use std::collections::BTreeMap;
use std::time::Duration;

use seaworthy_model::ProbeAction;

use super::binary::Search;
use super::{Context, Daemon, Kind, Prepared, Preparing, Request, Runs, Settle, StopSignal, signed_in};
use crate::Error;
use crate::address::Target;
use crate::toolchain::Packages;
use crate::user::User;

pub(super) struct Memcached;

const SEARCH: Search<'static> = Search {
    title: "Memcached",
    programs: &["memcached"],
    places: &["{brew}/opt/memcached/bin"],
    packages: Packages {
        brew: Some("memcached"),
        apt: Some("memcached"),
        dnf: Some("memcached"),
        apk: Some("memcached"),
        pacman: Some("memcached"),
        winget: None,
    },
};

impl Kind for Memcached {
    fn types(&self) -> &'static [&'static str] {
        &["memcached"]
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
    let arguments = ["-l", "127.0.0.1", "-p", &port.to_string(), "-m", "64"].map(str::to_owned);
    let mut argv = vec![binary.path.to_string_lossy().into_owned()];
    argv.extend(arguments);
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in("memcached", "memcached", &target),
        target: Some(target),
        runs: Runs::Process(Box::new(Daemon {
            name: request.name.to_string(),
            argv,
            dir: context.state.worktree().to_owned(),
            env: BTreeMap::new(),
            user: User::unprivileged(&["memcache", "memcached"], context.state.worktree()),
            ready: ProbeAction::Tcp(port),
            stop_signal: StopSignal::Terminate,
            stop_grace: Duration::from_secs(5),
        })),
        port: None,
        settle: Settle::Nothing,
        warnings,
    })
}
