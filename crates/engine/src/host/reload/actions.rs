//! What a batch of changes leads to. Looks at files only to know whether a service reloads by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use seaworthy_model::{App, Name, Service, WatchAction, WatchRule};
use seaworthy_watch::Batch;
use seaworthy_watch::rule::{Rule, concerned};

use crate::host::command::reloads_itself;
use crate::host::definition::{command, folder};
use crate::host::services::is_built;
use crate::host::setup::is_site;

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Actions {
    /// The model may be another one.
    pub(super) replan: bool,
    /// Schemas, migrations or seeds changed.
    pub(super) data: bool,
    /// Their dependencies may be other ones.
    pub(super) provision: BTreeSet<Name>,
    /// Files with their environment changed: they are started anew with it.
    pub(super) environment: BTreeSet<Name>,
    /// They restart.
    pub(super) restart: BTreeSet<Name>,
    /// They reload by themselves.
    pub(super) own: BTreeSet<Name>,
    /// A command runs for them.
    pub(super) commands: BTreeMap<Name, Command>,
}

/// A command that a change leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// `rebuild` or `exec`.
    pub(super) title: &'static str,
    /// The command, for a shell.
    pub(super) text: String,
    /// The service restarts after it.
    pub(super) then_restart: bool,
}

/// Files that say how an app runs, by name: the model is made from them.
const MODEL: &[&str] = &[
    "seaworthy.toml",
    "Procfile",
    "Procfile.dev",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "Dockerfile",
    "fly.toml",
    "render.yaml",
    "app.json",
    "devcontainer.json",
    "vercel.json",
    "netlify.toml",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    ".nvmrc",
    ".node-version",
    ".python-version",
    ".ruby-version",
    "runtime.txt",
];

/// Manifests and lockfiles, by name: dependencies and commands are made from them.
const MANIFESTS: &[&str] = &[
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
    "deno.json",
    "deno.lock",
    "requirements.txt",
    "requirements-dev.txt",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "setup.py",
    "setup.cfg",
    "Gemfile",
    "Gemfile.lock",
    "composer.json",
    "composer.lock",
    "go.mod",
    "go.sum",
    "Cargo.toml",
    "Cargo.lock",
    "mix.exs",
    "mix.lock",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
];

/// What a service is not made of: documentation, tests, pictures of its documentation.
const NOT_PART: &[&str] = &[
    "*.md",
    "*.mdx",
    "*.rst",
    "LICENSE*",
    "CHANGELOG*",
    "*.test.*",
    "*.spec.*",
    "*_test.go",
    "test_*.py",
    "*_test.py",
    "tests/",
    "test/",
    "__tests__/",
    "docs/",
    "coverage/",
    "*.tsbuildinfo",
    "*.snap",
    "*.example",
    ".github/",
    ".vscode/",
    ".idea/",
];

/// What builds write, besides what Git is told to ignore.
const MADE: &[&str] =
    &["dist/", "build/", "out/", "target/", "bin/", "obj/", ".next/", ".output/", ".svelte-kit/"];

/// What a batch leads to.
pub(super) fn actions(app: &App, root: &Path, batch: &Batch) -> Actions {
    let mut todo = Actions::default();
    let names: BTreeSet<&str> =
        batch.changes.iter().filter_map(|change| change.path.file_name()?.to_str()).collect();
    let is_any = |known: &[&str]| batch.overflow || known.iter().any(|name| names.contains(name));
    todo.replan = is_any(MODEL) || is_any(MANIFESTS);
    todo.data = app.resources.values().any(|resource| {
        let files = [resource.schema.get(), resource.migrations.get(), resource.seed.get()];
        files.into_iter().flatten().any(|path| {
            batch.overflow
                || batch.changes.iter().any(|change| change.path.starts_with(path.trim_end_matches('/')))
        })
    });
    for (name, service) in &app.services {
        if changes_environment(service, batch) {
            todo.environment.insert(name.clone());
            continue;
        }
        if is_any(MANIFESTS) && concerns_folder(service, batch, MANIFESTS) {
            todo.provision.insert(name.clone());
            continue;
        }
        let rules = rules(service);
        let matched: Vec<Rule> = rules
            .iter()
            // A glob that cannot be read was said when the model was read.
            .filter_map(|rule| Rule::new(Path::new(service.path()), &rule.path, &rule.ignore).ok())
            .collect();
        let Some(concern) = concerned(&matched, batch).into_iter().next() else { continue };
        let rule = &rules[concern.rule];
        take(&mut todo, name, service, rule, root);
    }
    todo
}

fn take(todo: &mut Actions, name: &Name, service: &Service, rule: &WatchRule, root: &Path) {
    match rule.action {
        WatchAction::Restart | WatchAction::SyncRestart => {
            let reloads = command(service)
                .is_some_and(|command| reloads_itself(command, &folder(root, service.path())));
            // Who wrote a rule down wants it, whatever the command does.
            if reloads && service.watch.get().is_none() {
                todo.own.insert(name.clone());
            } else if is_built(service) {
                todo.commands.extend(build(name, service, true));
            } else if command(service).is_some() {
                todo.restart.insert(name.clone());
            } else if is_site(service) {
                todo.commands.extend(build(name, service, false));
            }
        }
        WatchAction::Rebuild => todo.commands.extend(build(name, service, true)),
        // The process reads the file itself: there is nowhere to copy it to.
        WatchAction::Sync => drop(todo.own.insert(name.clone())),
        WatchAction::SyncExec => {
            if let Some(text) = &rule.exec {
                let command = Command { title: "exec", text: text.clone(), then_restart: false };
                todo.commands.insert(name.clone(), command);
            }
        }
    }
}

