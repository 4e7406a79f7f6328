//! Node.js and Bun, with npm, pnpm, yarn and Bun as package managers.

use serde_json::Value;

use super::health::Asker;
use super::recipe::{Assets, Kitchen};
use super::subject::Language;

/// Files that say which dependencies there are, and how the package managers behave.
const MANIFESTS: [&str; 13] = [
    ".npmrc",
    ".pnp.cjs",
    ".yarnrc",
    ".yarnrc.yml",
    "bun.lock",
    "bun.lockb",
    "bunfig.toml",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
];

/// Servers that stop on SIGTERM without being asked to.
const STOPPING: [&str; 3] = ["next", "nuxt", "sveltekit"];

const ENDINGS: [&str; 6] = [".js", ".ts", ".mjs", ".cjs", ".mts", ".cts"];

/// What starts a server for development: its packages are there, and its port is right.
const DEVELOPMENT: [&str; 5] = ["nodemon", "ts-node", "ts-node-dev", "tsx", "vite"];

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    kitchen.recipe.template = "node";
    build(kitchen);
    let command = kitchen.subject.command();
    let is_bun = kitchen.subject.builder() == Language::Bun;
    kitchen.env("NODE_ENV", "production");
    let folder = kitchen.recipe.workdir.clone();
    if command.is_shell || !["node", "bun"].contains(&command.program()) {
        let root = kitchen.recipe.home;
        let root_bin = if folder == root { String::new() } else { format!("{root}/node_modules/.bin:") };
        kitchen.env("PATH", &format!("{folder}/node_modules/.bin:{root_bin}$PATH"));
    }
    if let Some(package) = development_package(kitchen, command.program()) {
        kitchen.recipe.prune = None;
        kitchen.recipe.install_production.clone_from(&kitchen.recipe.install);
        kitchen.lose(
            "start",
            &format!("it starts with {package}, a development dependency: the image keeps them all"),
            "build the program, and start what was built with node",
        );
    }
    if kitchen.subject.framework() == "next" {
        kitchen.recipe.writable.push(format!("{folder}/.next/cache"));
    }
    standalone(kitchen);
    let subject = kitchen.subject;
    let stops = STOPPING.contains(&subject.framework())
        || subject.mentions(&ENDINGS, &["SIGTERM", "enableShutdownHooks"]);
    if !stops {
        kitchen.init();
    }
    kitchen.run(&command, if is_bun { Asker::Bun } else { Asker::Node });
}

/// The stage that builds: also that of static sites.
pub(super) fn build(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    let manager = subject.instance.service.package_manager.get().map_or("npm", String::as_str);
    let is_bun = subject.builder() == Language::Bun;
    if is_bun {
        kitchen.base(
            "BUN",
            format!(
                "oven/bun:{}-slim",
                if subject.instance.service.runtime.get().is_some_and(|runtime| runtime.name == "bun") {
                    subject.version(3, "1")
                } else {
                    "1".to_owned()
                }
            ),
        );
    } else {
        kitchen.base("NODE", format!("node:{}-bookworm-slim", subject.version(3, "24")));
    }
    let package = |folder_text: Option<std::sync::Arc<str>>| -> Value {
        folder_text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null)
    };
    let own = package(subject.text("package.json"));
    let root = package(subject.any_text("package.json"));
    let locked = subject.manifests(|name| {
        name.ends_with("lock.json")
            || name.ends_with(".lock")
            || name.ends_with(".lockb")
            || name == "pnpm-lock.yaml"
            || name == "npm-shrinkwrap.json"
    });
    if locked.is_empty() && subject.has("package.json") {
        kitchen.lose(
            "package_manager",
            "no lockfile is committed: each build may install other versions",
            &format!("commit the lockfile that `{manager} install` writes"),
        );
    }
    let has_lock = !locked.is_empty();
    let version = || {
        let wanted = root.get("packageManager").and_then(Value::as_str).and_then(|text| text.split_once('@'));
        wanted.map(|(_, version)| version.split('+').next().unwrap_or(version).to_owned())
    };
    let recipe = &mut kitchen.recipe;
    if subject.has("package.json") || subject.has_in_context("package.json") {
        recipe.manifests = subject.manifests(|name| MANIFESTS.contains(&name));
    }
    if recipe.manifests.is_empty() {
        (recipe.install, recipe.build) = (None, None);
    } else {
        let is_berry = subject.has_in_context(".yarnrc.yml")
            || version().is_some_and(|version| manager == "yarn" && !version.starts_with("1."));
        let manager = Manager::of(manager, has_lock, is_berry);
        recipe.tool = match manager.tool {
            Some("pnpm") => {
                Some(format!("npm install --global pnpm@{}", version().as_deref().unwrap_or("10")))
            }
            tool => tool.map(str::to_owned),
        };
        recipe.caches = format!("--mount=type=cache,target={} ", manager.cache);
        recipe.prune = Some(manager.prune.to_owned());
        recipe.install_production = Some(manager.production.to_owned());
    }
    // What runs while dependencies are installed may need any file; Prisma's client is made from its schema.
    let scripts = |package: &Value| {
        ["preinstall", "install", "postinstall", "prepare"]
            .iter()
            .any(|name| package["scripts"].get(name).is_some())
    };
    if subject.context_paths().any(|path| path == "prisma/schema.prisma") && !subject.is_member() {
        recipe.manifests.push("prisma ./prisma".to_owned());
    }
    if subject.context_paths().any(|path| path.starts_with("patches/")) {
        recipe.manifests.push("patches ./patches".to_owned());
    }
    if subject.context_paths().any(|path| path.starts_with(".yarn/releases/")) {
        recipe.manifests.push(".yarn ./.yarn".to_owned());
    }
    if (scripts(&own) || scripts(&root)) && !recipe.manifests.is_empty() {
        recipe.manifests = vec![". .".to_owned()];
        recipe.notes.push("Scripts of package.json run at the installation and may need any file: all are copied before it.".to_owned());
    }
    if subject.is_member() {
        workspace(kitchen, manager, &own);
    }
}

