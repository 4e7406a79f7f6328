//! Rust: one project a package; every binary of it that serves or works is a service.

mod manifest;

use seaworthy_model::{Field, Kind, Origin, Place, PortSetting, Runtime, Service};

use super::{Language, manifests, runtime_files};
use crate::framework::Chosen;
use crate::observed::{propose_port, propose_probes, propose_variables};
use crate::project::{Project, Role, at_file, companion_of};
use crate::repository::{Repository, is_within, join, parent, upwards};
use crate::source::Facts;
use manifest::{Binary, Package};

pub(crate) struct Rust;

/// Entries of the source rules that serve requests.
const SERVERS: [&str; 8] = ["axum", "actix", "rocket", "warp", "poem", "tide", "salvo", "tonic"];

/// Entries of the source rules, and dependencies, that wait for work.
const WORKERS: [&str; 4] = ["serenity", "teloxide", "apalis", "loop"];

impl Language for Rust {
    fn family(&self) -> &'static str {
        "rust"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        manifests(repo, "Cargo.toml")
            .filter_map(|path| Some(complete(repo, manifest::read(repo, path)?)))
            .collect()
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, facts: &Facts) {
        let Some(package) = manifest::read(repo, &project.manifest) else { return };
        if is_aside(repo, &package) {
            project.role = Role::Library;
            return;
        }
        // A site that Trunk or a full-stack tool builds has its own commands.
        let programs = programs(&package.binaries, facts);
        let services = || programs.iter().filter(|program| program.purpose.is_some());
        project.role = match (services().count(), package.binaries.is_empty()) {
            (0, true) => Role::Library,
            // Beside other packages a command line is a tool of theirs.
            (0, false) if package.workspace.is_some() && !has_site(repo, project) => Role::Library,
            // Programs in `src/bin` of a library show or test it.
            (0, false)
                if repo.first_of(&project.dir, ["src/lib.rs"]).is_some()
                    && repo.first_of(&project.dir, ["src/main.rs"]).is_none() =>
            {
                Role::Library
            }
            _ => Role::Application,
        };
        let Some(first) = services().min_by_key(|program| program.rank()) else { return };
        let own = first.foreign(&package.binaries, facts);
        for program in services().filter(|program| program.binary.path != first.binary.path) {
            let own = facts.without(&program.foreign(&package.binaries, facts));
            let companion = companion(&package, &project.service, program, &own);
            project.companions.push((program.binary.name.clone(), companion));
        }
        project.foreign = own;
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let Some(package) = manifest::read(repo, &project.manifest) else { return };
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        if matches!(framework, "trunk" | "leptos" | "dioxus") {
            return;
        }
        let programs = programs(&package.binaries, facts);
        let first = programs.iter().filter(|program| program.purpose.is_some());
        let first = first.min_by_key(|program| program.rank()).or(programs.first());
        let Some(program) = first else { return };
        commands(&package, program, &mut project.service);
        if framework == "loco" {
            loco(program, &mut project.service);
        }
        if let Some(path) = repo.first_of(&project.dir, ["bacon.toml"])
            && repo.text(&path).is_some_and(|text| text.contains("[jobs.run]"))
        {
            project.service.dev = Field::default();
            project.service.dev.propose("bacon run".to_owned(), at_file("bacon.toml has a run job", &path));
        }
        if framework == "rocket" {
            rocket_port(repo, &project.dir, &mut project.service);
        }
        set_kind(program, &mut project.service);
    }
}

/// A binary with what it is for.
struct Program<'a> {
    binary: &'a Binary,
    purpose: Option<Kind>,
}

impl Program<'_> {
    fn rank(&self) -> (bool, bool, String) {
        let is_main = self.binary.path.ends_with("src/main.rs");
        (self.purpose != Some(Kind::Web), !is_main, self.binary.name.clone())
    }

    /// Files that are part of other binaries only.
    fn foreign(&self, binaries: &[Binary], facts: &Facts) -> std::collections::BTreeSet<String> {
        let others = binaries.iter().filter(|other| other.path != self.binary.path);
        let others: Vec<&str> = others.map(Binary::root).collect();
        facts
            .files()
            .into_iter()
            .filter(|file| others.iter().any(|other| is_within(other, file)))
            .map(str::to_owned)
            .collect()
    }
}

