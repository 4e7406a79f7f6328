//! What a command is about: the app, the environment, and the machine that serves it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use seaworthy_detect::{Overrides, Repository, load_from};
use seaworthy_model::{EngineKind, Environment, Name};
use seaworthy_remote::Address;

use crate::args::Global;
use crate::commands::load;
use crate::exit::Mistake;

/// The environment of an app that names none.
const ONLY: &str = "production";
/// The environment that `sea up` runs.
const LOCAL: &str = "local";

/// What a command is about.
pub(crate) struct Target {
    /// The repository; the current folder where none is looked at.
    pub(crate) root: PathBuf,
    /// The app.
    pub(crate) app: Name,
    /// The environment.
    pub(crate) environment: Name,
    /// The environment that a release must have passed before.
    pub(crate) after: Option<Name>,
    /// The machine that serves it, where it is another one.
    pub(crate) host: Option<Address>,
}

/// Whether the arguments name an environment other than what `sea up` runs.
pub(crate) fn is_named(global: &Global) -> bool {
    global.env.as_deref().is_some_and(|name| name != LOCAL)
}

/// What the arguments and the repository say.
pub(crate) fn target(global: &Global) -> anyhow::Result<Target> {
    if let Some(app) = &global.here {
        let name = |text: &str| {
            Name::parse(text).map_err(|error| Mistake { message: error.to_string(), help: None })
        };
        let environment = name(global.env.as_deref().unwrap_or(ONLY))?;
        return Ok(Target {
            root: PathBuf::from("."),
            app: name(app)?,
            environment,
            after: None,
            host: None,
        });
    }
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
    let host = known.and_then(|known| known.host.get()).map(|host| host.parse::<Address>()).transpose()?;
    Ok(Target { root, app, after: known.and_then(|known| known.after.get().cloned()), environment, host })
}

type Environments = BTreeMap<Name, Environment>;

/// The environment that was named.
fn named(text: &str, environments: &Environments) -> anyhow::Result<Name> {
    let is_known =
        |name: &Name| environments.contains_key(name) || (environments.is_empty() && name.as_str() == ONLY);
    if let Some(known) = Name::parse(text).ok().filter(is_known) {
        return Ok(known);
    }
    let names: Vec<&str> = environments.keys().map(Name::as_str).collect();
    let names = if names.is_empty() { ONLY.to_owned() } else { names.join(", ") };
    Err(Mistake {
        message: format!("there is no environment named {text}; there is {names}"),
        help: Some("[environments.NAME] in seaworthy.toml makes one".to_owned()),
    }
    .into())
}

/// The first in the order of promotion: the one that needs no other.
fn first(environments: &Environments) -> Name {
    let first = environments
        .iter()
        .find(|(name, environment)| name.as_str() != LOCAL && environment.after.get().is_none());
    first.map_or_else(|| Name::from_text(ONLY), |(name, _)| name.clone())
}
