//! Where code is entered: what commands, manifests and pages name, and what frameworks load by its place.

use std::collections::{HashMap, HashSet};

use seaworthy_detect::Manifest;
use seaworthy_detect::document::Node;

use super::lexer::Syntax;
use super::resolve::joined;
use super::unit::Unit;
use super::{Modules, is_aside};
use crate::context::Context;
use crate::file::name;

/// The answer for every unit.
pub(super) struct Entries {
    pub(super) is_entry: Vec<bool>,
    /// The unit's project has an entry point that was found.
    pub(super) is_known: Vec<bool>,
}

pub(super) fn of(context: &Context<'_>, modules: &Modules) -> Entries {
    let by_path: HashMap<&str, usize> =
        modules.units.iter().enumerate().map(|(index, unit)| (unit.path.as_str(), index)).collect();
    let mut named: HashSet<usize> = HashSet::new();
    let mut name_file = |dir: &str, word: &str| {
        let word = word.trim_matches(|letter: char| "\"'`,;()[]{}".contains(letter));
        let word = word.trim_start_matches("./").split(':').next().unwrap_or_default();
        if word.len() < 2 || word.contains("..") && !word.contains('/') {
            return;
        }
        for path in spellings(dir, word) {
            if let Some(index) = by_path.get(path.as_str()) {
                named.insert(*index);
            }
        }
    };
    for manifest in context.manifests {
        for script in manifest.scripts.values() {
            script.split_whitespace().for_each(|word| name_file(&manifest.dir, word));
        }
        if manifest.family == "javascript"
            && let Some(document) = context.repository.document(&manifest.path)
        {
            for key in [
                "main", "module", "browser", "bin", "exports", "types", "source", "unpkg", "imports",
                "prisma", "jest",
            ] {
                let mut texts = Vec::new();
                document.get(key).into_iter().for_each(|node| leaves(node, &mut texts, 0));
                for word in texts {
                    name_file(&manifest.dir, word);
                }
            }
        }
    }
    for service in context.app.services.values() {
        let commands = [&service.start, &service.dev, &service.build, &service.test];
        for command in commands.into_iter().flat_map(seaworthy_model::Field::all) {
            command.value.split_whitespace().for_each(|word| name_file(service.path(), word));
        }
    }
    for job in context.app.jobs.values() {
        let dir = job.path.get().map_or(".", String::as_str);
        job.run
            .all()
            .iter()
            .for_each(|run| run.value.split_whitespace().for_each(|word| name_file(dir, word)));
    }
    for path in context.repository.with_extension("html") {
        let dir = path.rsplit_once('/').map_or(".", |(dir, _)| dir);
        let Some(text) = context.repository.source(path) else { continue };
        for piece in text.split("src=").skip(1) {
            let source = piece.trim_start_matches(['"', '\'']);
            let end = source.find(['"', '\'', '>', ' ']).unwrap_or(0);
            name_file(dir, source[..end].trim_start_matches('/'));
        }
    }
    let mut is_entry = Vec::with_capacity(modules.units.len());
    let mut known: HashSet<&str> = HashSet::new();
    for (index, unit) in modules.units.iter().enumerate() {
        let manifest = Modules::manifest(context, unit);
        let is_started =
            named.contains(&index) || manifest.is_some_and(|manifest| is_started(manifest, unit));
        if is_started && let Some(manifest) = manifest {
            known.insert(&manifest.path);
        }
        is_entry.push(
            is_started
                || is_aside(unit)
                || unit.is_program
                || manifest.is_none_or(|manifest| is_loaded(context, manifest, unit)),
        );
    }
    let is_known = modules
        .units
        .iter()
        .map(|unit| {
            Modules::manifest(context, unit).is_some_and(|manifest| known.contains(manifest.path.as_str()))
        })
        .collect();
    Entries { is_entry, is_known }
}

/// Every text of a tree.
fn leaves<'n>(node: &'n Node, texts: &mut Vec<&'n str>, depth: u32) {
    if depth > 20 {
        return;
    }
    texts.extend(node.text());
    node.items().iter().for_each(|item| leaves(item, texts, depth + 1));
    node.entries().iter().for_each(|entry| leaves(&entry.node, texts, depth + 1));
}

