//! Ruby: Bundler, Rails, Rack and the queues beside them.

mod gemfile;
mod rails;

use seaworthy_model::{Kind, Origin, PortSetting, Runtime, Service};

use super::{Language, manifests, runtime_files};
use crate::framework::Chosen;
use crate::project::{Project, Role, at_file, companion_of};
use crate::repository::{Repository, file_name, relative};
use crate::source::Facts;

pub(crate) struct Ruby;

impl Language for Ruby {
    fn family(&self) -> &'static str {
        "ruby"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let found = manifests(repo, "Gemfile").chain(manifests(repo, "gems.rb"));
        let found = found.filter_map(|path| gemfile::read(repo, path));
        // Mobile apps keep a Gemfile for the tools that release them.
        let is_tooling =
            |project: &Project| project.first_dependency(["fastlane", "cocoapods", "danger"]).is_some();
        found.filter(|project| !is_tooling(project)).map(|project| complete(repo, project)).collect()
    }

    fn read_config(&self, repo: &Repository, project: &Project, facts: &mut Facts) {
        rails::place_routes(repo, &project.dir, facts);
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, facts: &Facts) {
        let starts = ["config.ru", "config/application.rb", "config/app.rb", "karafka.rb"];
        let runs = || main_script(repo, project, facts).is_some() || facts.entry("sidekiq-worker").is_some();
        if repo.first_of(&project.dir, starts).is_some() || project.role != Role::Library && runs() {
            project.role = Role::Application;
        }
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        match framework {
            "rails" => rails::propose(repo, project),
            "sinatra" | "grape" | "roda" | "rack" | "hanami" | "padrino" => {
                rack(repo, project, facts, framework);
            }
            "sidekiq" => {
                let command = sidekiq_command(repo, project);
                let origin = at_file("depends on sidekiq", &project.manifest).likely();
                project.service.start.propose(command, origin);
            }
            "jekyll" | "middleman" | "bridgetown" | "karafka" => {}
            _ => script(repo, project, facts),
        }
        if !matches!(framework, "sidekiq" | "karafka" | "jekyll" | "middleman" | "bridgetown") {
            add_workers(repo, project);
        }
    }
}

/// What a Gemfile's neighbours say, whatever runs.
fn complete(repo: &Repository, mut project: Project) -> Project {
    let (dir, manifest) = (project.dir.clone(), project.manifest.clone());
    let origin = || at_file(format!("{} is there", file_name(&manifest)), &manifest);
    let exec = |command: &str| format!("bundle exec {command}");
    let test =
        if let Some(path) = repo.first_of(&dir, [".rspec", "spec/spec_helper.rb", "spec/rails_helper.rb"]) {
            Some((exec("rspec"), at_file("RSpec is configured", &path)))
        } else if project.has("rspec") || project.has("rspec-rails") {
            Some((exec("rspec"), origin().likely()))
        } else if crate::framework::has_file(repo, &project, "test").is_some() {
            let command = if repo.first_of(&dir, ["bin/rails"]).is_some() {
                "bin/rails test".to_owned()
            } else {
                exec("rake test")
            };
            Some((command, origin().likely()))
        } else {
            None
        };
    let lint = [("rubocop", "rubocop"), ("rubocop-rails-omakase", "rubocop"), ("standard", "standardrb")]
        .into_iter()
        .find(|(name, _)| project.has(name));
    let binstub = repo.first_of(&dir, ["bin/rubocop"]);
    let service = &mut project.service;
    service.language.propose("ruby".to_owned(), origin());
    service.package_manager.propose("bundler".to_owned(), origin());
    service.install.propose("bundle install".to_owned(), origin());
    if let Some((command, origin)) = test {
        service.test.propose(command, origin);
    }
    if let Some((name, command)) = lint {
        let command =
            if binstub.is_some() && command == "rubocop" { "bin/rubocop".to_owned() } else { exec(command) };
        service.lint.propose(command, at_file(format!("depends on {name}"), &manifest));
    }
    runtime_files::propose(repo, &dir, "ruby", &[], &[".ruby-version"], service);
    service.runtime.propose(Runtime::new("ruby", None), origin().guess());
    project.exec = "bundle exec";
    project.name = project.name.or_else(|| rails::app_name(repo, &dir));
    project
}

