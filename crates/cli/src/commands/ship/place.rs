//! Where a command ships to: the app, the environment, the host that serves it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use seaworthy_detect::{Overrides, Repository, load_from};
use seaworthy_model::{EngineKind, Environment, Name};
use seaworthy_server::host::HostClient;

use crate::args::{Global, StateArgs};
use crate::commands::{load, serve, state};
use crate::exit::{Mistake, Outside};

/// The environment of an app that names none.
const ONLY: &str = "production";

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
    /// The host's state folder.
    pub(crate) state: PathBuf,
    /// The host.
    pub(crate) client: HostClient,
    /// Who ships.
    pub(crate) actor: String,
}

type Environments = BTreeMap<Name, Environment>;

/// The environment that was named.
fn named(name: &str, environments: &Environments) -> anyhow::Result<Name> {
    let is_known =
        |name: &Name| environments.contains_key(name) || (environments.is_empty() && name.as_str() == ONLY);
    if let Some(known) = Name::parse(name).ok().filter(is_known) {
        return Ok(known);
    }
    let names: Vec<&str> = environments.keys().map(Name::as_str).collect();
    let names = if names.is_empty() { ONLY.to_owned() } else { names.join(", ") };
    Err(Mistake {
        message: format!("there is no environment named {name}; there is {names}"),
        help: Some("[environments.NAME] in seaworthy.toml makes one".to_owned()),
    }
    .into())
}

/// The first in the order of promotion: the one that needs no other.
fn first(environments: &Environments) -> Name {
    let first = environments
        .iter()
        .find(|(name, environment)| name.as_str() != "local" && environment.after.get().is_none());
    first.map_or_else(|| Name::from_text(ONLY), |(name, _)| name.clone())
}

/// Finds out where the command ships to, and the host; one on this machine is started where none serves.
pub(crate) fn place(global: &Global, args: &StateArgs) -> anyhow::Result<Place> {
    let root = load::root(global, None)?;
    let repository = Repository::open(&root)?;
    let overrides = Overrides { environment: None, set: global.set.clone() };
    let loaded = load_from(&repository, &overrides);
    let app = loaded.app.name.get().cloned().unwrap_or_else(|| Name::from_text("app"));
    let environments = &loaded.app.environments;
    let environment = match &global.env {
        Some(name) => named(name, environments)?,
        None => first(environments),
    };
    let known = environments.get(&environment);
    if known.and_then(|known| known.engine.get()) == Some(&EngineKind::Kubernetes) {
        return Err(Mistake {
            message: format!("{environment} runs on Kubernetes, which `sea ship` does not deploy to yet"),
            help: Some(
                "sea generate kubernetes, then kubectl apply -k deploy/kubernetes/overlays/NAME".to_owned(),
            ),
        }
        .into());
    }
    if let Some(host) = known.and_then(|known| known.host.get()) {
        return Err(Outside {
            message: format!("{environment} is on {host}, and `sea ship` reaches this machine only so far"),
            help: Some("ship on that machine: sea ship there".to_owned()),
        }
        .into());
    }
    let record = serve::ensure(args)?;
    Ok(Place {
        root,
        app,
        after: known.and_then(|known| known.after.get().cloned()),
        environment,
        state: state::folder(args)?,
        client: HostClient::new(record.socket),
        actor: state::options().actor.to_string(),
    })
}
