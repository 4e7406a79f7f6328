//! Gradle builds, by line patterns: a build file is a program, and nothing is executed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use seaworthy_model::{Origin, Place};

use super::{Build, Tool, say_release};
use crate::document::{Lines, Node};
use crate::language::{manifests, runtime_files};
use crate::pattern::{Found, Pattern};
use crate::project::{Project, Role};
use crate::repository::{Repository, file_name, join, parent, upwards};

/// Every folder with a build file.
pub(super) fn projects(repo: &Repository) -> Vec<(Project, Build)> {
    manifests(repo, "build.gradle")
        .chain(manifests(repo, "build.gradle.kts"))
        .filter(|path| !path.split('/').any(|part| part == "buildSrc" || part == "build-logic"))
        .filter_map(|path| read(repo, path))
        .collect()
}

fn read(repo: &Repository, path: &str) -> Option<(Project, Build)> {
    static DEPENDENCY: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"(?m)^\s*(?<kind>\w+)[ (]+(?:platform\(|enforcedPlatform\()?["'](?<group>[\w.-]+):(?<name>[\w.-]+)"#,
        )
    });
    static CATALOG: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"(?m)^\s*(?<kind>\w+)[ (]+(?:platform\()?libs\.(?<alias>[\w.]+)"));
    static KTOR: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"(?m)^\s*(?<kind>\w+)[ (]+group:\s*["'](?<group>[\w.-]+)["'],\s*name:\s*["'](?<name>[\w.-]+)"#,
        )
    });
    let text = repo.text(path)?;
    let text = without_comments(&text);
    let lines = Lines::new(&text);
    let dir = parent(path);
    let mut project = Project::new(dir, "java", path);
    let catalog = catalog(repo, dir);
    for pattern in [&*DEPENDENCY, &*KTOR] {
        for found in pattern.find_all(&text) {
            let line = lines.line(found.whole().start + leading(found.text(0)));
            add(
                &mut project,
                group(&found, "kind"),
                &format!("{}:{}", group(&found, "group"), group(&found, "name")),
                line,
            );
        }
    }
    for found in CATALOG.find_all(&text) {
        let line = lines.line(found.whole().start + leading(found.text(0)));
        let alias = group(&found, "alias").trim_end_matches(".get").to_owned();
        match alias.strip_prefix("bundles.") {
            Some(bundle) => {
                for name in catalog.bundles.get(bundle).into_iter().flatten() {
                    if let Some(module) = catalog.libraries.get(name) {
                        add(&mut project, group(&found, "kind"), module, line);
                    }
                }
            }
            None => {
                if let Some(module) = catalog.libraries.get(&alias) {
                    add(&mut project, group(&found, "kind"), module, line);
                }
            }
        }
    }
    let root = root_of(repo, dir);
    let settings = repo.first_of(&root, ["settings.gradle.kts", "settings.gradle"]);
    let root_name = settings.as_deref().and_then(|path| {
        runtime_files::find_in(repo, path, r#"(?m)^\s*rootProject\.name\s*=\s*["']([^"']+)["']"#)
    });
    let artifact = match (dir == root, root_name) {
        (true, Some((name, _))) => name,
        (true, None) if dir == "." => {
            repo.root().file_name().and_then(|name| name.to_str()).unwrap_or("app").to_owned()
        }
        _ => file_name(dir).to_owned(),
    };
    project.name = Some(artifact.clone());
    let plugins = plugins(&text, &catalog);
    version(repo, &mut project, path, &text, &root);
    let includes =
        settings.as_deref().and_then(|path| repo.text(path)).is_some_and(|text| text.contains("include"));
    let has_sources = repo.has_dir(&join(dir, "src"));
    if includes && dir == root && !has_sources {
        project.role = Role::Workspace;
    }
    let build = Build {
        tool: Tool::Gradle,
        version: archive_version(repo, &text, &root),
        archive: find(&text, r#"archiveFileName(?:\.set\(|\s*=\s*)\s*["']([^"']+)\.[jw]ar["']"#),
        packaging: if plugins.iter().any(|plugin| plugin == "war") { "war" } else { "jar" }.to_owned(),
        has_siblings: text.contains("project(\":")
            || text.contains("project(':")
            || text.contains("projects."),
        root,
        artifact,
        plugins,
    };
    Some((project, build))
}

fn add(project: &mut Project, kind: &str, name: &str, line: u32) {
    let kind = kind.to_ascii_lowercase();
    let known = [
        "implementation",
        "api",
        "compile",
        "runtimeonly",
        "compileonly",
        "kapt",
        "ksp",
        "developmentonly",
        "annotationprocessor",
    ];
    if known.iter().any(|known| kind.ends_with(known)) {
        let dev =
            kind.starts_with("test") || kind.starts_with("integrationtest") || kind == "developmentonly";
        project.depend(name, line, dev);
    }
}

/// Libraries and plugins that `gradle/libs.versions.toml` names, by their aliases with dots.
#[derive(Default)]
struct Catalog {
    libraries: BTreeMap<String, String>,
    bundles: BTreeMap<String, Vec<String>>,
    plugins: BTreeMap<String, String>,
}

fn catalog(repo: &Repository, dir: &str) -> Catalog {
    let mut found = Catalog::default();
    let path = upwards(dir).find_map(|dir| repo.first_of(dir, ["gradle/libs.versions.toml"]));
    let Some(document) = path.and_then(|path| repo.document(&path)) else { return found };
    let dotted = |alias: &str| alias.replace(['-', '_'], ".");
    let entries = |table: &str| document.get(table).map(Node::entries).unwrap_or_default();
    for entry in entries("libraries") {
        let node = &entry.node;
        let module = node
            .get("module")
            .and_then(Node::text)
            .map(str::to_owned)
            .or_else(|| Some(format!("{}:{}", node.get("group")?.text()?, node.get("name")?.text()?)));
        let module =
            module.or_else(|| node.text().map(|text| text.split(':').take(2).collect::<Vec<_>>().join(":")));
        if let Some(module) = module {
            found.libraries.insert(dotted(&entry.key), module);
        }
    }
    for entry in entries("bundles") {
        found.bundles.insert(dotted(&entry.key), entry.node.texts().into_iter().map(dotted).collect());
    }
    for entry in entries("plugins") {
        let id = entry.node.get("id").and_then(Node::text).or_else(|| entry.node.text()?.split(':').next());
        if let Some(id) = id {
            found.plugins.insert(dotted(&entry.key), id.to_owned());
        }
    }
    found
}

fn plugins(text: &str, catalog: &Catalog) -> Vec<String> {
    static ID: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"(?m)^\s*(?:id[ (]+["'](?<id>[\w.-]+)["']|alias\(libs\.plugins\.(?<alias>[\w.]+)\)|kotlin\(["'](?<kotlin>[\w.-]+)["']\)|apply plugin:\s*["'](?<old>[\w.-]+)["']|`?(?<core>application|java-library|java|war)`?\s*$)(?<rest>[^\n]*)"#,
        )
    });
    ID.find_all(text)
        // A plugin that is only put on the path of the modules does nothing here.
        .filter(|found| {
            !group(found, "rest").contains("apply false") && !group(found, "rest").contains("apply(false)")
        })
        .filter_map(|found| {
            let plain = ["id", "old", "core"].iter().find_map(|group| found.name(group));
            plain.map(|id| id.text.to_owned()).or_else(|| {
                let kotlin = found.name("kotlin").map(|name| format!("org.jetbrains.kotlin.{}", name.text));
                kotlin.or_else(|| catalog.plugins.get(found.name("alias")?.text).cloned())
            })
        })
        .collect()
}