/// A Rack app: through `config.ru` where there is one, else by its script.
fn rack(repo: &Repository, project: &mut Project, facts: &Facts, framework: &str) {
    let Some(rackup) = repo.first_of(&project.dir, ["config.ru"]) else {
        return sinatra_script(repo, project, facts);
    };
    let origin = || at_file("config.ru is there", &rackup);
    let port = project.service.port.get().copied().unwrap_or(9292);
    let puma = repo.first_of(&project.dir, ["config/puma.rb", "puma.rb"]);
    // Puma's own file may name another variable than `PORT`.
    let read = facts.env.iter().find(|read| {
        puma.as_ref().is_some_and(|path| *path == read.place.file) && read.name.ends_with("PORT")
    });
    let variable = read.map_or("PORT", |read| read.name.as_str()).to_owned();
    let start = match &puma {
        Some(path) if project.has("puma") => format!("bundle exec puma -C {}", relative(&project.dir, path)),
        _ if project.has("puma") => format!("bundle exec puma -b tcp://0.0.0.0:${{PORT:-{port}}}"),
        _ if project.has("falcon") => {
            format!("bundle exec falcon serve --bind http://0.0.0.0:${{PORT:-{port}}}")
        }
        _ if project.has("unicorn") => format!("bundle exec unicorn -p ${{PORT:-{port}}}"),
        _ => format!("bundle exec rackup -o 0.0.0.0 -p ${{PORT:-{port}}}"),
    };
    let dev = match framework {
        "hanami" if repo.first_of(&project.dir, ["bin/dev"]).is_some() => Some("bin/dev".to_owned()),
        "hanami" => Some(format!("bundle exec hanami server --port ${{{variable}:-{port}}}")),
        "padrino" => Some(format!("bundle exec padrino start -h 0.0.0.0 -p ${{PORT:-{port}}}")),
        _ if project.has("rerun") => {
            Some(format!("bundle exec rerun -- {}", start.trim_start_matches("bundle exec ")))
        }
        _ => None,
    };
    let service = &mut project.service;
    if let Some(dev) = dev {
        service.dev.propose(dev, origin().likely());
    }
    service.start.propose(start, origin().likely());
    service.port.propose(port, Origin::detected("Rack default port").guess());
    service.port_setting.propose(PortSetting::Env(variable), origin());
}

/// A classic Sinatra app is its own server: port 4567 or `PORT` (Sinatra's `set :port`).
fn sinatra_script(repo: &Repository, project: &mut Project, facts: &Facts) {
    let entry = facts.entry("sinatra").map(|entry| entry.place.clone());
    let script = main_script(repo, project, facts);
    let Some((path, _)) = script.or_else(|| entry.map(|place| (place.file.clone(), place))) else { return };
    let origin = || at_file("requires sinatra", &path);
    let command = format!("bundle exec ruby {}", relative(&project.dir, &path));
    let service = &mut project.service;
    if project.dependencies.contains_key("rerun") {
        service.dev.propose(
            format!("bundle exec rerun -- {}", command.trim_start_matches("bundle exec ")),
            origin(),
        );
    }
    service.start.propose(command, origin().likely());
    service.port.propose(4567, Origin::detected("Sinatra default port").guess());
    service.port_setting.propose(
        PortSetting::Env("PORT".to_owned()),
        Origin::detected("Sinatra reads its port from this").likely(),
    );
}

/// A script that runs by itself: a bot, a report, a server of its own.
fn script(repo: &Repository, project: &mut Project, facts: &Facts) {
    if project.role == Role::Library {
        return;
    }
    if let Some((path, place)) = main_script(repo, project, facts) {
        let origin = Origin::detected("the usual entry point").at(place).likely();
        let command = format!("bundle exec ruby {}", relative(&project.dir, &path));
        if facts.entry("loop").is_some() && project.service.kind.get().is_none() {
            project.service.kind.propose(Kind::Worker, origin.clone());
        }
        project.service.start.propose(command, origin);
    }
}