fn programs<'a>(binaries: &'a [Binary], facts: &Facts) -> Vec<Program<'a>> {
    let lone = binaries.len() == 1;
    binaries
        .iter()
        .map(|binary| {
            let mut program = Program { binary, purpose: None };
            let own = facts.without(&program.foreign(binaries, facts));
            program.purpose = purpose(binary, &own, lone);
            program
        })
        .collect()
}

/// What a binary is for; `None` for command lines, migrations and generators.
fn purpose(binary: &Binary, own: &Facts, lone: bool) -> Option<Kind> {
    let name = binary.name.as_str();
    let is_tool = ["migrate", "migration", "seed", "cli", "gen", "import", "export", "client", "openapi"]
        .iter()
        .any(|word| name.split(['-', '_']).any(|part| part == *word));
    if is_tool && !lone {
        return None;
    }
    let in_file = |place: &Place| place.file == binary.path || is_within(binary.root(), &place.file);
    let serves = |entry: &crate::source::Entry| SERVERS.contains(&entry.of.as_str());
    let has_server = own.entries.iter().any(serves) || !own.listens.is_empty();
    // Of several binaries over one library, the server may be started in the library: then names decide.
    let starts_itself = own.entries.iter().any(|entry| serves(entry) && in_file(&entry.place))
        || own.listens.iter().any(|listen| in_file(&listen.place));
    let by_name =
        ["worker", "consumer", "scheduler", "processor", "bot"].iter().any(|word| name.contains(word));
    if by_name {
        return Some(Kind::Worker);
    }
    if has_server && (lone || starts_itself || binary.path.ends_with("src/main.rs")) {
        return Some(Kind::Web);
    }
    let works = own
        .entries
        .iter()
        .any(|entry| WORKERS.contains(&entry.of.as_str()) && (lone || in_file(&entry.place)));
    works.then_some(Kind::Worker)
}

fn set_kind(program: &Program<'_>, service: &mut Service) {
    let origin = || Origin::detected("fn main is there").at(Place::file(program.binary.path.clone()));
    match program.purpose {
        Some(Kind::Worker) if service.kind.get() != Some(&Kind::Worker) => {
            service.kind = Field::default();
            if service.framework.get().is_some_and(|name| SERVERS.contains(&name.as_str())) {
                service.framework = Field::default();
            }
            service.kind.propose(Kind::Worker, origin().likely());
        }
        Some(kind) => service.kind.propose(kind, origin().likely()),
        None => {}
    }
}

fn commands(package: &Package, program: &Program<'_>, service: &mut Service) {
    let name = &program.binary.name;
    let origin = || Origin::detected("a binary of the package").at(program.binary.place.clone());
    let runs = package.binaries.len() == 1 || package.default_run.as_deref() == Some(name);
    let run = if runs { "cargo run".to_owned() } else { format!("cargo run --bin {name}") };
    service.build.propose("cargo build --release".to_owned(), origin());
    service.dev.propose(run, origin());
    service.start.propose(format!("{}/release/{name}", package.target()), origin());
}

/// Loco's programs are started by a subcommand.
fn loco(program: &Program<'_>, service: &mut Service) {
    let origin = Origin::detected("Loco starts by a subcommand").at(program.binary.place.clone());
    for field in [&mut service.dev, &mut service.start] {
        if let Some(command) = field.get().cloned() {
            let separator = if command.starts_with("cargo") { " --" } else { "" };
            *field = Field::default();
            field.propose(format!("{command}{separator} start"), origin.clone());
        }
    }
}

fn companion(package: &Package, main: &Service, program: &Program<'_>, own: &Facts) -> Service {
    let mut service = companion_of(main);
    let entry = own.entries.iter().find(|entry| {
        let known = if program.purpose == Some(Kind::Web) { &SERVERS[..] } else { &WORKERS[..3] };
        known.contains(&entry.of.as_str())
    });
    if let Some(entry) = entry {
        let origin = Origin::detected("it is started here").at(entry.place.clone());
        service.framework.propose(entry.of.clone(), origin);
    }
    commands(package, program, &mut service);
    set_kind(program, &mut service);
    if service.kind.get() == Some(&Kind::Web) {
        propose_port(&mut service, own);
        propose_probes(&mut service, own);
    }
    propose_variables(&mut service, &own.env);
    service
}

