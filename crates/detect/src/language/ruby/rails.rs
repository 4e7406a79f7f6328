//! Rails: its server, assets, health check and queue.

use std::sync::LazyLock;

use seaworthy_model::{Origin, Probe};

use crate::language::runtime_files::find_in;
use crate::pattern::Pattern;
use crate::project::{Project, at_file};
use crate::repository::{Repository, extension, file_name, join};
use crate::source::Facts;

pub(super) fn propose(repo: &Repository, project: &mut Project) {
    let dir = project.dir.clone();
    let has = |name: &str| repo.first_of(&dir, [name]);
    let rails = if has("bin/rails").is_some() { "bin/rails" } else { "bundle exec rails" };
    let origin = || at_file("a Rails app", &project.manifest);
    let dev = match has("bin/dev") {
        Some(path) => ("bin/dev".to_owned(), at_file("bin/dev is there", &path)),
        None => (format!("{rails} server"), origin().likely()),
    };
    let start = match has("config/puma.rb").filter(|_| project.has("puma")) {
        Some(path) => (
            "bundle exec puma -C config/puma.rb".to_owned(),
            at_file("config/puma.rb is there", &path).likely(),
        ),
        None => (format!("{rails} server -b 0.0.0.0"), origin().likely()),
    };
    // An API has no assets; the precompiler of one that has them wants a key it does not use.
    let api = find_in(repo, &join(&dir, "config/application.rb"), r"config\.api_only\s*=\s*true");
    let assets = ["sprockets-rails", "propshaft", "sprockets", "shakapacker", "vite_rails", "sassc-rails"]
        .into_iter()
        .find_map(|name| Some((name, project.dependency(name)?.place.clone()?)));
    let service = &mut project.service;
    service.dev.propose(dev.0, dev.1);
    service.start.propose(start.0, start.1);
    if let Some((name, place)) = assets.filter(|_| api.is_none()) {
        let command = format!("RAILS_ENV=production SECRET_KEY_BASE_DUMMY=1 {rails} assets:precompile");
        service.build.propose(command, Origin::detected(format!("depends on {name}")).at(place).likely());
    }
    let check = find_in(
        repo,
        &join(&dir, "config/routes.rb"),
        r#"\bget\s+\(?["']/?([\w/-]+)["']\s*(?:=>|,\s*to:)\s*["']rails/health#show"#,
    );
    if let Some((path, place)) = check {
        let origin = || Origin::detected("Rails' own health check").at(place.clone());
        service.readiness.propose(Probe::http(format!("/{path}")), origin().likely());
        service.liveness.propose(Probe::http(format!("/{path}")), origin());
    }
}

/// There are jobs besides the class that all of them derive from.
pub(super) fn has_jobs(repo: &Repository, dir: &str) -> bool {
    let jobs = join(dir, "app/jobs");
    let is_job = |path: &str| extension(path) == Some("rb") && file_name(path) != "application_job.rb";
    repo.under(&jobs).iter().any(|path| is_job(path)) || repo.has(&join(dir, "config/recurring.yml"))
}

/// The queue that Active Job is told to use in production.
pub(super) fn queue_adapter(repo: &Repository, dir: &str) -> Option<String> {
    ["config/environments/production.rb", "config/application.rb"].iter().find_map(|name| {
        let (adapter, _) =
            find_in(repo, &join(dir, name), r"(?m)^\s*config\.active_job\.queue_adapter\s*=\s*:(\w+)")?;
        Some(adapter)
    })
}

/// The app's name: the module that its application class is in, `Bookings` or `BookShelf`.
pub(super) fn app_name(repo: &Repository, dir: &str) -> Option<String> {
    let (module, _) = ["config/application.rb", "config/app.rb"]
        .iter()
        .find_map(|name| find_in(repo, &join(dir, name), r"(?m)^module\s+(\w+)"))?;
    let mut name = String::with_capacity(module.len() + 2);
    for (index, c) in module.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    Some(name)
}

/// Puts what `namespace` and `scope` blocks of the routes stand for before the paths inside them.
pub(super) fn place_routes(repo: &Repository, dir: &str, facts: &mut Facts) {
    static BLOCK: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"^\s*(?:(?:namespace|scope)\s*\(?\s*(?:path:\s*)?[:"']/?(?<path>[\w/-]+)|\S).*\bdo\b\s*(?:\|[^|]*\|)?\s*$"#,
        )
    });
    let path = join(dir, "config/routes.rb");
    let Some(text) = repo.text(&path) else { return };
    let mut blocks: Vec<String> = Vec::new();
    for (line, text) in (1_u32..).zip(text.lines()) {
        if text.trim_start().starts_with('#') {
            continue;
        }
        if let Some(found) = BLOCK.find(text) {
            blocks.push(found.name("path").map(|path| format!("/{}", path.text)).unwrap_or_default());
        } else if text.trim() == "end" {
            blocks.pop();
        }
        for route in
            facts.routes.iter_mut().filter(|route| route.place.file == path && route.place.line == Some(line))
        {
            route.path = format!("{}/{}", blocks.concat(), route.path.trim_start_matches('/'));
        }
    }
}
