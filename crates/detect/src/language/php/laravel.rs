//! Laravel: its server, queue, schedule, and which of its many stock settings are used.

use seaworthy_model::{Kind, Origin, Place, PortSetting, Probe};

use crate::document::parse_env;
use crate::language::runtime_files::find_in;
use crate::project::{Project, at_file, companion_of};
use crate::repository::{Repository, join, relative};
use crate::source::Facts;

/// Resources that the configuration of every new app names, used or not.
pub(super) const STOCK: &[&str] =
    &["redis", "memcached", "smtp", "s3", "postgres", "mysql", "mariadb", "sqlserver", "dynamodb"];

/// Settings that choose a driver, and what the chosen one needs.
const DRIVERS: [(&str, &[(&str, &str)]); 7] = [
    (
        "DB_CONNECTION",
        &[
            ("pgsql", "postgres"),
            ("mysql", "mysql"),
            ("mariadb", "mariadb"),
            ("sqlsrv", "sqlserver"),
            ("mongodb", "mongodb"),
        ],
    ),
    ("CACHE_STORE", CACHES),
    ("CACHE_DRIVER", CACHES),
    ("QUEUE_CONNECTION", &[("redis", "redis"), ("rabbitmq", "rabbitmq")]),
    ("SESSION_DRIVER", CACHES),
    ("FILESYSTEM_DISK", &[("s3", "s3")]),
    ("MAIL_MAILER", &[("smtp", "smtp")]),
];
const CACHES: &[(&str, &str)] = &[("redis", "redis"), ("memcached", "memcached"), ("dynamodb", "dynamodb")];

/// What the environment file, or else the configuration's own default, chooses.
fn chosen(repo: &Repository, dir: &str, facts: &Facts, name: &str) -> Option<(String, Place)> {
    for file in [".env.example", ".env"] {
        let path = join(dir, file);
        let Some(text) = repo.text(&path) else { continue };
        if let Some(line) = parse_env(&text).into_iter().find(|line| line.name == name) {
            return Some((line.value, Place::line(path, line.line)));
        }
    }
    let read = facts.env.iter().find(|read| read.name == name && read.default.is_some())?;
    Some((read.default.clone()?, read.place.clone()))
}

pub(super) fn read_config(repo: &Repository, project: &Project, facts: &mut Facts) {
    let mut used = Vec::new();
    for (name, drivers) in DRIVERS {
        let Some((value, place)) = chosen(repo, &project.dir, facts, name) else { continue };
        if let Some((_, resource)) = drivers.iter().find(|(driver, _)| *driver == value) {
            used.push(((*resource).to_owned(), place));
        }
    }
    // A mailer that nothing mails by is the skeleton's.
    let mails = ["app/Mail", "app/Notifications"].iter().any(|dir| repo.has_dir(&join(&project.dir, dir)));
    facts.uses.extend(used.into_iter().filter(|(resource, _)| resource != "smtp" || mails));
    // Routes of this file are below `/api`, whatever they say.
    let api = join(&project.dir, "routes/api.php");
    for route in facts.routes.iter_mut().filter(|route| route.place.file == api) {
        route.path = format!("/api/{}", route.path.trim_start_matches('/'));
    }
    // Configuration asks for many variables and does without nearly all of them.
    let config = join(&project.dir, "config");
    for read in &mut facts.env {
        if crate::repository::is_within(&config, &read.place.file) && read.name != "APP_KEY" {
            read.optional = true;
        }
    }
}

