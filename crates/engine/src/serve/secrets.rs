//! The secrets of a release in an environment: found before anything changes, so that a missing one ends a ship, not a
//! service.

use seaworthy_model::Name;
use seaworthy_provision::environment::{Without, without};
use seaworthy_secrets::key::Places;
use seaworthy_secrets::need::{Fallback, needs};
use seaworthy_secrets::provider::{self, COMMAND_TIMEOUT, Context};
use seaworthy_secrets::{Resolved, resolve};

use super::layout::Layout;
use super::release::Release;
use crate::host::tasks::own_environment;

/// Asks the environment's sources for every secret that the release needs. Blocks: sources may be programs.
pub(super) fn find(layout: &Layout, release: &Release, environment: &Name) -> Result<Resolved, String> {
    let app = &release.app;
    let needs =
        needs(app, environment, |service, name, variable| match without(app, service, name, variable) {
            Without::Nothing => Fallback::Nothing,
            Without::MadeUp => Fallback::MadeUp,
            Without::Given => Fallback::Given,
            Without::Code => Fallback::Code,
        });
    if needs.is_empty() {
        return Ok(Resolved::default());
    }
    let context = Context {
        root: release.tree.clone(),
        environment: environment.clone(),
        keys: Places::new(|name| std::env::var(name).ok(), Some(layout.root())),
        // A variable that is no text is no secret.
        variables: own_environment().into_iter().map(|(name, value)| (name, value.into())).collect(),
        timeout: COMMAND_TIMEOUT,
    };
    let sources = provider::sources(app.environments.get(environment));
    let providers = provider::open(&sources, &context).map_err(|error| error.to_string())?;
    resolve(&providers, &needs, environment).map_err(|failure| failure.to_string())
}
