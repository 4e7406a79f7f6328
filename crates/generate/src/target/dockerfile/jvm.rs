//! Java and its kin, with Maven and Gradle.

use super::health::Asker;
use super::recipe::{Kitchen, System};
use super::subject::within;
use super::{generic, subject::HOME};

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    let command = subject.command();
    let Some(jar) = artefact(&command.words) else { return generic::service(kitchen) };
    kitchen.recipe.template = "java";
    let version = subject.version(1, "21");
    let is_maven = subject.instance.service.package_manager.get().is_some_and(|name| name == "maven");
    let build = kitchen.recipe.build.clone().unwrap_or_default();
    let uses_wrapper = build.contains("mvnw") || build.contains("gradlew");
    let image = match (uses_wrapper, is_maven) {
        (true, _) => format!("eclipse-temurin:{version}-jdk"),
        (false, true) => format!("maven:3.9-eclipse-temurin-{version}"),
        (false, false) => format!("gradle:8-jdk{version}"),
    };
    kitchen.base("JDK", image);
    kitchen.base("JRE", format!("eclipse-temurin:{version}-jre-alpine"));
    kitchen.recipe.system = System::Alpine;
    if is_maven {
        kitchen.cache(&["/root/.m2"]);
        kitchen.recipe.manifests = if subject.is_member() {
            subject.manifests(|name| name == "pom.xml" || name == "mvnw")
        } else {
            subject.manifests(|name| name == "pom.xml" || name == "mvnw")
        };
        if subject.context_paths().any(|path| path.starts_with(".mvn/")) {
            kitchen.recipe.manifests.push(".mvn ./.mvn".to_owned());
        }
        // Modules of one build need each other's sources before their dependencies can be told.
        kitchen.recipe.install.take_if(|_| subject.is_member());
    } else {
        kitchen.cache(&["/root/.gradle"]);
        kitchen.build_env("GRADLE_USER_HOME", "/root/.gradle");
        kitchen.recipe.install = None;
    }
    if kitchen.recipe.install.is_none() {
        kitchen.recipe.manifests.clear();
    }
    let path = within(&subject.workdir(), &jar.built);
    kitchen.recipe.artefacts = vec![format!("{path} {}", jar.placed)];
    // What the command names besides its program is copied beside it.
    let mut words = command.words.clone();
    for word in &mut words {
        if *word == jar.word {
            word.clone_from(&jar.started);
        } else if subject.has(word) {
            let folder = if subject.build.folder == "." {
                String::new()
            } else {
                format!("{}/", subject.build.folder)
            };
            kitchen.recipe.sources.push(format!("{folder}{word} ./{word}"));
        }
    }
    kitchen.run_at_home();
    // The heap follows the container's limit, and running out of it ends the process instead of stalling it.
    kitchen.env("JAVA_TOOL_OPTIONS", "-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError");
    let command = super::command::Command { words, ..command };
    kitchen.run(&command, Asker::BusyBox);
}

/// What was built, where it goes, and how it is started there.
struct Artefact {
    /// The word of the command.
    word: String,
    /// The file or folder that the build makes.
    built: String,
    /// Where it is copied to.
    placed: String,
    /// The word that takes the first one's place.
    started: String,
}

fn artefact(words: &[String]) -> Option<Artefact> {
    let word = match words {
        [java, rest @ ..] if java == "java" => rest.iter().skip_while(|word| *word != "-jar").nth(1)?,
        [program, ..] if program.contains("build/install/") => program,
        _ => return None,
    };
    let whole = |folder: &str, rest: &str| Artefact {
        word: word.clone(),
        built: folder.to_owned(),
        placed: "./".to_owned(),
        started: rest.to_owned(),
    };
    let plain = word.trim_start_matches("./");
    if let Some(at) = plain.find("quarkus-app/") {
        let (folder, rest) = plain.split_at(at + "quarkus-app/".len());
        return Some(whole(folder, rest));
    }
    if let Some((_, rest)) = plain.split_once("build/install/") {
        let (name, program) = rest.split_once('/')?;
        let folder = plain.strip_suffix(program)?;
        return Some(whole(folder, &format!("{HOME}/{program}"))).filter(|_| !name.is_empty());
    }
    Some(Artefact {
        word: word.clone(),
        built: plain.to_owned(),
        placed: "./app.jar".to_owned(),
        started: "app.jar".to_owned(),
    })
}