pub(super) fn propose(repo: &Repository, project: &mut Project, facts: &Facts) {
    project.stock = STOCK;
    let artisan = join(&project.dir, "artisan");
    let origin = || at_file("artisan is there", &artisan);
    let start = if project.has("laravel/octane") {
        "php artisan octane:start --host=0.0.0.0 --port=${PORT:-8000}"
    } else {
        "php artisan serve --host=0.0.0.0 --port=${PORT:-8000}"
    };
    let service = &mut project.service;
    service.dev.propose("php artisan serve --port=${PORT:-8000}".to_owned(), origin());
    // The development server answers, but one request at a time: what a platform is told wins over it.
    let confidence = if start.contains("octane") { origin().likely() } else { origin().guess() };
    service.start.propose(start.to_owned(), confidence);
    service.port_setting.propose(PortSetting::Env("PORT".to_owned()), origin());
    let app = join(&project.dir, "bootstrap/app.php");
    if let Some((path, place)) = find_in(repo, &app, r#"\bhealth:\s*['"]([^'"]+)['"]"#) {
        let origin = Origin::detected("Laravel's own health check").at(place);
        project.service.readiness.propose(Probe::http(path.clone()), origin.clone().likely());
        project.service.liveness.propose(Probe::http(path), origin);
    }
    queue(repo, project, facts);
    schedule(repo, project);
    if let Some(place) = project.dependency("laravel/reverb").and_then(|found| found.place.clone()) {
        let origin = Origin::detected("depends on laravel/reverb").at(place);
        let mut service = companion(project);
        service.kind.propose(Kind::Web, origin.clone());
        service.start.propose(
            "php artisan reverb:start --host=0.0.0.0 --port=${REVERB_SERVER_PORT:-8080}".to_owned(),
            origin.clone().likely(),
        );
        service.port.propose(8080, Origin::detected("Reverb default port").guess());
        service.port_setting.propose(PortSetting::Env("REVERB_SERVER_PORT".to_owned()), origin);
        project.companions.push(("reverb".to_owned(), service));
    }
}

/// A queue worker, where there is something to work on and the queue is no mere call.
fn queue(repo: &Repository, project: &mut Project, facts: &Facts) {
    let horizon = project.dependency("laravel/horizon").and_then(|found| found.place.clone());
    let jobs = repo.under(&join(&project.dir, "app/Jobs")).first().map(|path| Place::file(path.to_string()));
    let queued = facts.entry("queued").map(|entry| entry.place.clone());
    let is_sync =
        chosen(repo, &project.dir, facts, "QUEUE_CONNECTION").is_some_and(|(value, _)| value == "sync");
    let (command, framework, origin) = if let Some(place) = horizon {
        ("php artisan horizon", "horizon", Origin::detected("depends on laravel/horizon").at(place))
    } else if let Some(place) = queued.or(jobs).filter(|_| !is_sync) {
        (
            "php artisan queue:work --tries=3",
            "laravel",
            Origin::detected("jobs are queued").at(place).likely(),
        )
    } else {
        return;
    };
    let mut worker = companion(project);
    worker.framework.propose(framework.to_owned(), origin.clone());
    worker.kind.propose(Kind::Worker, origin.clone());
    worker.start.propose(command.to_owned(), origin);
    project.companions.push(("worker".to_owned(), worker));
}

/// `schedule:work` runs the schedule every minute without a cron of the machine.
fn schedule(repo: &Repository, project: &mut Project) {
    let found = [
        ("routes/console.php", r"(?m)^\s*(Schedule)::"),
        ("app/Console/Kernel.php", r"(?m)^\s*\$schedule\s*->(\w+)"),
        ("bootstrap/app.php", r"(withSchedule)\("),
    ];
    let place = found.iter().find_map(|(file, pattern)| find_in(repo, &join(&project.dir, file), pattern));
    let Some((_, place)) = place else { return };
    let file = relative(&project.dir, &place.file).to_owned();
    let origin = Origin::detected(format!("{file} schedules")).at(place);
    let mut scheduler = companion(project);
    scheduler.framework.propose("laravel".to_owned(), origin.clone());
    scheduler.kind.propose(Kind::Worker, origin.clone());
    scheduler.start.propose("php artisan schedule:work".to_owned(), origin);
    project.companions.push(("scheduler".to_owned(), scheduler));
}

fn companion(project: &Project) -> seaworthy_model::Service {
    let mut service = companion_of(&project.service);
    service.framework = seaworthy_model::Field::default();
    service
}
