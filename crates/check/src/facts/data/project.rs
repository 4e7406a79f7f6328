//! What the model and the manifests say of how data is kept: migrations, seeds, backups, disks, pools.

use std::collections::BTreeMap;

use seaworthy_model::{EngineKind, Layer, Resource};

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::{Role, SourceFile, name};
use crate::finding::Draft;

const TOOLS: &str = "migration-tools-several";
const SEED: &str = "seed-missing";
const BACKUP: &str = "backup-missing";
const DRILL: &str = "backup-drill-missing";
const DISK: &str = "sqlite-on-ephemeral-disk";
const PUSH: &str = "development-migration-in-deploy";
const POOL: &str = "pool-exceeds-database";

pub(super) static FACT: Fact =
    Fact { rules: &[TOOLS, SEED, BACKUP, DRILL, DISK, PUSH, POOL], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    tools(context, sink);
    resources(context, sink);
    disk(context, sink);
    commands(context, sink);
    pool(context, sink);
}

/// Files that show a migration tool, by the project they are in.
fn tools(context: &Context<'_>, sink: &Sink<'_>) {
    let mut found: BTreeMap<&str, String> = BTreeMap::new();
    for path in context.repository.paths().iter().map(|path| &**path) {
        if crate::facts::supply_chain::is_aside(path) {
            continue;
        }
        let file = name(path);
        let has_migrations = || path.contains("/migrations/") || path.starts_with("migrations/");
        let tool = if path.ends_with("migrations/migration_lock.toml") {
            "Prisma Migrate"
        } else if file.starts_with("drizzle.config.") {
            "Drizzle Kit"
        } else if file == "alembic.ini" {
            "Alembic"
        } else if file.starts_with("knexfile.") {
            "Knex"
        } else if file == ".sequelizerc" {
            "Sequelize"
        } else if path.contains("supabase/migrations/") && file.ends_with(".sql") {
            "Supabase"
        } else if file.starts_with('V') && file.contains("__") && file.ends_with(".sql") {
            "Flyway"
        } else if file == "flask_migrate" || (file == "atlas.hcl") {
            "Atlas"
        } else if file == "0001_initial.py" && has_migrations() {
            "Django"
        } else if path.contains("db/migrate/") && file.ends_with(".rb") {
            "Active Record"
        } else {
            continue;
        };
        found.entry(tool).or_insert_with(|| path.to_owned());
    }
    // Each service may have a database of its own.
    let databases = context.app.resources.values().filter(|resource| is_database(resource)).count();
    if found.len() > 1 && databases <= 1 {
        let names: Vec<&str> = found.keys().copied().collect();
        if let Some(path) = found.values().next_back() {
            sink.report(
                Draft::file(TOOLS, path).says(format!("{} all change the schema", names.join(" and "))),
            );
        }
    }
}

fn is_database(resource: &Resource) -> bool {
    resource
        .r#type
        .get()
        .is_some_and(|kind| matches!(kind.as_str(), "postgres" | "mysql" | "mariadb" | "mongodb" | "sqlite"))
}

fn resources(context: &Context<'_>, sink: &Sink<'_>) {
    let is_deployed = context.app.environments.iter().any(|(name, environment)| {
        name.as_str() != "local"
            && (environment
                .engine
                .get()
                .is_some_and(|engine| matches!(engine, EngineKind::Host | EngineKind::Kubernetes))
                || !environment.host.is_empty())
    });
    for (name, resource) in context.app.resources.iter().filter(|(_, resource)| is_database(resource)) {
        // What is only concluded is the same database as one that is declared.
        let is_declared = |resource: &Resource| {
            resource.r#type.origin().is_some_and(|origin| origin.layer >= Layer::Config)
        };
        let is_same = |other: &Resource| other.r#type.get() == resource.r#type.get() && is_declared(other);
        if !is_declared(resource) && context.app.resources.values().any(is_same) {
            continue;
        }
        let place = resource.r#type.origin().and_then(|origin| origin.place.clone());
        let (file, line) = place.map_or((".".to_owned(), None), |place| (place.file, place.line));
        let draft = |rule| match line {
            Some(line) => Draft::line(rule, file.clone(), line),
            None => Draft::file(rule, file.clone()),
        };
        if resource.seed.is_empty() && !has_seed(context) {
            sink.report(draft(SEED).says(format!("nothing fills `{name}` with data to start with")));
        }
        // Where the app runs elsewhere than here, what is lost stays lost.
        if is_deployed {
            match resource.backup.get() {
                None => sink.report(draft(BACKUP).says(format!(
                    "`{name}` has no backup, and the app runs in more environments than `local`"
                ))),
                Some(backup) if backup.drill.is_none() => {
                    let origin = resource.backup.origin().and_then(|origin| origin.place.clone());
                    let draft = origin.map_or_else(
                        || draft(DRILL),
                        |place| Draft::line(DRILL, place.file, place.line.unwrap_or(1)),
                    );
                    sink.report(draft.says(format!("no restore of `{name}` is ever tried")));
                }
                Some(_) => {}
            }
        }
    }
}

