//! The commands of a build: wrapper or installed tool, module or whole, by framework.

use seaworthy_model::{Origin, PortSetting};

use super::{Build, Tool};
use crate::project::{Project, at_file};
use crate::repository::{Repository, join, relative};
use crate::source::Facts;

pub(super) fn propose(
    repo: &Repository,
    project: &mut Project,
    build: &Build,
    facts: &Facts,
    framework: &str,
) {
    let up = match relative(&build.root, &project.dir) {
        inner if inner == build.root || project.dir == build.root => String::new(),
        inner => "../".repeat(inner.split('/').count()),
    };
    let main = facts.entry("main").and_then(|entry| class_of(project, &entry.place.file));
    let commands = match build.tool {
        Tool::Maven => maven(repo, project, build, &up, framework, main.as_deref()),
        Tool::Gradle => gradle(repo, project, build, &up, framework),
    };
    let origin = || {
        at_file(
            format!("{} builds it", project.manifest.rsplit('/').next().unwrap_or("the build")),
            &project.manifest,
        )
    };
    let (manifest, lint) = (project.manifest.clone(), lint(build, &commands.tool));
    let runs = Origin::detected(if commands.start.contains("exec:java") {
        "the main class, by the build tool"
    } else {
        "the archive that the build makes"
    });
    let runs = runs.at(seaworthy_model::Place::file(&manifest));
    let origin = origin();
    let service = &mut project.service;
    if let Some(install) = commands.install {
        service.install.propose(install, origin.clone().likely());
    }
    service.build.propose(commands.build, origin.clone());
    service.dev.propose(commands.dev, origin.clone());
    service.test.propose(commands.test, origin.clone());
    service.start.propose(commands.start, runs.clone().likely());
    if let Some(lint) = lint {
        service.lint.propose(lint, origin);
    }
    if framework == "dropwizard" && service.port_setting.get().is_none() {
        service
            .port_setting
            .propose(PortSetting::Fixed, Origin::detected("Dropwizard reads its port from a file").guess());
    }
}

/// The class of a file below the sources: `src/main/java/com/acme/App.java` is `com.acme.App`, a Kotlin file's
/// functions are in `AppKt`.
fn class_of(project: &Project, file: &str) -> Option<String> {
    let file = relative(&project.dir, file);
    let inner = file.strip_prefix("src/main/java/").or_else(|| file.strip_prefix("src/main/kotlin/"))?;
    let (stem, ending) = inner.rsplit_once('.')?;
    let suffix = if ending == "kt" { "Kt" } else { "" };
    Some(format!("{}{suffix}", stem.replace('/', ".")))
}

struct Commands {
    tool: String,
    install: Option<String>,
    build: String,
    dev: String,
    start: String,
    test: String,
}

fn maven(
    repo: &Repository,
    project: &Project,
    build: &Build,
    up: &str,
    framework: &str,
    main: Option<&str>,
) -> Commands {
    let wrapped = repo.has(&join(&build.root, "mvnw"));
    let own = repo.has(&join(&project.dir, "mvnw"));
    let tool = match (own, wrapped) {
        (true, _) => "./mvnw".to_owned(),
        (_, true) if up.is_empty() => "./mvnw".to_owned(),
        (_, true) => format!("{up}mvnw"),
        _ => "mvn".to_owned(),
    };
    // A module that needs its siblings is built from the root, with them.
    let module = relative(&build.root, &project.dir);
    let whole = if build.has_siblings && !up.is_empty() {
        format!(" -f {up}pom.xml -pl {module} -am")
    } else {
        String::new()
    };
    let install = if whole.is_empty() {
        format!("{tool} -B dependency:go-offline")
    } else {
        format!("{tool} -B{whole} install -DskipTests")
    };
    let name = build.archive.clone().unwrap_or_else(|| match &build.version {
        Some(version) => format!("{}-{version}", build.artifact),
        None => build.artifact.clone(),
    });
    let ending = if build.packaging == "war" { "war" } else { "jar" };
    let jar = format!("java -jar target/{name}.{ending}");
    let run = main.map(|class| format!("{tool} -q compile exec:java -Dexec.mainClass={class}"));
    let run = run.unwrap_or_else(|| format!("{tool} -q compile exec:java"));
    let makes_fat = ["maven-shade-plugin", "maven-assembly-plugin", "spring-boot-maven-plugin"]
        .iter()
        .any(|plugin| build.has_plugin(plugin));
    let (dev, start) = match framework {
        "spring-boot" => (format!("{tool} spring-boot:run"), jar),
        "quarkus" => {
            (format!("{tool} quarkus:dev"), "java -jar target/quarkus-app/quarkus-run.jar".to_owned())
        }
        "micronaut" => (format!("{tool} mn:run"), jar),
        "dropwizard" => {
            let config = dropwizard_config(repo, project);
            (format!("{run} -Dexec.args=\"server {config}\""), format!("{jar} server {config}"))
        }
        _ if build.has_plugin("maven-assembly-plugin") && build.archive.is_none() => {
            (run, format!("java -jar target/{name}-jar-with-dependencies.jar"))
        }
        _ if makes_fat => (run, jar),
        _ => (run.clone(), run),
    };
    Commands {
        install: Some(install),
        build: format!("{tool} -B{whole} package -DskipTests"),
        dev,
        start,
        test: format!("{tool} -B{whole} test"),
        tool,
    }
}

