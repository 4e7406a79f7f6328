//! Scala: sbt builds.

use seaworthy_model::{Origin, PortSetting, Runtime};

use super::code_manifest::CodeManifest;
use super::{Language, manifests, runtime_files};
use crate::framework::Chosen;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, is_within, join, parent};
use crate::rules::CommentStyle;
use crate::source::Facts;

pub(crate) struct Scala;

impl Language for Scala {
    fn family(&self) -> &'static str {
        "scala"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let paths: Vec<&str> = manifests(repo, "build.sbt").collect();
        // A build file inside another build's folder adds to that build.
        let is_root = |path: &&str| {
            !paths.iter().any(|other| parent(other) != parent(path) && is_within(parent(other), parent(path)))
        };
        paths.iter().copied().filter(is_root).filter_map(|path| read(repo, path)).collect()
    }

    fn find_entry(&self, _repo: &Repository, project: &mut Project, facts: &Facts) {
        if facts.entries.iter().any(|entry| entry.of == "main") {
            project.role = Role::Application;
        }
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let Some(build) = CodeManifest::read(repo, &project.manifest, CommentStyle::C) else { return };
        let is_play = chosen.is_some_and(|chosen| chosen.rule.name == "play");
        commands(repo, project, &build, facts, is_play);
    }
}

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let build = CodeManifest::read(repo, path, CommentStyle::C)?;
    let dir = parent(path);
    let mut project = Project::new(dir, "scala", path);
    project.name = build.first(r#"(?m)(?:^|[\s,(])name\s*:=\s*"{1,3}([^"]+)"{1,3}"#).map(|found| found.first);
    for found in build.all(r#""([\w.-]+"\s*%{1,3}\s*"[\w.-]+)"([^\n]*)"#) {
        let name: String =
            found.first.split('"').filter(|part| !part.contains('%')).collect::<Vec<_>>().join(":");
        project.depend(&name, found.line, found.second.contains("Test"));
    }
    if let Some(plugins) = repo.first_of(dir, ["project/plugins.sbt"])
        && let Some(manifest) = CodeManifest::read(repo, &plugins, CommentStyle::C)
    {
        for found in manifest.all(r#"addSbtPlugin\(\s*"[\w.-]+"\s*%\s*"([\w.-]+)""#) {
            project.depend(&found.first, found.line, true);
            if let Some(known) = project.dependencies.get_mut(&found.first) {
                known.place = Some(seaworthy_model::Place::line(&plugins, found.line));
            }
        }
    }
    let origin = || at_file("build.sbt is there", path);
    let service = &mut project.service;
    service.language.propose("scala".to_owned(), origin());
    service.package_manager.propose("sbt".to_owned(), origin());
    service.install.propose("sbt update".to_owned(), origin().likely());
    service.test.propose("sbt test".to_owned(), origin().likely());
    runtime_files::propose(repo, dir, "java", &["openjdk"], &[".java-version"], service);
    if let Some(sdkman) = repo.first_of(dir, [".sdkmanrc"])
        && let Some((version, place)) = runtime_files::find_in(repo, &sdkman, r"(?m)^java=([\d.]+)")
    {
        runtime_files::say(service, "java", &version, at(".sdkmanrc java", &sdkman, place.line.unwrap_or(1)));
    }
    service.runtime.propose(Runtime::new("java", None), origin().guess());
    Some(project)
}

