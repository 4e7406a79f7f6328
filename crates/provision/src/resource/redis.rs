//! Redis, or what speaks its protocol: Valkey, KeyDB.

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

pub(super) struct Redis;

const SEARCH: Search<'static> = Search {
    title: "Redis",
    programs: &["redis-server", "valkey-server", "keydb-server"],
    places: &["{brew}/opt/redis/bin", "{brew}/opt/valkey/bin", "~/.local/share/mise/installs/redis/*/bin"],
    packages: Packages {
        brew: Some("redis"),
        apt: Some("redis-server"),
        dnf: Some("valkey"),
        apk: Some("redis"),
        pacman: Some("valkey"),
        winget: None,
    },
};

impl Kind for Redis {
    fn types(&self) -> &'static [&'static str] {
        &["redis"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        Box::pin(prepare(request, context))
    }
}

async fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    let mut warnings = Vec::new();
    let binary = SEARCH.best(request, context, &mut warnings).await?;
    let user = User::unprivileged(&["redis", "valkey"], context.state.worktree());
    let dir = place::data(&request.name, "redis", user.as_ref(), context.state)?;
    let port = request.port.port;
    let target = Target { host: "127.0.0.1".to_owned(), port, ..Target::default() };
    let arguments = [
        ("port", port.to_string()),
        // On loopback alone, where it asks for no password: `redis://localhost:6379` in examples has none either.
        ("bind", "127.0.0.1".to_owned()),
        ("dir", dir.to_string_lossy().into_owned()),
        // A snapshot after a minute with a change, and on the way out; a crash may cost a minute of test data.
        ("save", "60 1".to_owned()),
        ("appendonly", "no".to_owned()),
        // A full disk must not turn writes into errors.
        ("stop-writes-on-bgsave-error", "no".to_owned()),
        ("daemonize", "no".to_owned()),
        ("databases", "64".to_owned()),
        ("maxclients", "1000".to_owned()),
    ];
    let mut argv = vec![binary.path.to_string_lossy().into_owned()];
    argv.extend(arguments.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]));
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in("redis", "redis", &target),
        target: Some(target),
        runs: Runs::Process(Box::new(Daemon {
            name: request.name.to_string(),
            argv,
            dir,
            env: BTreeMap::new(),
            user,
            ready: ProbeAction::Tcp(port),
            stop_signal: StopSignal::Terminate,
            stop_grace: Duration::from_secs(10),
        })),
        port: None,
        settle: Settle::Nothing,
        warnings,
    })
}