/// Paths that a word of a command or manifest may mean: with endings, as a dotted module, as the source of what is built.
fn spellings(dir: &str, word: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let stem =
        word.strip_suffix(".js").or(word.strip_suffix(".mjs")).or(word.strip_suffix(".cjs")).unwrap_or(word);
    let mut stems = vec![stem.to_owned()];
    for built in ["dist/", "build/", "lib/", "out/", ".next/"] {
        if let Some(rest) = stem.strip_prefix(built) {
            stems.extend([format!("src/{rest}"), rest.to_owned()]);
        }
    }
    let mut all = vec![word.to_owned()];
    for stem in stems {
        for ending in [
            ".ts",
            ".tsx",
            ".js",
            ".jsx",
            ".mjs",
            ".cjs",
            ".mts",
            ".py",
            "/index.ts",
            "/index.js",
            "/__main__.py",
            "/__init__.py",
        ] {
            all.push(format!("{stem}{ending}"));
        }
    }
    if !word.contains('/') && word.contains('.') {
        let slashed = word.replace('.', "/");
        all.extend([format!("{slashed}.py"), format!("{slashed}/__init__.py"), format!("src/{slashed}.py")]);
    }
    for path in all {
        paths.extend(joined(dir, &path));
    }
    paths
}

/// What a framework or runtime starts with, whatever else there is.
fn is_started(manifest: &Manifest, unit: &Unit) -> bool {
    let inner = within(manifest, unit);
    let has = |package: &str| manifest.dependencies.contains_key(package);
    match unit.syntax {
        Syntax::Python => {
            matches!(name(&unit.path), "manage.py" | "wsgi.py" | "asgi.py" | "__main__.py")
                || unit.is_program && !inner.contains('/')
        }
        Syntax::JavaScript => {
            let folder = inner.strip_prefix("src/").unwrap_or(inner);
            (has("next")
                && (folder.starts_with("app/") || folder.starts_with("pages/"))
                && is_next_file(folder))
                || (has("nuxt") && (inner == "app.vue" || inner.starts_with("pages/")))
                || (has("@sveltejs/kit") && inner.starts_with("src/routes/"))
                || (has("astro") && inner.starts_with("src/pages/"))
                || (has("expo-router") && folder.starts_with("app/"))
                || (["@remix-run/react", "@remix-run/node", "@react-router/dev", "@tanstack/react-start"]
                    .iter()
                    .any(|name| has(name))
                    && (inner.starts_with("app/") || inner.starts_with("src/routes/")))
                || (["vite", "react-scripts", "@angular/core", "webpack", "@vue/cli-service", "parcel"]
                    .iter()
                    .any(|name| has(name))
                    && inner.starts_with("src/")
                    && matches!(unit.stem(), "main" | "index" | "polyfills")
                    && inner.matches('/').count() == 1)
                || (["index", "server", "app", "main"].contains(&unit.stem())
                    && matches!(
                        unit.dir()
                            .strip_prefix(manifest.dir.as_str())
                            .unwrap_or(unit.dir())
                            .trim_start_matches('/'),
                        "" | "." | "src"
                    ))
        }
    }
}

fn within<'u>(manifest: &Manifest, unit: &'u Unit) -> &'u str {
    if manifest.dir == "." {
        &unit.path
    } else {
        unit.path.strip_prefix(&*manifest.dir).unwrap_or(&unit.path).trim_start_matches('/')
    }
}

/// The files of the App Router that are loaded by their names; every file of the Pages Router is.
fn is_next_file(inner: &str) -> bool {
    if inner.starts_with("pages/") {
        return true;
    }
    let stem = name(inner).split('.').next().unwrap_or_default();
    matches!(
        stem,
        "page"
            | "layout"
            | "route"
            | "loading"
            | "error"
            | "global-error"
            | "not-found"
            | "template"
            | "default"
            | "sitemap"
            | "robots"
            | "manifest"
            | "icon"
            | "apple-icon"
            | "opengraph-image"
            | "twitter-image"
            | "forbidden"
            | "unauthorized"
    )
}