/// What a package's own files say, whatever its binaries are.
fn complete(repo: &Repository, package: Package) -> Project {
    let has_lock =
        repo.has(&join(package.workspace.as_deref().unwrap_or(&package.project.dir), "Cargo.lock"));
    let mut project = package.project;
    let (dir, manifest) = (project.dir.clone(), project.manifest.clone());
    let origin = || at_file("Cargo.toml is there", &manifest);
    let service = &mut project.service;
    service.language.propose("rust".to_owned(), origin());
    service.package_manager.propose("cargo".to_owned(), origin());
    let install = if has_lock { "cargo fetch --locked" } else { "cargo fetch" };
    service.install.propose(install.to_owned(), origin());
    service.test.propose("cargo test".to_owned(), origin());
    service.lint.propose("cargo clippy".to_owned(), origin().guess());
    let oldest = std::mem::take(&mut service.runtime);
    toolchain(repo, &dir, service);
    runtime_files::propose(repo, &dir, "rust", &[], &[], service);
    // `rust-version` is the oldest that will do, and goes after what is pinned.
    for evidence in oldest.all() {
        service.runtime.propose(evidence.value.clone(), evidence.origin.clone());
    }
    service.runtime.propose(Runtime::new("rust", None), origin().guess());
    project
}

/// `rust-toolchain.toml`, or the old file without an ending that may hold a channel alone.
fn toolchain(repo: &Repository, dir: &str, service: &mut Service) {
    for dir in upwards(dir) {
        for name in ["rust-toolchain.toml", "rust-toolchain"] {
            let Some(path) = repo.first_of(dir, [name]) else { continue };
            let found = runtime_files::find_in(
                repo,
                &path,
                r#"(?m)^\s*channel\s*=\s*"(\d[\d.]*)"|^\s*(\d[\d.]*)\s*$"#,
            );
            if let Some((text, place)) = found {
                let version = text.split('"').find(|part| part.starts_with(|c: char| c.is_ascii_digit()));
                let origin = Origin::detected(format!("{name} says the version")).at(place);
                runtime_files::say(service, "rust", version.unwrap_or(&text).trim(), origin);
            }
        }
    }
}

/// `Rocket.toml`: the port of the `default`, `debug` or `release` profile.
fn rocket_port(repo: &Repository, dir: &str, service: &mut Service) {
    let origin = Origin::detected("Rocket reads its port from this").likely();
    service.port_setting.propose(PortSetting::Env("ROCKET_PORT".to_owned()), origin);
    let Some(path) = repo.first_of(dir, ["Rocket.toml"]) else { return };
    let Some(document) = repo.document(&path) else { return };
    for profile in ["release", "default", "global", "debug", "development"] {
        if let Some(node) = document.at(&[profile, "port"])
            && let Some(port) = node.integer().and_then(|port| u16::try_from(port).ok())
        {
            service
                .port
                .propose(port, crate::project::at(format!("Rocket.toml {profile}.port"), &path, node.line));
        }
    }
}

fn has_site(repo: &Repository, project: &Project) -> bool {
    repo.first_of(&project.dir, ["Trunk.toml", "index.html", "Dioxus.toml"]).is_some()
}

/// Tools of the workspace, and the native half of a desktop app.
fn is_aside(repo: &Repository, package: &Package) -> bool {
    let dir = &package.project.dir;
    package.project.name.as_deref() == Some("xtask")
        || repo.first_of(dir, ["tauri.conf.json", "tauri.conf.json5"]).is_some()
        || dir.split('/').any(|part| matches!(part, "examples" | "fuzz" | "benches"))
        || parent(&package.project.manifest).ends_with("/migration")
            && package.project.has("sea-orm-migration")
        || dir == "migration"
}
