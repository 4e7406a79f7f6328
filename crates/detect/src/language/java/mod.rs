//! Java and Kotlin: Maven and Gradle builds.

mod application;
mod command;
mod gradle;
mod maven;

use seaworthy_model::{Field, Kind, Origin, Place, PortSetting, Probe, Runtime};

use super::{Language, runtime_files};
use crate::framework::Chosen;
use crate::project::{Project, Role, at, at_file};
use crate::repository::Repository;
use crate::resource;
use crate::source::{EnvRead, Facts};

pub(crate) struct Java;

/// What a build file says beyond what every project has.
#[derive(Clone, Debug, Default)]
pub(super) struct Build {
    pub(super) tool: Tool,
    /// The folder of the build that this module belongs to, its own when it stands alone.
    pub(super) root: String,
    pub(super) artifact: String,
    pub(super) version: Option<String>,
    /// The name of the archive without its ending, when the build file chooses one.
    pub(super) archive: Option<String>,
    /// `war`, `jar`, `pom`.
    pub(super) packaging: String,
    /// Plugins: Maven's artifact names, Gradle's identifiers.
    pub(super) plugins: Vec<String>,
    /// It depends on another module of the same build.
    pub(super) has_siblings: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tool {
    #[default]
    Maven,
    Gradle,
}

impl Build {
    pub(super) fn has_plugin(&self, name: &str) -> bool {
        self.plugins.iter().any(|known| known == name)
    }
}

impl Language for Java {
    fn family(&self) -> &'static str {
        "java"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut found = maven::projects(repo);
        for (project, build) in gradle::projects(repo) {
            // Where both build files lie side by side Maven's is read: it is data.
            if !found.iter().any(|(known, _)| known.dir == project.dir) {
                found.push((project, build));
            }
        }
        found
            .into_iter()
            .map(|(project, build)| {
                let mut project = complete(repo, project, &build);
                project.build = Some(std::sync::Arc::new(build));
                project
            })
            .collect()
    }

    fn read_config(&self, repo: &Repository, project: &Project, facts: &mut Facts) {
        for setting in application::settings(repo, &project.dir) {
            for found in application::placeholders(&setting.value) {
                let application::Placeholder { name, default, optional } = found;
                facts.env.push(EnvRead { name, default, optional, place: setting.place.clone() });
            }
            if let Some(resource) = application::resource(&setting) {
                facts.uses.push((resource.to_owned(), setting.place.clone()));
            }
            let address = application::plain(&setting.value);
            if let Some(resource) = resource::of_address(&address).filter(|found| *found != "sqlite") {
                facts.uses.push((resource.to_owned(), setting.place));
            }
        }
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, facts: &Facts) {
        let Some(build) = build_of(project) else { return };
        let is_quarkus = build.has_plugin("io.quarkus") || build.has_plugin("quarkus-maven-plugin");
        // A resource class is started by Quarkus; without its plugin it is part of a library.
        let starts = facts.entries.iter().any(|entry| match entry.of.as_str() {
            "loop" => false,
            "quarkus-resource" => is_quarkus,
            _ => true,
        });
        let is_mobile = build.plugins.iter().any(|plugin| plugin.starts_with("com.android."));
        project.role = match project.role {
            Role::Workspace => Role::Workspace,
            _ if starts && !is_mobile => Role::Application,
            // The main class may be written in another language of the JVM.
            _ if build.has_plugin("spring-boot-maven-plugin")
                && project.dir == build.root
                && has_sources(repo, project) =>
            {
                Role::Application
            }
            _ => Role::Library,
        };
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        if project.role != Role::Application {
            return;
        }
        let Some(build) = build_of(project) else { return };
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        command::propose(repo, project, &build, facts, framework);
        let settings = application::settings(repo, &project.dir);
        port(project, &settings, framework);
        health(project, &settings, framework);
        if framework == "spring-boot"
            && project.has("org.springframework.boot:spring-boot-starter-batch")
            && facts.routes.is_empty()
        {
            let is_web = project.service.port_setting.get().is_some();
            if !is_web {
                let origin = at_file("depends on Spring Batch and serves nothing", &project.manifest);
                project.service.kind = Field::default();
                project.service.kind.propose(Kind::Job, origin);
            }
        }
        if framework.is_empty() && facts.listens.is_empty() && facts.entry("loop").is_some() {
            let origin = at_file("loops without listening", &project.manifest).likely();
            project.service.kind.propose(Kind::Worker, origin);
        }
    }
}

fn build_of(project: &Project) -> Option<std::sync::Arc<Build>> {
    project.build.clone()?.downcast::<Build>().ok()
}

fn has_sources(repo: &Repository, project: &Project) -> bool {
    repo.has_dir(&crate::repository::join(&project.dir, "src/main"))
}

