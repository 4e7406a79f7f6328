//! Where the image of a service is built: the same for the Dockerfile, Compose and every pipeline.

use seaworthy_model::Name;

use crate::names::label;
use crate::{Deployment, Instance, Options, Sources};

/// Files that lock the dependencies of all projects in and below their folder.
pub(crate) const LOCKFILES: [&str; 22] = [
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

/// Files at the root of a workspace whose members are built together, with a word that says so where the file alone
/// does not.
const WORKSPACES: [(&str, &str); 9] = [
    ("Cargo.toml", "[workspace]"),
    ("go.work", ""),
    ("lerna.json", ""),
    ("package.json", "\"workspaces\""),
    ("pnpm-workspace.yaml", ""),
    ("pom.xml", "<modules>"),
    ("pyproject.toml", "[tool.uv.workspace]"),
    ("settings.gradle", ""),
    ("settings.gradle.kts", ""),
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
        let manager = instance.service.package_manager.get().map(String::as_str);
        let has_lock = |folder: &str| lockfiles(manager).iter().any(|name| sources.has(&join(folder, name)));
        let is_workspace = |folder: &str| {
            WORKSPACES.iter().any(|(name, word)| {
                let file = join(folder, name);
                sources.has(&file)
                    && (word.is_empty() || sources.text(&file).is_some_and(|text| text.contains(word)))
            }) || is_solution(folder, sources)
        };
        // A lockfile of the service's own wins over a workspace above it.
        let context = upwards(path)
            .find(|folder| has_lock(folder))
            .or_else(|| upwards(path).find(|folder| is_workspace(folder)))
            .unwrap_or(path);
        let context = above(context, outermost(instance)).to_owned();
        let alone = deployment.images().filter(|other| other.path() == path).count() < 2;
        let file = if alone { "Dockerfile".to_owned() } else { format!("Dockerfile.{}", instance.name) };
        let folder = match context.as_str() {
            "." => path.to_owned(),
            context => path.strip_prefix(context).map_or(".", |rest| rest.trim_start_matches('/')).to_owned(),
        };
        let folder = if folder.is_empty() { ".".to_owned() } else { folder };
        Self { dockerfile: join(path, &file), folder, context }
    }
}

/// The lockfiles of a package manager; all where nobody knows which it is.
fn lockfiles(manager: Option<&str>) -> &'static [&'static str] {
    match manager {
        Some("npm") => &["package-lock.json", "npm-shrinkwrap.json"],
        Some("pnpm") => &["pnpm-lock.yaml"],
        Some("yarn") => &["yarn.lock"],
        Some("bun") => &["bun.lock", "bun.lockb"],
        Some("cargo") => &["Cargo.lock"],
        Some("go") => &["go.work", "go.sum"],
        Some("uv") => &["uv.lock"],
        Some("pip") => &["requirements.txt", "pylock.toml"],
        _ => &LOCKFILES,
    }
}

/// A folder of .NET projects that are built together.
fn is_solution(folder: &str, sources: &dyn Sources) -> bool {
    let before = if folder == "." { String::new() } else { format!("{folder}/") };
    sources.paths().any(|path| {
        path.strip_prefix(&before)
            .is_some_and(|name| !name.contains('/') && (name.ends_with(".sln") || name.ends_with(".slnx")))
    })
}

/// How many folders above its own a service's commands and site reach: `../target/release/api` is one.
fn outermost(instance: &Instance<'_>) -> usize {
    let service = instance.service;
    let texts = [&service.install, &service.build, &service.start, &service.static_dir];
    let words = texts.into_iter().filter_map(|field| field.get()).flat_map(|text| text.split_whitespace());
    let reach = words.map(|word| word.split('/').take_while(|part| *part == "..").count()).max().unwrap_or(0);
    let depth = if instance.path() == "." { 0 } else { instance.path().split('/').count() };
    // What lies outside the repository cannot be sent to the builder.
    depth - reach.min(depth)
}

/// The folder, or the one above it that is this deep.
fn above(folder: &str, depth: usize) -> &str {
    if depth == 0 || folder == "." {
        return ".";
    }
    match folder.match_indices('/').nth(depth - 1) {
        Some((end, _)) => &folder[..end],
        None => folder,
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

    #[test]
    fn a_workspace_without_a_lockfile_is_known_by_what_names_its_members() {
        let mut app = App::default();
        for (name, path, start) in [
            ("api", "crates/api", "../../target/release/api"),
            ("desk", "src/Desk", "dotnet bin/publish/Desk.dll"),
            ("lone", "tools/lone", "node ../common/run.js"),
            ("pages", "pages", "node ."),
        ] {
            let mut service = Service::default();
            service.path.propose(path.to_owned(), Origin::detected("test"));
            service.start.propose(start.to_owned(), Origin::detected("test"));
            service.kind.propose(Kind::Web, Origin::detected("test"));
            app.services.insert(Name::from_text(name), service);
        }
        let deployment = Deployment::of(&app);
        let context = |name: &str, files: &[(&str, &str)]| {
            let sources: BTreeMap<String, String> =
                files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
            Build::of(deployment.instance(&Name::from_text(name)).unwrap(), &deployment, &sources).context
        };
        assert_eq!(
            context("api", &[("Cargo.toml", "[workspace]"), ("crates/api/Cargo.toml", "[package]")]),
            "."
        );
        assert_eq!(context("desk", &[("src/Desk.sln", "")]), "src");
        assert_eq!(context("lone", &[]), "tools", "a command that reaches out of its folder");
        assert_eq!(
            context("pages", &[("package.json", "{}")]),
            "pages",
            "a package above it is no workspace"
        );
    }
}