/// How a package manager installs what is needed to run.
struct Manager {
    /// What installs the manager itself; `pnpm` in the version that the project asks for.
    tool: Option<&'static str>,
    /// Where it keeps what it downloads.
    cache: &'static str,
    /// Installs without what only development needs.
    production: &'static str,
    /// Takes away what only development needs.
    prune: &'static str,
}

impl Manager {
    fn of(name: &str, has_lock: bool, is_berry: bool) -> Self {
        match name {
            "pnpm" => Self {
                tool: Some("pnpm"),
                cache: "/root/.local/share/pnpm/store",
                production: "pnpm install --prod --frozen-lockfile",
                // In a build nobody answers whether modules may be removed.
                prune: "CI=true pnpm install --prod --frozen-lockfile --ignore-scripts",
            },
            "yarn" if is_berry => Self {
                tool: Some("npm install --global corepack@0.34 && corepack enable"),
                cache: "/root/.yarn/berry/cache",
                production: "yarn workspaces focus --all --production",
                prune: "yarn workspaces focus --all --production",
            },
            "yarn" => Self {
                tool: None,
                cache: "/usr/local/share/.cache/yarn",
                production: "yarn install --frozen-lockfile --production",
                prune: "yarn install --frozen-lockfile --production --ignore-scripts",
            },
            "bun" => Self {
                tool: None,
                cache: "/root/.bun/install/cache",
                production: "bun install --production --frozen-lockfile",
                prune: "rm -rf node_modules && bun install --production --frozen-lockfile --ignore-scripts",
            },
            _ => Self {
                tool: None,
                cache: "/root/.npm",
                production: if has_lock { "npm ci --omit=dev" } else { "npm install --omit=dev" },
                prune: "npm prune --omit=dev",
            },
        }
    }
}

/// A stage in which Node.js builds the pages of a server in another language, where its commands say so.
pub(super) fn assets(kitchen: &mut Kitchen<'_, '_>) {
    let service = kitchen.subject.instance.service;
    let part = |field: &seaworthy_model::Field<String>| {
        let text = field.get()?;
        let is_node = |part: &str| ["npm ", "pnpm ", "yarn "].iter().any(|manager| part.starts_with(manager));
        text.split("&&").map(str::trim).find(|part| is_node(part)).map(str::to_owned)
    };
    let (Some(install), Some(build)) = (part(&service.install), part(&service.build)) else { return };
    kitchen.base("NODE", "node:24-bookworm-slim");
    kitchen.recipe.assets = Some(Assets {
        manifests: kitchen.subject.manifests(|name| MANIFESTS.contains(&name)),
        install,
        build,
    });
}

/// A member of a workspace is built after those of its own workspace that it needs.
fn workspace(kitchen: &mut Kitchen<'_, '_>, manager: &str, own: &Value) {
    let subject = kitchen.subject;
    let Some(name) = own.get("name").and_then(Value::as_str) else { return };
    let is_plain = ["npm run build", "pnpm run build", "yarn run build", "pnpm build", "yarn build"]
        .contains(&kitchen.recipe.build.as_deref().unwrap_or_default());
    if !is_plain {
        return;
    }
    if subject.has_in_context("turbo.json") {
        let run = match manager {
            "pnpm" => "pnpm exec",
            "yarn" => "yarn run",
            _ => "npx",
        };
        kitchen.recipe.build = Some(format!("{run} turbo run build --filter={name}"));
    } else if manager == "pnpm" {
        kitchen.recipe.build = Some(format!("pnpm --filter \"{name}...\" run build"));
    }
}

/// Servers that are whole without `node_modules`: only what was built is kept.
fn standalone(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    let config =
        ["next.config.js", "next.config.mjs", "next.config.ts"].iter().find_map(|name| subject.text(name));
    let output = subject.workdir();
    if subject.framework() == "next"
        && config.is_some_and(|text| text.contains("standalone"))
        && !subject.is_member()
    {
        kitchen.recipe.prune = None;
        kitchen.recipe.artefacts =
            vec![format!("{output}/.next/standalone ./"), format!("{output}/.next/static ./.next/static")];
        if subject.context_paths().any(|path| path.starts_with("public/")) {
            kitchen.recipe.artefacts.push(format!("{output}/public ./public"));
        }
    }
    if subject.command().words.iter().any(|word| word.starts_with(".output/")) {
        kitchen.recipe.prune = None;
        kitchen.recipe.artefacts = vec![format!("{output}/.output ./.output")];
    }
}

/// The development dependency that a program comes from.
fn development_package(kitchen: &Kitchen<'_, '_>, program: &str) -> Option<String> {
    let text = kitchen.subject.text("package.json")?;
    let package: Value = serde_json::from_str(&text).ok()?;
    let has = |kind: &str, name: &str| package.get(kind).and_then(|all| all.get(name)).is_some();
    let is_known = DEVELOPMENT.contains(&program) || has("devDependencies", program);
    (is_known && has("devDependencies", program) && !has("dependencies", program)).then(|| program.to_owned())
}
