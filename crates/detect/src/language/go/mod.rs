//! Go: one project a module; every program of it that serves or works is a service.

mod module;
mod program;

use seaworthy_model::{Field, Kind, Origin, PortSetting, Runtime, Service};

use super::{Language, manifests, runtime_files};
use crate::framework::Chosen;
use crate::observed::{propose_port, propose_probes, propose_variables};
use crate::project::{Project, Role, Script, at_file, companion_of};
use crate::repository::{Repository, relative};
use crate::source::Facts;
use program::{Program, Purpose};

pub(crate) struct Go;

impl Language for Go {
    fn family(&self) -> &'static str {
        "go"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        manifests(repo, "go.mod")
            .filter_map(|path| module::read(repo, path))
            .map(|project| complete(repo, project))
            .collect()
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, facts: &Facts) {
        let programs = program::find(repo, project, facts);
        let services = || programs.iter().filter(|program| program.purpose != Purpose::Tool);
        let Some(first) = services().min_by_key(|program| program.rank()) else {
            project.role = match programs.first() {
                // Tools and nothing else: whoever runs it runs one of them.
                Some(_) => Role::Application,
                None => Role::Library,
            };
            return;
        };
        project.role = Role::Application;
        if services().count() > 1 && project.dir == "." {
            project.name = Some(first.name.clone());
        }
        project.foreign.clone_from(&first.foreign);
        // What the standard library serves needs no dependency; the place that calls it stands for one.
        if let Some(entry) = facts.without(&first.foreign).entry("net/http") {
            let dependency = crate::project::Dependency { place: Some(entry.place.clone()), dev: false };
            project.dependencies.entry("net/http".to_owned()).or_insert(dependency);
        }
        for program in &programs {
            add_script(project, program);
        }
        let mut others: Vec<&Program> = services().filter(|program| program.dir != first.dir).collect();
        others.sort_by_key(|program| program.rank());
        for program in others {
            let companion = companion(repo, project, program, &facts.without(&program.foreign));
            project.companions.push((program.name.clone(), companion));
        }
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        // The facts given are those of the first program alone.
        let programs = program::find(repo, project, facts);
        let services = programs.iter().filter(|program| program.purpose != Purpose::Tool);
        let first = services.min_by_key(|program| program.rank());
        let Some(program) = first.or(programs.first()) else { return };
        let mut service = std::mem::take(&mut project.service);
        commands(repo, project, program, project.companions.is_empty(), &mut service);
        if let Some((framework, place)) = program::framework(facts)
            && service.framework.get() != Some(&framework)
        {
            // Of the module's dependencies this one is what the program starts.
            let origin = Origin::detected("it is started here").at(place);
            service.framework = Field::default();
            service.framework.propose(framework, origin);
        }
        kind(program, chosen.is_some(), &mut service);
        let framework = service.framework.get().cloned();
        gin_port(framework.as_deref(), facts, &mut service);
        project.service = service;
    }
}

/// The service that a further program of the module is.
fn companion(repo: &Repository, project: &Project, program: &Program, own: &Facts) -> Service {
    let mut service = companion_of(&project.service);
    if let Some((framework, place)) = program::framework(own)
        && (program.purpose == Purpose::Web || !program::serves(&framework))
    {
        service.framework.propose(framework, Origin::detected("it is started here").at(place));
    }
    commands(repo, project, program, false, &mut service);
    kind(program, false, &mut service);
    if service.kind.get() == Some(&Kind::Web) {
        propose_port(&mut service, own);
        let framework = service.framework.get().cloned();
        gin_port(framework.as_deref(), own, &mut service);
        propose_probes(&mut service, own);
    }
    propose_variables(&mut service, &own.env);
    service
}

/// What a module's own files say, whatever its programs are.
fn complete(repo: &Repository, mut project: Project) -> Project {
    let dir = project.dir.clone();
    let manifest = project.manifest.clone();
    let origin = || at_file("go.mod is there", &manifest);
    let service = &mut project.service;
    service.language.propose("go".to_owned(), origin());
    service.package_manager.propose("go".to_owned(), origin());
    service.install.propose("go mod download".to_owned(), origin());
    service.test.propose("go test ./...".to_owned(), origin());
    let lint = [".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"];
    if let Some(path) = crate::repository::upwards(&dir).find_map(|dir| repo.first_of(dir, lint)) {
        service.lint.propose("golangci-lint run".to_owned(), at_file("golangci-lint is configured", &path));
    }
    runtime_files::propose_pinned(repo, &dir, "go", &["golang"], &[".go-version"], service);
    service.runtime.propose(Runtime::new("go", None), origin().guess());
    project
}

/// The commands of a program, in the module's folder.
fn commands(repo: &Repository, project: &Project, program: &Program, only: bool, service: &mut Service) {
    let origin = || Origin::detected("func main is there").at(program.place.clone());
    let package = match relative(&project.dir, &program.dir) {
        dir if dir == project.dir || dir == "." => ".".to_owned(),
        dir => format!("./{dir}"),
    };
    let binary = if package == "." {
        project.name.clone().unwrap_or_else(|| program.name.clone())
    } else {
        program.name.clone()
    };
    let arguments = program.subcommand.as_deref().map(|word| format!(" {word}")).unwrap_or_default();
    service.build.propose(format!("go build -o bin/{binary} {package}"), origin());
    let air = repo.first_of(&project.dir, [".air.toml", ".air.conf"]);
    match air.filter(|_| only) {
        Some(path) => service.dev.propose("air".to_owned(), at_file(".air.toml is there", &path)),
        None => service.dev.propose(format!("go run {package}{arguments}"), origin()),
    }
    service.start.propose(format!("./bin/{binary}{arguments}"), origin());
}

fn kind(program: &Program, has_framework: bool, service: &mut Service) {
    let origin = Origin::detected("func main is there").at(program.place.clone());
    match program.purpose {
        Purpose::Web if service.kind.get().is_none() => {
            service.kind.propose(Kind::Web, origin.likely());
        }
        Purpose::Worker => {
            // A library that the module uses elsewhere says nothing about this program.
            if !has_framework || service.kind.get() == Some(&Kind::Web) {
                service.kind = Field::default();
                if service.framework.get().is_some_and(|name| program::serves(name)) {
                    service.framework = Field::default();
                }
            }
            service.kind.propose(Kind::Worker, origin.likely());
        }
        _ => {}
    }
}

/// `Run()` of Gin without an address listens on `PORT`, else on 8080 (gin's `resolveAddress`).
fn gin_port(framework: Option<&str>, facts: &Facts, service: &mut Service) {
    if framework != Some("gin") {
        return;
    }
    if let Some(entry) = facts.entry("gin-run") {
        let origin = || Origin::detected("Run without an address").at(entry.place.clone());
        service.port.propose(8080, origin().likely());
        service.port_setting.propose(PortSetting::Env("PORT".to_owned()), origin());
    }
}

/// Programs that migrate or seed are run as such; one that wants arguments is not guessed at.
fn add_script(project: &mut Project, program: &Program) {
    let known = match program.name.as_str() {
        "migrate" | "migrations" | "migration" | "migrator" => "migrate",
        "seed" | "seeder" | "seeds" => "seed",
        _ => return,
    };
    if program.purpose == Purpose::Tool && !program.takes_arguments {
        let call = format!("go run ./{}", relative(&project.dir, &program.dir));
        let script = Script { text: call.clone(), call, place: program.place.clone() };
        project.scripts.insert(known.to_owned(), script);
    }
}