fn build(name: &Name, service: &Service, then_restart: bool) -> Option<(Name, Command)> {
    let text = service.build.get()?.clone();
    let then_restart = then_restart && command(service).is_some();
    Some((name.clone(), Command { title: "rebuild", text, then_restart }))
}

/// The rules of the model, or that all files of the service lead to a restart.
fn rules(service: &Service) -> Vec<WatchRule> {
    match service.watch.get() {
        Some(rules) => rules.clone(),
        None => vec![WatchRule {
            path: ".".to_owned(),
            action: WatchAction::Restart,
            target: None,
            exec: None,
            // The model and manifests have actions of their own.
            ignore: [NOT_PART, MODEL, MANIFESTS, if is_built(service) { MADE } else { &[] }]
                .into_iter()
                .flatten()
                .map(ToString::to_string)
                .collect(),
        }],
    }
}

/// One of these files changed in the service's folder or in one above it.
fn concerns_folder(service: &Service, batch: &Batch, names: &[&str]) -> bool {
    let path = Path::new(service.path());
    batch.overflow
        || batch.changes.iter().any(|change| {
            let is_named = change
                .path
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| names.contains(&name));
            let parent = change.path.parent().unwrap_or(Path::new(""));
            is_named && (path == Path::new(".") && parent == Path::new("") || path.starts_with(parent))
        })
}

/// A `.env` file of the service or of the root changed.
fn changes_environment(service: &Service, batch: &Batch) -> bool {
    batch.changes.iter().any(|change| {
        let name = change.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let parent = change.path.parent().unwrap_or(Path::new(""));
        let is_env = name == ".env" || name.starts_with(".env.") && !name.ends_with(".example");
        is_env && (parent == Path::new("") || parent == Path::new(service.path()))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use seaworthy_model::Origin;
    use seaworthy_watch::{Change, ChangeKind};

    use super::*;

    fn app() -> App {
        let mut app = App::default();
        for (name, path, dev) in [
            ("api", "services/api", "node server.js"),
            ("web", "web", "vite"),
            ("worker", "worker", "python w.py"),
        ] {
            let mut service = Service::default();
            service.path.propose(path.to_owned(), Origin::detected("test"));
            service.dev.propose(dev.to_owned(), Origin::detected("test"));
            app.services.insert(Name::from_text(name), service);
        }
        app
    }

    fn of(app: &App, paths: &[&str]) -> Actions {
        let changes =
            paths.iter().map(|path| Change { path: path.into(), kind: ChangeKind::Modified }).collect();
        actions(app, Path::new("/nowhere"), &Batch { changes, overflow: false, first_event: Instant::now() })
    }

    fn names(names: &BTreeSet<Name>) -> Vec<&str> {
        names.iter().map(Name::as_str).collect()
    }

    #[test]
    fn a_save_restarts_its_service_alone_and_leaves_those_that_reload_to_themselves() {
        let todo = of(&app(), &["services/api/src/index.js"]);
        assert_eq!((names(&todo.restart), todo.own.len(), todo.replan), (vec!["api"], 0, false));
        let todo = of(&app(), &["web/src/app.tsx"]);
        assert_eq!((names(&todo.own), todo.restart.len()), (vec!["web"], 0));
        assert_eq!(
            of(&app(), &["services/api/README.md", "worker/tests/test_a.py", "unrelated.txt"]),
            Actions::default()
        );
    }

    #[test]
    fn manifests_install_environments_restart_and_the_model_replans() {
        let todo = of(&app(), &["services/api/package-lock.json"]);
        assert_eq!((names(&todo.provision), todo.replan, todo.restart.len()), (vec!["api"], true, 0));
        assert_eq!(names(&of(&app(), &["package.json"]).provision), ["api", "web", "worker"]);
        assert_eq!(names(&of(&app(), &[".env"]).environment), ["api", "web", "worker"]);
        assert_eq!(names(&of(&app(), &["worker/.env.local"]).environment), ["worker"]);
        assert!(of(&app(), &["seaworthy.toml"]).replan);
    }

    #[test]
    fn written_rules_say_what_is_done() {
        let mut app = app();
        let rule = |path: &str, action, exec: Option<&str>| WatchRule {
            path: path.to_owned(),
            action,
            target: None,
            exec: exec.map(str::to_owned),
            ignore: Vec::new(),
        };
        let service = app.services.get_mut(&Name::from_text("web")).unwrap();
        service.build.propose("npm run build".to_owned(), Origin::detected("test"));
        let rules = vec![
            rule("src", WatchAction::Restart, None),
            rule("theme", WatchAction::Rebuild, None),
            rule("i18n", WatchAction::SyncExec, Some("npm run i18n")),
        ];
        service.watch.propose(rules, Origin::detected("test"));
        assert_eq!(names(&of(&app, &["web/src/a.ts"]).restart), ["web"]);
        let command = |path| of(&app, &[path]).commands.into_values().next().unwrap();
        assert_eq!(
            command("web/theme/a.css"),
            Command { title: "rebuild", text: "npm run build".to_owned(), then_restart: true }
        );
        assert_eq!(command("web/i18n/de.json").text, "npm run i18n");
        assert_eq!(of(&app, &["web/other.txt"]), Actions::default());
    }
}
