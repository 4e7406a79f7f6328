//! Kubernetes: the objects that run the app, as a kustomize base with an overlay for each environment.
//!
//! One file holds all objects of a service, a resource or a job: who asks what runs `api` opens `services/api.yaml`.
//! Objects have the names of the model, because the app has a namespace of its own in each environment.
//!
//! - [`scene`] is the app in one place, [`app`] all of its objects, [`kustomize`] writes them.
//! - `depends_on` becomes nothing: no init container waits for a database, since it would need an image with a client
//!   and open its connection just before the app's own attempt tells the same. It is told as a loss.
//! - Secrets are one Secret of the app, whose keys are listed; each container gets the ones it needs, by reference.

pub(super) mod app;
mod backing;
pub(super) mod diff;
mod edges;
mod env;
mod identity;
mod job;
mod kustomize;
mod network;
pub(super) mod object;
pub(super) mod pod;
pub(super) mod route;
pub(super) mod scaling;
pub(super) mod scene;
pub(super) mod secrets;
mod server;
pub(super) mod service;
pub(super) mod volume;

use seaworthy_model::{EngineKind, Name, Strategy};

use self::app::Objects;
use self::scene::Scene;
use super::Target;
use crate::{Comment, Header, Input, Output, TemplateError};

pub(super) const TARGET: Target = Target {
    id: HEADER,
    title: "Kubernetes objects, as a kustomize base with an overlay for each environment",
    by_default: true,
    make,
};

const HEADER: &str = "kubernetes";

/// Where the files are.
const DIR: &str = "deploy/kubernetes";

#[allow(clippy::unnecessary_wraps, reason = "targets with templates can fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let environments = environments(input);
    let scene = Scene::base(HEADER, input, !environments.is_empty());
    if scene.deployment.instances.is_empty() && scene.deployment.tasks.is_empty() {
        return Ok(());
    }
    let base = Objects::of(&scene, output);
    kustomize::base(&scene, &base, !environments.is_empty(), output);
    let mut secrets = base.secrets.clone();
    for name in environments {
        let Some(overlay) = Scene::overlay(HEADER, input, name) else { continue };
        let objects = Objects::of(&overlay, output);
        kustomize::overlay(&overlay, &base, &objects, output);
        lose(&overlay, output);
        for (key, is_optional) in objects.secrets {
            secrets.entry(key).and_modify(|known| *known &= is_optional).or_insert(is_optional);
        }
    }
    if let Some(text) = secrets::example(&scene, &secrets) {
        let header = Header { target: HEADER, app: input.name() };
        output.file(&header, Comment::Hash, format!("{DIR}/secrets.env.example"), &text);
    }
    lose_routes(&scene, output);
    Ok(())
}

/// The environments that a cluster runs, or may: those whose engine is another one have no overlay.
pub(super) fn environments<'a>(input: &'a Input<'_>) -> Vec<&'a Name> {
    let runs = |name: &&Name| {
        let environment = input.app.environments.get(*name);
        environment.is_some_and(|environment| environment.engine.get() != Some(&EngineKind::Host))
    };
    input.environments.keys().filter(runs).collect()
}

/// What of an environment objects cannot say.
pub(super) fn lose(scene: &Scene<'_>, output: &mut Output) {
    let Some((name, environment)) = scene.environment() else { return };
    let word = match environment.strategy.get() {
        None | Some(Strategy::Rolling) => return,
        Some(Strategy::BlueGreen { .. }) => "blue-green",
        Some(Strategy::Canary { .. }) => "canary",
    };
    output.lose(
        scene.target,
        format!("environments.{name}.strategy"),
        format!("objects alone cannot say `{word}`: a Deployment replaces its pods one after the other"),
        "a rolling update that waits for readiness; `sea` carries out the strategy itself",
    );
}

/// What a cluster's owner decides.
pub(super) fn lose_routes(scene: &Scene<'_>, output: &mut Output) {
    if !scene.deployment.instances.iter().any(crate::Instance::is_public) {
        return;
    }
    if scene.input.options.ingress {
        output.lose(
            scene.target,
            "routes",
            "the model does not say which controller takes its requests, nor who makes its certificates",
            "the cluster's default class, and a TLS Secret named after the app",
        );
    } else {
        output.lose(
            scene.target,
            "routes",
            "the model does not say which Gateway takes its requests",
            format!(
                "routes name one called `{}` in their namespace: patch `parentRefs` for another",
                route::GATEWAY
            ),
        );
    }
}