fn gradle(repo: &Repository, project: &Project, build: &Build, up: &str, framework: &str) -> Commands {
    let tool = if repo.has(&join(&build.root, "gradlew")) {
        if up.is_empty() { "./gradlew".to_owned() } else { format!("{up}gradlew") }
    } else {
        "gradle".to_owned()
    };
    let versioned = match &build.version {
        Some(version) => format!("{}-{version}", build.artifact),
        None => build.artifact.clone(),
    };
    let name = build.archive.clone().unwrap_or_else(|| versioned.clone());
    let has_shadow = [
        "com.github.johnrengelman.shadow",
        "com.gradleup.shadow",
        "io.github.goooler.shadow",
        "io.micronaut.application",
    ]
    .iter()
    .any(|plugin| build.has_plugin(plugin));
    let fat = build.archive.clone().unwrap_or_else(|| format!("{versioned}-all"));
    let (task, dev, start) = match framework {
        "spring-boot" => {
            let ending = if build.packaging == "war" { "war" } else { "jar" };
            ("build -x test", "bootRun", format!("java -jar build/libs/{name}.{ending}"))
        }
        "quarkus" => {
            ("build -x test", "quarkusDev", "java -jar build/quarkus-app/quarkus-run.jar".to_owned())
        }
        _ if build.has_plugin("io.ktor.plugin") => {
            let fat = build.archive.clone().unwrap_or_else(|| format!("{}-all", build.artifact));
            ("buildFatJar", "run", format!("java -jar build/libs/{fat}.jar"))
        }
        _ if has_shadow => ("shadowJar", "run", format!("java -jar build/libs/{fat}.jar")),
        _ if build.has_plugin("application") => {
            ("installDist", "run", format!("./build/install/{name}/bin/{name}", name = build.artifact))
        }
        _ => ("build -x test", "run", format!("java -jar build/libs/{name}.jar")),
    };
    let config = (framework == "dropwizard").then(|| dropwizard_config(repo, project));
    let (dev, start) = match config {
        Some(config) => (format!("{dev} --args=\"server {config}\""), format!("{start} server {config}")),
        None => (dev.to_owned(), start),
    };
    Commands {
        install: None,
        build: format!("{tool} {task}"),
        dev: format!("{tool} {dev}"),
        start,
        test: format!("{tool} test"),
        tool,
    }
}

fn dropwizard_config(repo: &Repository, project: &Project) -> String {
    super::application::dropwizard_file(repo, &project.dir)
        .map_or("config.yml".to_owned(), |path| relative(&project.dir, &path).to_owned())
}

fn lint(build: &Build, tool: &str) -> Option<String> {
    let known = [
        ("spotless-maven-plugin", "spotless:check"),
        ("maven-checkstyle-plugin", "checkstyle:check"),
        ("com.diffplug.spotless", "spotlessCheck"),
        ("org.jlleitschuh.gradle.ktlint", "ktlintCheck"),
        ("io.gitlab.arturbosch.detekt", "detekt"),
        ("checkstyle", "checkstyleMain"),
    ];
    let (_, task) = known.iter().find(|(plugin, _)| build.has_plugin(plugin))?;
    Some(format!("{tool} {task}"))
}