/// The port that the configuration says, and the variable that sets it.
fn port(project: &mut Project, settings: &[application::Setting], framework: &str) {
    let keys: &[&str] = match framework {
        "spring-boot" | "helidon" => &["server.port"],
        "quarkus" => &["quarkus.http.port"],
        "micronaut" => &["micronaut.server.port"],
        "ktor" => &["ktor.deployment.port"],
        "dropwizard" => &["server.applicationConnectors.port", "server.connector.port"],
        _ => return,
    };
    for setting in settings.iter().filter(|setting| keys.contains(&setting.key.as_str())) {
        let origin = || {
            at(format!("{} sets the port", setting.key), &setting.place.file, setting.place.line.unwrap_or(1))
        };
        let named = application::placeholders(&setting.value).into_iter().next();
        if let Some(application::Placeholder { name, .. }) = &named {
            project.service.port_setting.propose(PortSetting::Env(name.clone()), origin());
        }
        if let Ok(port) = application::plain(&setting.value).trim().parse::<u16>()
            && port > 0
        {
            project.service.port.propose(port, origin());
        }
        if framework == "dropwizard" && named.is_none() {
            project.service.port_setting.propose(PortSetting::Fixed, origin());
        }
        if framework == "ktor" && project.service.port_setting.get().is_none() && named.is_none() {
            project.service.port_setting.propose(PortSetting::Flag("-port".to_owned()), origin().likely());
        }
    }
}

/// Health paths that configuration moves or splits.
fn health(project: &mut Project, settings: &[application::Setting], framework: &str) {
    let value = |key: &str| settings.iter().find(|setting| setting.key == key);
    let place = |name: &str| project.dependency(name).and_then(|found| found.place.clone());
    match framework {
        "spring-boot" => {
            let Some(shown) = place("org.springframework.boot:spring-boot-starter-actuator") else { return };
            let context = value("server.servlet.context-path").or_else(|| value("spring.webflux.base-path"));
            let context =
                context.map(|setting| setting.value.trim_end_matches('/').to_owned()).unwrap_or_default();
            let base = value("management.endpoints.web.base-path")
                .map_or("/actuator".to_owned(), |setting| setting.value.trim_end_matches('/').to_owned());
            // An admin port of its own answers without the app's prefix, and not where the app listens.
            if value("management.server.port").is_some() {
                project.service.readiness = Field::default();
                project.service.liveness = Field::default();
                return;
            }
            let splits = value("management.endpoint.health.probes.enabled")
                .is_some_and(|setting| setting.value == "true");
            let (ready, alive) = if splits { ("/readiness", "/liveness") } else { ("", "") };
            let origin = || Origin::detected("Actuator's health endpoint").at(shown.clone());
            project
                .service
                .readiness
                .propose(Probe::http(format!("{context}{base}/health{ready}")), origin());
            project.service.liveness.propose(Probe::http(format!("{context}{base}/health{alive}")), origin());
        }
        "quarkus" => {
            let Some(shown) = place("io.quarkus:quarkus-smallrye-health") else { return };
            let root = value("quarkus.http.non-application-root-path")
                .map_or("/q".to_owned(), |setting| format!("/{}", setting.value.trim_matches('/')));
            let origin = || Origin::detected("SmallRye Health's endpoints").at(shown.clone());
            project.service.readiness.propose(Probe::http(format!("{root}/health/ready")), origin());
            project.service.liveness.propose(Probe::http(format!("{root}/health/live")), origin());
        }
        _ => {}
    }
}

fn complete(repo: &Repository, mut project: Project, build: &Build) -> Project {
    let (dir, manifest) = (project.dir.clone(), project.manifest.clone());
    let kotlin = repo.has_dir(&crate::repository::join(&dir, "src/main/kotlin"))
        || build.plugins.iter().any(|plugin| plugin.contains("kotlin"));
    let kotlin = kotlin && !repo.has_dir(&crate::repository::join(&dir, "src/main/java"));
    let (language, rule) =
        if kotlin { ("kotlin", "Kotlin is built here") } else { ("java", "Java is built here") };
    let service = &mut project.service;
    service.language.propose(language.to_owned(), at_file(rule, &manifest));
    let manager = if build.tool == Tool::Maven { "maven" } else { "gradle" };
    service.package_manager.propose(manager.to_owned(), at_file(format!("{manager} builds it"), &manifest));
    // A build names the oldest Java that will do; what a version file pins goes first.
    let oldest = std::mem::take(&mut service.runtime);
    runtime_files::propose(repo, &dir, "java", &["openjdk"], &[".java-version"], service);
    for dir in crate::repository::upwards(&dir) {
        for (file, pattern) in [
            (".sdkmanrc", r"(?m)^\s*java\s*=\s*([\d.]+)"),
            ("system.properties", r"(?m)^\s*java\.runtime\.version\s*=\s*([\d.]+)"),
        ] {
            let path = crate::repository::join(dir, file);
            if let Some((version, place)) = runtime_files::find_in(repo, &path, pattern) {
                let origin = Origin::detected(format!("{file} says the version")).at(place);
                runtime_files::say(service, "java", &version, origin);
            }
        }
    }
    for evidence in oldest.all() {
        service.runtime.propose(evidence.value.clone(), evidence.origin.clone());
    }
    service.runtime.propose(Runtime::new("java", None), at_file("a build for the JVM", &manifest).guess());
    project
}

/// `1.8` is what Java 8 was called.
pub(super) fn release(text: &str) -> String {
    let text = text.trim().trim_matches(['"', '\'']);
    let text = text.strip_prefix("JavaVersion.VERSION_").unwrap_or(text).replace('_', ".");
    text.strip_prefix("1.").map_or(text.clone(), str::to_owned)
}

/// The oldest Java that runs it: what a compiler aims at runs on every later one.
pub(super) fn say_release(project: &mut Project, text: &str, rule: String, place: Place) {
    let release = release(text);
    if release.starts_with(|c: char| c.is_ascii_digit()) {
        let origin = Origin::detected(rule).at(place);
        runtime_files::say(&mut project.service, "java", &format!(">={release}"), origin);
    }
}