fn main_script(
    repo: &Repository,
    project: &Project,
    facts: &Facts,
) -> Option<(String, seaworthy_model::Place)> {
    let usual =
        ["app.rb", "server.rb", "main.rb", "bot.rb", "worker.rb", "web.rb", "application.rb", "lib/main.rb"];
    let starts = |path: &str| {
        facts.entries.iter().find(|entry| entry.place.file == path).map(|entry| entry.place.clone())
    };
    let found: Vec<String> = usual.iter().filter_map(|name| repo.first_of(&project.dir, [*name])).collect();
    let started = found.iter().find_map(|path| Some((path.clone(), starts(path)?)));
    started.or_else(|| {
        let path = found.into_iter().next()?;
        let place = seaworthy_model::Place::file(path.clone());
        Some((path, place))
    })
}

fn sidekiq_command(repo: &Repository, project: &Project) -> String {
    // Without Rails Sidekiq must be told what to load.
    let is_rails = repo.first_of(&project.dir, ["config/application.rb"]).is_some();
    let required =
        ["config/environment.rb", "app.rb", "worker.rb", "workers.rb", "config/boot.rb", "lib/workers.rb"];
    match repo.first_of(&project.dir, required).filter(|_| !is_rails) {
        Some(path) => format!("bundle exec sidekiq -r ./{}", relative(&project.dir, &path)),
        None => "bundle exec sidekiq".to_owned(),
    }
}

/// Queues that the app's gems bring: each is a process of its own beside the server.
fn add_workers(repo: &Repository, project: &mut Project) {
    let has_jobs = rails::has_jobs(repo, &project.dir);
    let bin = |name: &str| repo.first_of(&project.dir, [name]).is_some();
    let adapter = rails::queue_adapter(repo, &project.dir);
    let uses = |name: &str| adapter.as_deref().is_none_or(|adapter| adapter == name);
    let known: [(&str, &str, bool, String); 6] = [
        ("sidekiq", "sidekiq", true, sidekiq_command(repo, project)),
        ("resque", "resque", true, "QUEUE=* bundle exec rake resque:work".to_owned()),
        ("good_job", "good_job", uses("good_job"), "bundle exec good_job start".to_owned()),
        (
            "solid_queue",
            "solid_queue",
            uses("solid_queue") && has_jobs,
            if bin("bin/jobs") { "bin/jobs" } else { "bin/rails solid_queue:start" }.to_owned(),
        ),
        (
            "delayed_job",
            "delayed_job",
            uses("delayed_job"),
            if bin("bin/delayed_job") { "bin/delayed_job run" } else { "bundle exec rake jobs:work" }
                .to_owned(),
        ),
        ("karafka", "karafka", bin("karafka.rb"), "bundle exec karafka server".to_owned()),
    ];
    for (gem, framework, used, command) in known {
        let name = if gem == "delayed_job" && !project.has(gem) { "delayed_job_active_record" } else { gem };
        if !used {
            continue;
        }
        let Some(dependency) = project.dependency(name).filter(|dependency| !dependency.dev) else {
            continue;
        };
        let place = dependency.place.clone().unwrap_or_else(|| project.place());
        let origin = Origin::detected(format!("depends on {name}")).at(place);
        let mut worker = worker_of(&project.service);
        worker.framework.propose(framework.to_owned(), origin.clone());
        worker.kind.propose(Kind::Worker, origin.clone());
        worker.start.propose(command, origin.likely());
        project.companions.push(("worker".to_owned(), worker));
        break;
    }
    if let Some(path) = repo.first_of(&project.dir, ["clock.rb", "config/clock.rb", "lib/clock.rb"])
        && project.has("clockwork")
    {
        let origin = at_file("depends on clockwork", &path);
        let mut clock = worker_of(&project.service);
        clock.framework.propose("clockwork".to_owned(), origin.clone());
        clock.kind.propose(Kind::Worker, origin.clone());
        clock.start.propose(format!("bundle exec clockwork {}", relative(&project.dir, &path)), origin);
        project.companions.push(("clock".to_owned(), clock));
    }
}

/// The worker runs what the server's folder holds, but its assets are none of its concern.
fn worker_of(service: &Service) -> Service {
    let mut worker = companion_of(service);
    worker.framework = seaworthy_model::Field::default();
    worker.build = seaworthy_model::Field::default();
    worker
}
