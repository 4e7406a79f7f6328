//! Files that by convention make a database's tables or fill it: `db/schema.sql`, `seed.sql`, `scripts/seed.js`.
//!
//! They count where nothing else says how the database is made, and only where it is plain which one is meant.

use seaworthy_model::{App, JobTrigger, Name, Origin, Place, Service};

use crate::repository::{Repository, is_within, join, relative};

/// Types of resources that SQL files are for.
const SQL: [&str; 4] = ["postgres", "mysql", "mariadb", "sqlserver"];

/// Files with the tables, the likeliest first.
const SCHEMAS: [&str; 12] = [
    "db/schema.sql",
    "database/schema.sql",
    "sql/schema.sql",
    "schema.sql",
    "db/init.sql",
    "database/init.sql",
    "sql/init.sql",
    "init.sql",
    "db/setup.sql",
    "database/setup.sql",
    "db/tables.sql",
    "src/db/schema.sql",
];

/// Files with rows.
const SEEDS: [&str; 8] = [
    "db/seed.sql",
    "database/seed.sql",
    "sql/seed.sql",
    "seed.sql",
    "db/seeds.sql",
    "database/seeds.sql",
    "seeds.sql",
    "src/db/seed.sql",
];

/// Folders and names of programs that add rows.
const FOLDERS: [&str; 6] = ["db", "database", "scripts", "src/db", "src", "."];
const STEMS: [&str; 4] = ["seed", "seeds", "seed_data", "seed_db"];

/// Notes the tables and first rows of the only SQL database of an app.
pub(crate) fn note(repo: &Repository, app: &mut App) {
    let is_sql = |name: &&Name| {
        let kind = app.resources.get(*name).and_then(|resource| resource.r#type.get());
        kind.is_some_and(|kind| SQL.contains(&kind.as_str()))
    };
    let mut databases = app.resources.keys().filter(is_sql);
    // Of two databases, nobody said which one a file is for.
    let (Some(database), None) = (databases.next().cloned(), databases.next()) else { return };
    let users: Vec<Name> = app.users_of(&database).cloned().collect();
    let mut dirs = vec![".".to_owned()];
    dirs.extend(users.iter().filter_map(|user| app.services.get(user)).map(|user| user.path().to_owned()));
    dirs.dedup();
    let find = |names: &[&str]| {
        dirs.iter().find_map(|dir| names.iter().map(|name| join(dir, name)).find(|path| repo.has(path)))
    };
    let has_tool = app.jobs.values().any(|job| job.on.get() == Some(&JobTrigger::Release));
    let Some(resource) = app.resources.get_mut(&database) else { return };
    let is_postgres = resource.r#type.get().is_some_and(|kind| kind == "postgres");
    if resource.schema.is_empty()
        && resource.migrations.is_empty()
        && !has_tool
        && let Some(path) = find(&SCHEMAS)
        && !(is_postgres && repo.text(&path).is_some_and(|text| is_of_another_system(&text)))
    {
        let origin =
            Origin::detected("a file with the tables, by convention").at(Place::file(&path)).likely();
        resource.schema.propose(path, origin);
    }
    let is_seed = |name: &Name| name.as_str() == "seed" || name.as_str().ends_with("-seed");
    if !resource.seed.is_empty() || app.jobs.keys().any(is_seed) {
        return;
    }
    if let Some(path) = find(&SEEDS) {
        let origin =
            Origin::detected("a file with first rows, by convention").at(Place::file(&path)).likely();
        resource.seed.propose(path, origin);
        return;
    }
    for dir in &dirs {
        for path in FOLDERS.iter().flat_map(|folder| {
            let dir = join(dir, folder);
            STEMS.iter().flat_map(move |stem| {
                let dir = dir.clone();
                LANGUAGES.iter().map(move |language| join(&dir, &format!("{stem}.{}", language.ending)))
            })
        }) {
            if repo.has(&path) && add_job(repo, app, &users, &path) {
                return;
            }
        }
    }
}

/// Words that PostgreSQL does not know: the file is for SQLite or MySQL, which the tests use or the app once did.
fn is_of_another_system(sql: &str) -> bool {
    let upper = sql.to_ascii_uppercase();
    ["AUTOINCREMENT", "AUTO_INCREMENT", "PRAGMA ", "ENGINE=INNODB", "ENGINE = INNODB"]
        .iter()
        .any(|word| upper.contains(word))
}

/// How a program of a language is run.
struct Language {
    ending: &'static str,
    family: &'static [&'static str],
    run: &'static str,
}

const LANGUAGES: [Language; 6] = [
    Language { ending: "py", family: &["python"], run: "python" },
    Language { ending: "js", family: &["javascript", "typescript"], run: "node" },
    Language { ending: "mjs", family: &["javascript", "typescript"], run: "node" },
    Language { ending: "cjs", family: &["javascript", "typescript"], run: "node" },
    Language { ending: "ts", family: &["typescript", "javascript"], run: "npx tsx" },
    Language { ending: "rb", family: &["ruby"], run: "bundle exec ruby" },
];

/// Adds a program as the job that seeds, with the runtime and the packages of a service that uses the database.
fn add_job(repo: &Repository, app: &mut App, users: &[Name], path: &str) -> bool {
    let Some(language) = LANGUAGES.iter().find(|known| path.ends_with(&format!(".{}", known.ending))) else {
        return false;
    };
    let speaks =
        |service: &Service| service.language.get().is_some_and(|own| language.family.contains(&own.as_str()));
    let mut able: Vec<(&Name, &Service)> = users
        .iter()
        .filter_map(|user| app.services.get_key_value(user))
        .filter(|(_, service)| speaks(service))
        .collect();
    // The service in whose folder it lies knows its packages best.
    able.sort_by_key(|(_, service)| {
        let is_own = is_within(service.path(), path);
        std::cmp::Reverse(if is_own { service.path().len() + 1 } else { 0 })
    });
    let Some((owner, service)) = able.first() else { return false };
    // What it is run by must be installed with the service: nothing is fetched for a seed.
    let has_runner = |manifest: std::sync::Arc<str>| manifest.contains("\"tsx\"");
    if language.run == "npx tsx" && !repo.text(&join(service.path(), "package.json")).is_some_and(has_runner)
    {
        return false;
    }
    let dir = if is_within(service.path(), path) { service.path().to_owned() } else { ".".to_owned() };
    let origin =
        Origin::detected("a program that adds first rows, by convention").at(Place::file(path)).likely();
    let owner = (*owner).clone();
    let job = app.jobs.entry(Name::from_text("seed")).or_default();
    job.run.propose(format!("{} {}", language.run, relative(&dir, path)), origin.clone());
    job.service.propose(owner, origin.clone());
    job.path.propose(dir, origin.clone());
    job.on.propose(JobTrigger::Manual, origin);
    true
}