/// How a build's program is packed and started depends on its plugins.
fn commands(repo: &Repository, project: &mut Project, build: &CodeManifest, facts: &Facts, is_play: bool) {
    let dir = project.dir.clone();
    let name = project.name.clone().unwrap_or_else(|| "app".to_owned());
    let module = module(repo, project, build, facts);
    let task = |task: &str| match &module {
        Some((module, _)) => format!("sbt {module}/{task}"),
        None => format!("sbt {task}"),
    };
    let folder = module.as_ref().map_or(String::new(), |(_, folder)| format!("{folder}/"));
    let of_plugin = |project: &Project, plugin: &str| -> Option<Origin> {
        let known = project.dependency(plugin)?;
        let place = known.place.clone().unwrap_or_else(|| project.place());
        Some(Origin::detected(format!("the sbt plugin {plugin}")).at(place).likely())
    };
    let program = module.as_ref().map_or(name, |(module, _)| module.clone());
    let packager = of_plugin(project, "sbt-native-packager")
        .or_else(|| of_plugin(project, "sbt-plugin").filter(|_| is_play));
    let usual = || at_file("build.sbt is there", &join(&dir, "build.sbt")).guess();
    if let Some(origin) = packager {
        let port = if is_play { " -Dhttp.port=${PORT:-9000}" } else { "" };
        project.service.build.propose(task("stage"), origin.clone());
        // sbt normalises the name: lower case, with a dash for whatever is no letter, digit or underscore.
        let words = program.to_lowercase();
        let words: Vec<&str> =
            words.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
        let program = words.join("-");
        if is_play {
            project.service.port_setting.propose(PortSetting::Env("PORT".to_owned()), origin.clone());
        }
        let start = format!("{folder}target/universal/stage/bin/{program}{port}");
        project.service.start.propose(start, origin);
    } else if let Some(origin) = of_plugin(project, "sbt-assembly") {
        let jar = build.first(r#"assemblyJarName\s*:=\s*"([^"]+)""#).map(|found| found.first);
        project.service.build.propose(task("assembly"), origin.clone());
        let scala = build.first(r#"scalaVersion\s*:=\s*"([^"]+)""#).map(|found| found.first);
        if let Some(scala) = scala {
            // Scala 2 names the folder by its binary version, Scala 3 by its full one.
            let short = scala.rsplitn(2, '.').last().unwrap_or(&scala).to_owned();
            let scala = if scala.starts_with('2') { short } else { scala };
            let version = build.first(r#"(?m)(?:^|[\s/])version\s*:=\s*"([^"]+)""#);
            let version = version.map_or("0.1.0-SNAPSHOT".to_owned(), |found| found.first);
            let jar = jar.unwrap_or_else(|| format!("{program}-assembly-{version}.jar"));
            let start = format!("java -jar {folder}target/scala-{scala}/{jar}");
            project.service.start.propose(start, origin);
        }
    } else {
        project.service.build.propose(task("compile"), usual());
        if project.role == Role::Application || is_play {
            project.service.start.propose(task("run"), usual());
        }
    }
    if let Some(origin) = of_plugin(project, "sbt-revolver") {
        project.service.dev.propose(format!("sbt '~{}'", task("reStart").trim_start_matches("sbt ")), origin);
    } else if is_play {
        let origin = Origin::detected("Play reloads what changes by itself").guess();
        project
            .service
            .dev
            .propose(format!("sbt \"{} ${{PORT:-9000}}\"", task("run").trim_start_matches("sbt ")), origin);
    } else if project.role == Role::Application {
        project.service.dev.propose(task("run"), usual());
    }
}

/// The subproject that the main program is in, with its folder; `None` when it is in the root project.
fn module(
    repo: &Repository,
    project: &Project,
    build: &CodeManifest,
    facts: &Facts,
) -> Option<(String, String)> {
    let main = facts.entries.iter().find(|entry| entry.of == "main").map(|entry| entry.place.file.clone());
    let play = repo.under(&project.dir).iter().find(|path| path.ends_with("conf/routes"));
    let file = main.or_else(|| play.map(ToString::to_string))?;
    let modules = build.all(r#"lazy\s+val\s+(\w+)\s*(?::[^=]+)?=\s*\(?\s*project(?:\s*\.?\s*in\s*\(?\s*file\(\s*"([^"]*)"\s*\))?"#);
    modules.into_iter().find_map(|found| {
        let folder = if found.second.is_empty() { found.first.clone() } else { found.second };
        (folder != "." && is_within(&join(&project.dir, &folder), &file)).then_some((found.first, folder))
    })
}