/// What tools and frameworks load by its place or name; this alone does not show that a project's entry points are known.
fn is_loaded(context: &Context<'_>, manifest: &Manifest, unit: &Unit) -> bool {
    let inner = within(manifest, unit);
    let file = name(inner);
    let has = |package: &str| manifest.dependencies.contains_key(package);
    let parts: Vec<&str> = inner.split('/').collect();
    let folders = &parts[..parts.len() - 1];
    let is_in = |names: &[&str]| folders.iter().any(|folder| names.contains(folder));
    match unit.syntax {
        Syntax::Python => {
            let conventional = [
                "__init__",
                "conftest",
                "setup",
                "noxfile",
                "fabfile",
                "tasks",
                "celery",
                "settings",
                "urls",
                "admin",
                "apps",
                "models",
                "signals",
                "views",
                "forms",
                "serializers",
                "routing",
                "consumers",
                "middleware",
                "context_processors",
                "env",
                "wsgi",
                "asgi",
                "gunicorn_conf",
                "gunicorn.conf",
                "gunicorn",
                "config",
                "locustfile",
                "dev_settings",
                "managers",
                "translation",
                "sitemaps",
                "feeds",
                "receivers",
                "handlers",
                "lambda_function",
                "function_app",
                "streamlit_app",
                "alembic",
            ];
            conventional.contains(&unit.stem())
                || is_in(&[
                    "migrations",
                    "versions",
                    "alembic",
                    "management",
                    "templatetags",
                    "scripts",
                    "bin",
                    "tools",
                    "settings",
                    "plugins",
                    "dags",
                    "pages",
                    "notebooks",
                    "functions",
                    "lambda",
                    "lambdas",
                    "cogs",
                    "commands",
                ])
                || !unit.dynamic.is_empty()
        }
        Syntax::JavaScript => {
            let stem = unit.stem();
            file.contains(".config.")
                || file.contains(".setup.")
                || file.starts_with('.')
                || file.ends_with(".d.ts")
                || matches!(stem, "middleware" | "instrumentation" | "proxy" | "sw" | "service-worker" | "serviceWorker" | "setupTests" | "gulpfile" | "Gruntfile" | "hooks.server" | "hooks.client" | "preload" | "knexfile" | "seed" | "ormconfig" | "reportWebVitals" | "setupProxy" | "background" | "content" | "popup" | "worker")
                || is_in(&["scripts", "bin", "tools", "public", "static", "migrations", "seeders", "seeds", "api", "functions", "netlify", "supabase", "assets", "cypress", "prisma", "db", "drizzle", "plugins", "hooks.d", ".github", ".storybook", "content", "i18n", "locales", "commands", "events", "cogs", "workers", "cron", "jobs", "edge-functions", "extensions", "resources", "convex", "patches", "mocks", "email", "emails"])
                || (has("nuxt") && is_in(&["components", "composables", "layouts", "middleware", "server", "utils", "stores", "pages", "app"]))
                || (has("@nuxt/kit"))
                || (has("@remix-run/react") && is_in(&["routes"]))
                || (has("@docusaurus/core") && is_in(&["pages", "theme", "components"]))
                || (has("gatsby") && is_in(&["pages", "templates"]))
                || (has("@adonisjs/core") || has("@redwoodjs/core") || has("sails") || has("@strapi/strapi") || has("meteor-node-stubs") || has("@ember/app") || has("ember-source"))
                || (has("unplugin-vue-components") && is_in(&["components"]))
                || (has("vite-plugin-pages") && is_in(&["pages"]))
                || (["@tanstack/router-plugin", "@tanstack/router-vite-plugin", "unplugin-vue-router", "@generouted/react-router"].iter().any(|name| has(name)) && is_in(&["routes", "pages"]))
                || (has("@react-router/dev") && is_in(&["routes"]))
                // An old site without a bundler: pages load what they name, and what is beside it.
                || (manifest.dependencies.is_empty() && context.repository.with_extension("html").next().is_some())
        }
    }
}
