//! RabbitMQ.

use std::time::Duration;

use seaworthy_model::ProbeAction;

use super::binary::Search;
use super::{
    Context, Daemon, Kind, Prepared, Preparing, Request, Runs, Settle, StopSignal, place, signed_in,
};
use crate::Error;
use crate::address::Target;
use crate::toolchain::{Packages, programs};
use crate::user::User;

pub(super) struct Rabbitmq;

const SEARCH: Search<'static> = Search {
    title: "RabbitMQ",
    programs: &["rabbitmq-server"],
    places: &["{brew}/opt/rabbitmq/sbin", "/usr/lib/rabbitmq/bin"],
    packages: Packages {
        brew: Some("rabbitmq"),
        apt: Some("rabbitmq-server"),
        dnf: Some("rabbitmq-server"),
        apk: Some("rabbitmq-server"),
        pacman: Some("rabbitmq"),
        winget: None,
    },
};

impl Kind for Rabbitmq {
    fn types(&self) -> &'static [&'static str] {
        &["rabbitmq"]
    }

    /// Of Erlang's port mapper, and of its nodes among one another.
    fn more_ports(&self) -> u16 {
        2
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        let prepared = prepare(request, context);
        Box::pin(async { prepared })
    }
}

fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    // Its `--version` starts a whole Erlang; that it is there is all there is to know.
    let found = SEARCH.programs.iter().find_map(|name| programs(context.machine, SEARCH.places, name).pop());
    let program = found.ok_or_else(|| SEARCH.missing(request, context))?;
    let user = User::unprivileged(&["rabbitmq"], context.state.worktree());
    let dir = place::data(&request.name, "rabbitmq", user.as_ref(), context.state)?;
    let port = request.port.port;
    let target = Target {
        host: "127.0.0.1".to_owned(),
        port,
        // The account that every RabbitMQ has, and which it lets in over loopback only.
        username: Some("guest".to_owned()),
        password: Some("guest".to_owned()),
        database: None,
    };
    let &[mapper, nodes] = request.more_ports.as_slice() else {
        return Err(Error::Broken(format!("`{}` has not been given the ports of Erlang", request.name)));
    };
    let path = |name: &str| dir.join(name).to_string_lossy().into_owned();
    let env = [
        ("RABBITMQ_NODENAME", format!("sea-{}-{}@localhost", context.state.id(), request.name)),
        ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1".to_owned()),
        ("RABBITMQ_NODE_PORT", port.to_string()),
        // Its port mapper is a daemon of its own session that outlives its node: a private one can be ended with it.
        ("ERL_EPMD_PORT", mapper.to_string()),
        ("RABBITMQ_DIST_PORT", nodes.to_string()),
        ("RABBITMQ_MNESIA_BASE", path("data")),
        ("RABBITMQ_LOG_BASE", path("log")),
        ("RABBITMQ_LOGS", "-".to_owned()),
        ("RABBITMQ_PID_FILE", path("pid")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins")),
        ("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf")),
        ("HOME", dir.to_string_lossy().into_owned()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
    ];
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in("rabbitmq", "amqp", &target),
        target: Some(target),
        runs: Runs::Process(Box::new(Daemon {
            name: request.name.to_string(),
            argv: vec![program.to_string_lossy().into_owned()],
            dir,
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            user,
            ready: ProbeAction::Tcp(port),
            stop_signal: StopSignal::Terminate,
            stop_grace: Duration::from_secs(20),
        })),
        port: None,
        settle: Settle::Nothing,
        warnings: Vec::new(),
    })
}
