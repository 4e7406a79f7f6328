//! What a pipeline has to do, the same for GitHub, GitLab and Jenkins. All that decides anything is in `sea`: a pipeline is
//! who calls it, with what, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::{EngineKind, Environment, Name};

use crate::build::{LOCKFILES, upwards};
use crate::{Deployment, Input, Output, Setting};

/// Shards that tests are split over at most: more machines start slower than they save.
const MOST_SHARDS: usize = 4;

/// What says which dependencies a cache holds, where nothing locks them.
const REQUIREMENTS: &str = "requirements.txt";

/// What a pipeline has to do.
pub(crate) struct Pipeline<'a> {
    /// Services with a linter.
    pub(crate) lint: Vec<&'a Name>,
    /// Services with tests.
    pub(crate) test: Vec<&'a Name>,
    /// Services that are built.
    pub(crate) build: Vec<&'a Name>,
    /// Runtimes, with every version that a service asks for.
    pub(crate) runtimes: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Package managers.
    pub(crate) managers: BTreeSet<&'a str>,
    /// Paths of lockfiles.
    pub(crate) lockfiles: Vec<String>,
    /// Where it is shipped to, each after the one that must have passed before.
    pub(crate) deliveries: Vec<Delivery<'a>>,
}

/// An environment that a pipeline ships to.
pub(crate) struct Delivery<'a> {
    /// Its name.
    pub(crate) name: &'a Name,
    /// What the model says of it.
    pub(crate) environment: &'a Environment,
    /// How it is reached.
    pub(crate) reach: Reach,
    /// The environment that a release must have passed before.
    pub(crate) after: Option<&'a Name>,
    /// Its public address.
    pub(crate) url: Option<String>,
    /// Secrets that services are handed.
    pub(crate) secrets: BTreeSet<String>,
    /// Variables whose values the model does not say.
    pub(crate) missing: BTreeSet<String>,
}

/// How an environment is reached from a runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By SSH, with a key.
    Ssh,
    /// By the API of a cluster, after signing in to its cloud.
    Kubernetes,
}

impl<'a> Pipeline<'a> {
    /// What `input` needs; what no pipeline can do is a loss of `target`.
    pub(crate) fn of(input: &Input<'a>, target: &'static str, output: &mut Output) -> Self {
        let services = || input.app.services.iter();
        let with = |has: fn(&seaworthy_model::Service) -> bool| {
            services().filter(|(_, service)| has(service)).map(|(name, _)| name).collect()
        };
        let mut runtimes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (_, service) in services() {
            if let Some(runtime) = service.runtime.get() {
                runtimes.entry(&runtime.name).or_default().extend(runtime.version.as_deref());
            }
        }
        let is_lockfile = |path: &&str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            LOCKFILES.contains(&name) || name == REQUIREMENTS
        };
        Self {
            lint: with(|service| service.lint.get().is_some()),
            test: with(|service| service.test.get().is_some()),
            build: with(|service| service.build.get().is_some()),
            runtimes,
            managers: services()
                .filter_map(|(_, service)| service.package_manager.get().map(String::as_str))
                .collect(),
            lockfiles: input.sources.paths().filter(is_lockfile).map(str::to_owned).collect(),
            deliveries: deliveries(input, target, output),
        }
    }

    /// How many shards the tests are split over.
    pub(crate) fn shards(&self) -> usize {
        self.test.len().min(MOST_SHARDS)
    }

    /// The lockfile that installs the dependencies of a service: the nearest one.
    pub(crate) fn lockfile(&self, path: &str) -> Option<&str> {
        upwards(path).find_map(|folder| {
            let is_in = |file: &&String| file.rsplit_once('/').map_or(".", |(above, _)| above) == folder;
            self.lockfiles.iter().find(is_in).map(String::as_str)
        })
    }
}

