//! .NET: C# and F# projects of the SDK style.

mod manifest;
mod settings;

use seaworthy_model::{Field, Kind, Origin, PortSetting, Runtime};

use super::{Language, is_aside, runtime_files};
use crate::framework::Chosen;
use crate::project::{Project, Role, at_file};
use crate::repository::{Repository, extension, file_name, is_within, parent, upwards};
use crate::source::{EnvRead, Facts};
use manifest::Build;

pub(crate) struct DotNet;

impl Language for DotNet {
    fn family(&self) -> &'static str {
        "dotnet"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let all: Vec<&str> = repo.with_extension("csproj").chain(repo.with_extension("fsproj")).collect();
        let found = all.iter().filter(|path| !is_aside(path)).filter_map(|path| manifest::read(repo, path));
        found
            .map(|(project, build)| {
                let mut project = complete(repo, project, &build, &all);
                project.build = Some(std::sync::Arc::new(build));
                project
            })
            .collect()
    }

    fn read_config(&self, repo: &Repository, project: &Project, facts: &mut Facts) {
        // Two underscores stand for the colon of a section: `Jwt:Key` is set by `Jwt__Key`.
        let known = settings::read(repo, &project.dir);
        for read in &mut facts.env {
            let value = known.iter().find(|setting| setting.key == read.name);
            if let Some(setting) = value.filter(|setting| !setting.value.is_empty()) {
                read.optional = true;
                read.default = read.default.take().or(Some(setting.value.clone()));
            }
            read.name = read.name.replace(':', "__");
            if crate::secret::is_secret(&read.name) {
                read.default = None;
            }
        }
        for setting in &known {
            let Some(name) = setting.key.strip_prefix("ConnectionStrings:") else { continue };
            if let Some(resource) = settings::database(name, &setting.value) {
                facts.uses.push((resource.to_owned(), setting.place.clone()));
            }
            let variable = format!("ConnectionStrings__{name}");
            if !facts.env.iter().any(|read| read.name == variable) {
                let place = setting.place.clone();
                facts.env.push(EnvRead {
                    name: variable,
                    default: None,
                    optional: !setting.value.is_empty(),
                    place,
                });
            }
        }
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, _facts: &Facts) {
        let Some(build) = build_of(project) else { return };
        let has_program =
            repo.first_of(&project.dir, ["Program.cs", "Startup.cs", "Program.fs", "Main.fs"]).is_some();
        project.role = match () {
            () if build.is_test || build.is_desktop || build.is_legacy || build.is_host => Role::Library,
            () if build.is_executable() && (has_program || build.sdk == manifest::WEB) => Role::Application,
            () if build.sdk == manifest::BLAZOR || project.has("Microsoft.NET.Sdk.Functions") => {
                Role::Application
            }
            () => Role::Library,
        };
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let Some(build) = build_of(project) else { return };
        if project.role != Role::Application {
            project.service.framework = Field::default();
            project.service.kind = Field::default();
            return;
        }
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        let origin = || at_file(format!("{} builds it", file_name(&project.manifest)), &project.manifest);
        let (build_origin, run) = (origin(), origin());
        match framework {
            "blazor" => return,
            "azure-functions" => {}
            "aspnet" => web(repo, project, &build, facts),
            _ => {
                project.service.dev.propose("dotnet run".to_owned(), run.clone());
                project
                    .service
                    .start
                    .propose(format!("dotnet bin/publish/{}.dll", build.assembly), run.clone());
                if framework == "dotnet-worker"
                    && build.sdk != manifest::WORKER
                    && facts.entry("hosted").is_none()
                {
                    // A host that nothing stays in ends by itself.
                    project.service.kind = Field::default();
                    project.service.framework = Field::default();
                }
                if project.service.kind.get().is_none() && facts.entry("loop").is_some() {
                    project.service.kind.propose(Kind::Worker, run.likely());
                }
            }
        }
        // Below `bin`, which no build takes for sources; elsewhere each publication would contain the last one.
        project.service.build.propose("dotnet publish -c Release -o bin/publish".to_owned(), build_origin);
    }
}