/// The Java that the toolchain or the compatibility asks for, here or for every module at the root.
fn version(repo: &Repository, project: &mut Project, path: &str, text: &str, root: &str) {
    let above = repo.first_of(root, ["build.gradle.kts", "build.gradle"]).filter(|above| above != path);
    let above_text = above.as_deref().and_then(|path| repo.text(path)).map(|text| without_comments(&text));
    let texts = [Some((path, text)), above.as_deref().zip(above_text.as_deref())];
    for (path, text) in texts.into_iter().flatten() {
        let lines = Lines::new(text);
        for (pattern, what, exact) in [
            (r"JavaLanguageVersion\.of\(\s*(\d+)\s*\)", "the toolchain", true),
            (r"jvmToolchain\(\s*(\d+)\s*\)", "jvmToolchain", true),
            (r#"(?m)^\s*(?:java\.)?sourceCompatibility\s*=\s*([\w."']+)"#, "sourceCompatibility", false),
            (r"options\.release(?:\.set\(|\s*=\s*)(\d+)", "options.release", false),
        ] {
            let Some(found) = Pattern::new(pattern).find(text) else { continue };
            let Some(group) = found.get(1) else { continue };
            let place = Place::line(path, lines.line(group.start));
            if exact {
                let origin = Origin::detected(format!("{} {what}", file_name(path))).at(place);
                runtime_files::say(&mut project.service, "java", group.text, origin);
            } else {
                say_release(project, group.text, format!("{} {what}", file_name(path)), place);
            }
        }
    }
}

fn archive_version(repo: &Repository, text: &str, root: &str) -> Option<String> {
    let pattern = r#"(?m)^\s*version\s*=?\s*["']([\w.+-]+)["']"#;
    find(text, pattern)
        .or_else(|| {
            let above = repo.first_of(root, ["build.gradle.kts", "build.gradle"])?;
            let text = repo.text(&above)?;
            find(
                &text,
                &format!(
                    r"(?:allprojects|subprojects)\s*\{{(?s:.)*?{}",
                    pattern.trim_start_matches("(?m)^\\s*")
                ),
            )
        })
        .or_else(|| {
            let path = join(root, "gradle.properties");
            runtime_files::find_in(repo, &path, r"(?m)^\s*version\s*=\s*([\w.+-]+)")
                .map(|(version, _)| version)
        })
}

/// The nearest folder above with settings: the build that the module belongs to.
fn root_of(repo: &Repository, dir: &str) -> String {
    let has_settings = |dir: &&str| repo.first_of(dir, ["settings.gradle", "settings.gradle.kts"]).is_some();
    upwards(dir).find(has_settings).unwrap_or(dir).to_owned()
}

fn find(text: &str, pattern: &str) -> Option<String> {
    Some(Pattern::new(pattern).find(text)?.get(1)?.text.to_owned())
}

fn without_comments(text: &str) -> String {
    crate::source::without_comments(text)
}

fn leading(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The text of a group, empty when it took no part in the match.
fn group<'t>(found: &Found<'t>, name: &str) -> &'t str {
    found.name(name).map_or("", |group| group.text)
}