/// Environments that can be shipped to from a runner, in the order of promotion.
fn deliveries<'a>(input: &Input<'a>, target: &'static str, output: &mut Output) -> Vec<Delivery<'a>> {
    let mut waiting: Vec<(&Name, &Environment)> = input.app.environments.iter().collect();
    let mut sorted: Vec<(&Name, &Environment)> = Vec::new();
    // The model holds no cycles; should one get through, its environments come last, in order of their names.
    while !waiting.is_empty() {
        let is_known = |name: Option<&Name>| {
            name.is_none_or(|name| {
                sorted.iter().any(|(known, _)| *known == name) || !input.app.environments.contains_key(name)
            })
        };
        let next = waiting.iter().position(|(_, environment)| is_known(environment.after.get())).unwrap_or(0);
        sorted.push(waiting.remove(next));
    }
    let mut deliveries: Vec<Delivery<'a>> = Vec::new();
    for (name, environment) in sorted {
        let reach = match (environment.engine.get(), environment.host.get()) {
            (Some(EngineKind::Kubernetes), _) => Reach::Kubernetes,
            (_, Some(host)) if host.starts_with("ssh://") => Reach::Ssh,
            _ => {
                // `local` is where people work; nobody expects a pipeline there.
                if name.as_str() != "local" {
                    output.lose(
                        target,
                        format!("environments.{name}"),
                        "nothing says on which machine it runs, so the pipeline ships nothing to it",
                        format!(
                            "say it in seaworthy.toml: [environments.{name}] host = \"ssh://USER@MACHINE\""
                        ),
                    );
                }
                continue;
            }
        };
        let deployment = input.deployment_in(name);
        let after = environment.after.get();
        deliveries.push(Delivery {
            name,
            environment,
            reach,
            after: after.filter(|after| deliveries.iter().any(|known| known.name == *after)),
            url: environment.domain.get().map(|domain| format!("https://{domain}")),
            secrets: deployment.iter().flat_map(Deployment::secrets).map(str::to_owned).collect(),
            missing: deployment.iter().flat_map(missing).collect(),
        });
    }
    deliveries
}

fn missing(deployment: &Deployment<'_>) -> BTreeSet<String> {
    let settings = deployment.instances.iter().flat_map(|instance| &instance.env);
    settings
        .filter(|(_, setting)| **setting == Setting::Missing)
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

/// The version of `sea` that runs the pipeline: the one that made it.
pub(crate) const SEA_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every pipeline needs to be told once: where `sea` is had from. There is no address that all could use.
pub(crate) fn lose_download(target: &'static str, place: &str, output: &mut Output) {
    output.lose(
        target,
        "sea",
        "the pipeline has to be told where this version of sea is had from, and its SHA-256",
        format!("set SEA_URL and SEA_SHA256 {place}"),
    );
}

/// The lines of a shell that install `sea` into `folder`, and refuse any other one than the pinned.
pub(crate) fn install_sea(folder: &str) -> Vec<String> {
    [
        ": \"${SEA_URL:?is not set: where this version of sea is had from}\"".to_owned(),
        ": \"${SEA_SHA256:?is not set: the checksum of the program at SEA_URL}\"".to_owned(),
        format!("mkdir -p \"{folder}\""),
        format!(
            "curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output \"{folder}/sea\" \"$SEA_URL\""
        ),
        format!("echo \"$SEA_SHA256  {folder}/sea\" | sha256sum --check --quiet"),
        format!("chmod 755 \"{folder}/sea\""),
        format!("test \"$(\"{folder}/sea\" --version)\" = \"sea $SEA_VERSION\""),
    ]
    .to_vec()
}

/// The lines of a shell that let `ssh` use a key and know the machines it reaches.
pub(crate) fn ssh() -> Vec<String> {
    [
        "install -m 700 -d ~/.ssh",
        "(umask 077 && printf '%s\\n' \"$SSH_KEY\" > ~/.ssh/id_ed25519)",
        "printf '%s\\n' \"$SSH_KNOWN_HOSTS\" > ~/.ssh/known_hosts",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The folder in which a package manager keeps what it fetched, relative to the home folder.
pub(crate) fn cache(manager: &str) -> Option<&'static str> {
    Some(match manager {
        "npm" => "~/.npm",
        "pnpm" => "~/.local/share/pnpm/store",
        "yarn" => "~/.cache/yarn",
        "bun" => "~/.bun/install/cache",
        "pip" => "~/.cache/pip",
        "uv" => "~/.cache/uv",
        "poetry" => "~/.cache/pypoetry",
        "pdm" => "~/.cache/pdm",
        "pipenv" => "~/.cache/pipenv",
        "go" => "~/go/pkg/mod",
        "cargo" => "~/.cargo/registry",
        "bundler" => "~/.bundle/cache",
        "composer" => "~/.cache/composer",
        "maven" => "~/.m2/repository",
        "gradle" => "~/.gradle/caches",
        "nuget" | "dotnet" => "~/.nuget/packages",
        _ => return None,
    })
}

/// Where `sea ci` keeps results that are known.
pub(crate) const RESULTS: &str = ".seaworthy/cache/steps";
