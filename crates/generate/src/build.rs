//! Where the image of a service is built: the same for the Dockerfile, Compose and every pipeline.

use seaworthy_model::Name;

use crate::names::label;
use crate::{Deployment, Instance, Options, Sources};

/// Files that lock the dependencies of all projects in and below their folder.
const LOCKFILES: [&str; 22] = [
    "Cargo.lock",
    "Gemfile.lock",
    "Pipfile.lock",
    "bun.lock",
    "bun.lockb",
    "composer.lock",
    "deno.lock",
    "gradle.lockfile",
    "go.sum",
    "go.work",
    "mix.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "packages.lock.json",
    "pdm.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pubspec.lock",
    "pylock.toml",
    "shard.lock",
    "uv.lock",
    "yarn.lock",
];

/// Where the image of a service is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The folder that is sent to the builder, `.` for the repository's root: the one whose lockfile names the
    /// service's dependencies, so a workspace's root for its members.
    pub context: String,
    /// The Dockerfile, relative to the repository's root.
    pub dockerfile: String,
    /// The service's folder relative to the context, `.` for the context itself.
    pub folder: String,
}

impl Build {
    /// Where the image of `instance` is built.
    pub fn of(instance: &Instance<'_>, deployment: &Deployment<'_>, sources: &dyn Sources) -> Self {
        let path = instance.path();
        let has_lock = |folder: &str| LOCKFILES.iter().any(|name| sources.has(&join(folder, name)));
        let context = upwards(path).find(|folder| has_lock(folder)).unwrap_or(path).to_owned();
        let alone = deployment.instances.iter().filter(|other| other.path() == path).count() < 2;
        let file = if alone { "Dockerfile".to_owned() } else { format!("Dockerfile.{}", instance.name) };
        let folder = match context.as_str() {
            "." => path.to_owned(),
            context => path.strip_prefix(context).map_or(".", |rest| rest.trim_start_matches('/')).to_owned(),
        };
        let folder = if folder.is_empty() { ".".to_owned() } else { folder };
        Self { dockerfile: join(path, &file), folder, context }
    }
}

/// The image of a service, without a tag: `ghcr.io/acme/shop-api`.
pub fn image(deployment: &Deployment<'_>, service: &Name, options: &Options) -> String {
    let name = label(&format!("{}-{service}", deployment.name), 120);
    match &options.registry {
        Some(registry) => format!("{}/{name}", registry.trim_end_matches('/')),
        None => name,
    }
}

/// A path below a folder; `.` is the repository's root.
pub fn join(folder: &str, name: &str) -> String {
    if folder == "." { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder and those above it, to the root.
pub(crate) fn upwards(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(path);
    std::iter::from_fn(move || {
        let folder = next?;
        next = match folder {
            "." => None,
            _ => Some(folder.rsplit_once('/').map_or(".", |(above, _)| above)),
        };
        Some(folder)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use seaworthy_model::{App, Kind, Origin, Service};

    use super::*;

    #[test]
    fn a_member_of_a_workspace_is_built_from_its_root() {
        let mut app = App::default();
        for (name, path) in [("api", "apps/api"), ("site", "site"), ("worker", "apps/api")] {
            let mut service = Service::default();
            service.path.propose(path.to_owned(), Origin::detected("test"));
            service.kind.propose(Kind::Web, Origin::detected("test"));
            app.services.insert(Name::from_text(name), service);
        }
        let deployment = Deployment::of(&app);
        let sources: BTreeMap<String, String> =
            [("apps/pnpm-lock.yaml", ""), ("site/yarn.lock", "")].map(|(a, b)| (a.into(), b.into())).into();
        let build = |name: &str| {
            let instance = deployment.instance(&Name::from_text(name)).unwrap();
            let build = Build::of(instance, &deployment, &sources);
            format!("{} {} {}", build.context, build.dockerfile, build.folder)
        };
        assert_eq!(build("api"), "apps apps/api/Dockerfile.api api");
        assert_eq!(build("worker"), "apps apps/api/Dockerfile.worker api");
        assert_eq!(build("site"), "site site/Dockerfile .");
        let options = Options { registry: Some("ghcr.io/acme/".to_owned()), ..Options::default() };
        assert_eq!(image(&deployment, &Name::from_text("api"), &options), "ghcr.io/acme/app-api");
    }
}
