//! Where a command ships to: the app, the environment, the host that serves it.

use std::path::PathBuf;

use seaworthy_model::Name;
use seaworthy_server::host::HostClient;

use crate::args::{Global, StateArgs};
use crate::commands::connect::block_on;
use crate::commands::remote::Remote;
use crate::commands::target::target;
use crate::commands::{serve, state};

/// Where a command ships to.
pub(crate) struct Place {
    /// The repository.
    pub(crate) root: PathBuf,
    /// The app.
    pub(crate) app: Name,
    /// The environment.
    pub(crate) environment: Name,
    /// The environment that a release must have passed before.
    pub(crate) after: Option<Name>,
    /// Where artifacts are made: the host's own store, where that is this machine.
    pub(crate) store: PathBuf,
    /// The host.
    pub(crate) client: HostClient,
    /// Who ships.
    pub(crate) actor: String,
    /// The connection to the host, where it is another machine.
    pub(crate) remote: Option<Remote>,
}

impl Place {
    /// Runs a conversation with the host to its end.
    pub(crate) fn talk<T>(&self, conversation: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let talked = block_on(conversation);
        match &self.remote {
            Some(remote) => talked.map_err(|error| remote.explain(error, "it was asked")),
            None => talked,
        }
    }
}

/// Finds out where the command ships to, and the host; one is started where none serves.
pub(crate) fn place(global: &Global, args: &StateArgs) -> anyhow::Result<Place> {
    let target = target(global)?;
    let (store, client, remote) = if let Some(address) = &target.host {
        let remote = Remote::open(address, args)?;
        (target.root.join(".seaworthy/store"), remote.serve()?, Some(remote))
    } else {
        let record = serve::ensure(args)?;
        (state::folder(args)?.join("store"), HostClient::new(record.socket), None)
    };
    Ok(Place {
        root: target.root,
        app: target.app,
        environment: target.environment,
        after: target.after,
        store,
        client,
        actor: state::options().actor.to_string(),
        remote,
    })
}