/// ASP.NET Core: the addresses it listens on are the host's to say.
fn web(repo: &Repository, project: &mut Project, build: &Build, facts: &Facts) {
    let origin = || at_file("an ASP.NET Core app", &project.manifest);
    let (said, run) = (settings::launch_port(repo, &project.dir), origin());
    let fixed = settings::kestrel_port(repo, &project.dir);
    let service = &mut project.service;
    if let Some((port, place)) = &said {
        // What developers use says nothing about where it runs for others.
        service
            .port
            .propose(*port, Origin::detected("launchSettings.json applicationUrl").at(place.clone()).guess());
        service.port.retain(|evidence| evidence.origin.rule != "ASP.NET Core default port");
    }
    let reads_port = service.port_setting.get().is_some_and(|setting| matches!(setting, PortSetting::Env(_)));
    if let Some((port, place)) = fixed {
        let origin = || Origin::detected("appsettings.json Kestrel endpoint").at(place.clone());
        service.port.propose(port, origin());
        service.port_setting.propose(PortSetting::Fixed, origin());
    }
    let is_fixed = matches!(service.port_setting.get(), Some(PortSetting::Fixed));
    let port = service.port.get().copied().unwrap_or(5000);
    let dll = format!("dotnet bin/publish/{}.dll", build.assembly);
    let (dev, start) = if reads_port || is_fixed {
        ("dotnet watch run".to_owned(), dll)
    } else if facts.entry("arguments").is_some() {
        (
            format!("dotnet watch run -- --urls http://localhost:${{PORT:-{port}}}"),
            format!("{dll} --urls http://0.0.0.0:${{PORT:-{port}}}"),
        )
    } else {
        // A builder that is given no arguments hears of an address through the environment alone, which launch
        // profiles overrule.
        let urls = |host: &str| format!("ASPNETCORE_URLS=http://{host}:${{PORT:-{port}}}");
        (
            format!(
                "ASPNETCORE_ENVIRONMENT=Development {} dotnet watch run --no-launch-profile",
                urls("localhost")
            ),
            format!("{} {dll}", urls("0.0.0.0")),
        )
    };
    service.dev.propose(dev, run.clone());
    service.start.propose(start, run.clone());
    if !reads_port && !is_fixed {
        service.port_setting.propose(PortSetting::Env("PORT".to_owned()), run.likely());
    }
}

fn build_of(project: &Project) -> Option<std::sync::Arc<Build>> {
    project.build.clone()?.downcast::<Build>().ok()
}

/// What a project's own files say, whatever it is.
fn complete(repo: &Repository, mut project: Project, build: &Build, all: &[&str]) -> Project {
    let (dir, manifest) = (project.dir.clone(), project.manifest.clone());
    let origin = || at_file(format!("{} is there", file_name(&manifest)), &manifest);
    let language = if manifest.ends_with(".fsproj") { "fsharp" } else { "csharp" };
    let service = &mut project.service;
    service.language.propose(language.to_owned(), origin());
    service.package_manager.propose("nuget".to_owned(), origin());
    service.install.propose("dotnet restore".to_owned(), origin());
    if let Some((command, origin)) = tests(repo, &dir, build, all) {
        service.test.propose(command, origin);
    }
    sdk(repo, &dir, service);
    runtime_files::propose(repo, &dir, "dotnet", &["dotnet-core", "dotnet-sdk"], &[], service);
    service.runtime.propose(Runtime::new("dotnet", None), origin().guess());
    project
}

/// `global.json` names an SDK, which builds for its own and every older runtime: only an older SDK contradicts.
fn sdk(repo: &Repository, dir: &str, service: &mut seaworthy_model::Service) {
    let Some(path) = upwards(dir).find_map(|dir| repo.first_of(dir, ["global.json"])) else { return };
    let Some(document) = repo.document(&path) else { return };
    let Some(node) = document.at(&["sdk", "version"]) else { return };
    let Some(version) = node.text() else { return };
    let major = |text: &str| text.split('.').next().and_then(|part| part.parse::<u32>().ok());
    let target = service.runtime.get().and_then(|runtime| major(runtime.version.as_deref()?));
    let is_newer = major(version).zip(target).is_some_and(|(sdk, target)| sdk > target);
    let origin = crate::project::at("global.json sdk.version", &path, node.line);
    runtime_files::say(service, "dotnet", version, if is_newer { origin.guess() } else { origin.likely() });
}

/// The solution's tests, or those of the one test project that refers to this project.
fn tests(repo: &Repository, dir: &str, build: &Build, all: &[&str]) -> Option<(String, Origin)> {
    let solution = upwards(dir).find_map(|above| {
        let mut found = repo.files_in(above).filter(|path| matches!(extension(path), Some("sln" | "slnx")));
        found.next().map(|path| (above, path))
    });
    let up = |above: &str| match crate::repository::relative(above, dir) {
        inner if inner == above || above == dir => String::new(),
        inner => "../".repeat(inner.split('/').count()),
    };
    let is_test = |path: &&str| {
        let stem = file_name(path).rsplit_once('.').map_or("", |(stem, _)| stem);
        stem.ends_with("Tests") || stem.ends_with("Test") || stem.ends_with(".Specs")
    };
    let all = || all.iter().copied();
    let tested = all().find(is_test)?;
    if let Some((above, path)) = solution {
        let command = match up(above) {
            up if up.is_empty() => "dotnet test".to_owned(),
            up => format!("dotnet test {up}{}", file_name(path)),
        };
        return Some((command, at_file("a solution with tests", path)));
    }
    let path = all().filter(is_test).find(|path| {
        repo.text(path).is_some_and(|text| {
            text.contains(&format!("{}.csproj", build.stem))
                || text.contains(&format!("{}.fsproj", build.stem))
        })
    });
    let path = path.unwrap_or(tested);
    let common = upwards(dir).find(|above| is_within(above, path))?;
    let command = format!("dotnet test {}{}", up(common), crate::repository::relative(common, parent(path)));
    Some((command, at_file("tests it", path)))
}