fn has_seed(context: &Context<'_>) -> bool {
    context.repository.paths().iter().any(|path| {
        let file = name(path).to_ascii_lowercase();
        file.starts_with("seed")
            || file.contains("_seed")
            || file.contains("-seed")
            || file.contains("fixtures")
            || path.split('/').any(|folder| matches!(folder, "seeds" | "seeders" | "fixtures" | "seed"))
    }) || context
        .manifests
        .iter()
        .any(|manifest| manifest.scripts.keys().any(|script| script.contains("seed")))
}

/// SQLite keeps its data in a file; a container or function starts with an empty disk every time.
fn disk(context: &Context<'_>, sink: &Sink<'_>) {
    let sqlite = context
        .app
        .resources
        .values()
        .find(|resource| resource.r#type.get().is_some_and(|kind| kind == "sqlite"));
    let code = sqlite.is_none().then(|| sqlite_in_code(context)).flatten();
    if sqlite.is_none() && code.is_none() {
        return;
    }
    let has = |path: &str| context.repository.has(path);
    let says_volume = |path: &str, marks: &[&str]| {
        context.repository.text(path).is_some_and(|text| marks.iter().any(|mark| text.contains(mark)))
    };
    let has_volume = context
        .app
        .services
        .values()
        .flat_map(|service| &service.volumes)
        .any(|volume| volume.origin.layer > Layer::Detected)
        || says_volume("fly.toml", &["[mounts]", "[[mounts]]"])
        || says_volume("render.yaml", &["disk:"])
        || says_volume("Dockerfile", &["VOLUME", "litestream"])
        || says_volume("railway.toml", &["volume", "requiredMountPath"])
        || context.repository.paths().iter().any(|path| {
            let file = name(path);
            (file.contains("compose")
                && (file.ends_with("yml") || file.ends_with("yaml"))
                && says_volume(path, &["volumes:"]))
                || file.starts_with("litestream")
        });
    // A remote SQLite needs no disk here.
    let is_remote = context.manifests.iter().any(|manifest| {
        manifest.dependencies.keys().any(|name| {
            matches!(
                name.as_str(),
                "@libsql/client"
                    | "libsql"
                    | "@prisma/adapter-d1"
                    | "wrangler"
                    | "@cloudflare/workers-types"
                    | "libsql-experimental"
            )
        })
    });
    let target = [
        "vercel.json",
        "netlify.toml",
        "Procfile",
        "fly.toml",
        "render.yaml",
        "app.yaml",
        "railway.toml",
        "railway.json",
        "serverless.yml",
        "Dockerfile",
    ]
    .into_iter()
    .find(|path| has(path));
    if let Some(target) = target.filter(|_| !has_volume && !is_remote) {
        let place =
            sqlite.and_then(|resource| resource.r#type.origin()).and_then(|origin| origin.place.clone());
        let (file, line) = place.map_or_else(
            || code.clone().unwrap_or((target.to_owned(), 1)),
            |place| (place.file, place.line.unwrap_or(1)),
        );
        let says =
            format!("the data is in a file, and {target} deploys to a disk that is empty after each restart");
        sink.report(Draft::line(DISK, file, line).says(says));
    }
}

/// A database file that server code opens, where the model knows none.
fn sqlite_in_code(context: &Context<'_>) -> Option<(String, u32)> {
    let marks = [
        "sqlite:///",
        "sqlite3.connect(",
        "new Database('",
        "new Database(\"",
        "provider = \"sqlite\"",
        "django.db.backends.sqlite3",
    ];
    for path in context.repository.paths() {
        let is_code = matches!(crate::file::extension(path), "py" | "js" | "ts" | "mjs" | "prisma");
        if !is_code {
            continue;
        }
        let Some(text) = context.repository.source(path) else { continue };
        if SourceFile::new(path, &text).role != Role::App
            || text.contains("DATABASE_URL")
            || text.contains(":memory:")
        {
            continue;
        }
        let found = text.lines().zip(1_u32..).find(|(line, _)| {
            let code = line.trim_start();
            !code.starts_with('#') && !code.starts_with("//") && marks.iter().any(|mark| code.contains(mark))
        });
        if let Some((_, line)) = found {
            return Some((path.to_string(), line));
        }
    }
    None
}

/// Commands that are made for a developer's machine, where a release runs them.
fn commands(context: &Context<'_>, sink: &Sink<'_>) {
    let bad = [
        "prisma db push",
        "prisma migrate dev",
        "prisma migrate reset",
        "drizzle-kit push",
        "makemigrations",
        "db:drop",
        "db:reset",
        "migrate:fresh",
        "migrate:refresh",
        "typeorm schema:sync",
        "supabase db reset",
    ];
    let report = |file: &str, line: u32, text: &str| {
        if let Some(command) = bad.iter().find(|command| text.contains(**command)) {
            sink.report(Draft::line(PUSH, file, line).says(format!("`{command}` runs with every release")));
        }
    };
    for path in context.repository.paths() {
        let file = name(path);
        let is_deployed = matches!(
            file,
            "Dockerfile"
                | "Procfile"
                | "fly.toml"
                | "render.yaml"
                | "railway.toml"
                | "railway.json"
                | "vercel.json"
                | "entrypoint.sh"
                | "docker-entrypoint.sh"
                | "start.sh"
                | "deploy.sh"
                | "release.sh"
                | "build.sh"
        ) || file.starts_with("Dockerfile.") && !file.contains("dev")
            || path.starts_with(".github/workflows/") && file.contains("deploy");
        if !is_deployed || crate::facts::supply_chain::is_aside(path) {
            continue;
        }
        let Some(text) = context.repository.text(path) else { continue };
        for (line, number) in text.lines().zip(1_u32..) {
            if !line.trim_start().starts_with('#') {
                report(path, number, line);
            }
        }
    }
    for manifest in context.manifests.iter().filter(|manifest| manifest.family == "javascript") {
        let Some(document) = context.repository.document(&manifest.path) else { continue };
        let Some(scripts) = document.get("scripts") else { continue };
        for entry in scripts.entries() {
            let is_release = matches!(
                &*entry.key,
                "start"
                    | "build"
                    | "postinstall"
                    | "deploy"
                    | "release"
                    | "vercel-build"
                    | "heroku-postbuild"
                    | "prestart"
                    | "start:prod"
                    | "prebuild"
            );
            if is_release && let Some(text) = entry.node.text() {
                report(&manifest.path, entry.line, text);
            }
        }
    }
}

/// PostgreSQL allows 100 connections where nobody changed it.
const ALLOWED: u32 = 100;

/// Instances times the size of the pool that the code asks for.
fn pool(context: &Context<'_>, sink: &Sink<'_>) {
    for service in context.app.services.values() {
        let Some(replicas) = service.replicas.get().copied().filter(|count| *count > 0) else { continue };
        let dir = service.path();
        for path in context.repository.under(dir) {
            if !matches!(crate::file::extension(path), "js" | "ts" | "mjs" | "py") {
                continue;
            }
            let Some(text) = context.repository.source(path) else { continue };
            if SourceFile::new(path, &text).role != Role::App {
                continue;
            }
            let asks = [
                "new Pool(",
                "create_engine(",
                "createPool(",
                "new Sequelize(",
                "create_async_engine(",
                "knex(",
            ]
            .iter()
            .any(|mark| text.contains(mark));
            if !asks {
                continue;
            }
            let sizes =
                text.lines().zip(1_u32..).filter_map(|(line, number)| Some((pool_size(line)?, number)));
            for (size, line) in sizes {
                let total = size.saturating_mul(replicas);
                if total > ALLOWED {
                    let says = format!(
                        "{replicas} instances with {size} connections each want {total}; PostgreSQL allows {ALLOWED} where nobody changed it"
                    );
                    sink.report(Draft::line(POOL, path.to_string(), line).says(says));
                }
            }
        }
    }
}

/// `max: 50`, `pool_size=50`, `connectionLimit: 50`.
fn pool_size(line: &str) -> Option<u32> {
    ["max:", "pool_size=", "connectionLimit:", "max_size=", "maxPoolSize:"].iter().find_map(|key| {
        let at = line.find(key)?;
        let is_whole = !line[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
        let digits: String =
            line[at + key.len()..].trim_start().chars().take_while(char::is_ascii_digit).collect();
        if is_whole { digits.parse().ok() } else { None }
    })
}
