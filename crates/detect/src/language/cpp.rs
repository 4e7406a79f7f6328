//! C and C++: `CMake`, Meson, and plain Makefiles.

use super::code_manifest::{CodeManifest, Match};
use super::{Language, manifests};
use crate::document::Node;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, file_name, is_within, join, parent};
use crate::rules::CommentStyle;

pub(crate) struct Cpp;

impl Language for Cpp {
    fn family(&self) -> &'static str {
        "cpp"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut projects: Vec<Project> = Vec::new();
        for name in ["CMakeLists.txt", "meson.build", "Makefile"] {
            let mut paths: Vec<&str> = manifests(repo, name).collect();
            paths.sort_by_key(|path| path.matches('/').count());
            for path in paths {
                let dir = parent(path);
                // Build files of subfolders belong to the one above; extensions of other languages and the
                // shells of mobile apps are built by those.
                let is_part = projects.iter().any(|known| is_within(&known.dir, dir));
                if !is_part && super::own_manifest(repo, dir).is_none() && !is_shell(repo, dir) {
                    projects.extend(read(repo, path));
                }
            }
        }
        projects.sort_by(|one, other| one.dir.cmp(&other.dir));
        projects
    }
}

/// A platform's folder of a Flutter or React Native app.
fn is_shell(repo: &Repository, dir: &str) -> bool {
    dir.split('/').any(|part| matches!(part, "linux" | "windows" | "macos" | "android" | "ios" | "runner"))
        && crate::repository::upwards(dir)
            .any(|dir| repo.first_of(dir, ["pubspec.yaml", "package.json"]).is_some())
}

/// How a build tool is read and called.
struct Tool {
    name: &'static str,
    configure: &'static str,
    build: &'static str,
    /// The folder of the programs.
    output: &'static str,
    test: &'static str,
    dependency: &'static str,
    program: &'static str,
    tests: &'static str,
}

const CMAKE: Tool = Tool {
    name: "cmake",
    configure: "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release",
    build: "cmake --build build",
    output: "build/",
    test: "ctest --test-dir build",
    dependency: r"(?i)(?:find_package|pkg_check_modules|FetchContent_Declare|CPMAddPackage)\s*\(\s*(?:NAME\s+)?([\w+.-]+)",
    program: r"(?i)add_executable\s*\(\s*([\w.-]+)",
    tests: "enable_testing",
};

const MESON: Tool = Tool {
    name: "meson",
    configure: "meson setup build --buildtype=release",
    build: "meson compile -C build",
    output: "build/",
    test: "meson test -C build",
    dependency: r"\bdependency\(\s*'([\w+.-]+)'",
    program: r"\bexecutable\(\s*'([\w.-]+)'",
    tests: "test(",
};

const MAKE: Tool = Tool {
    name: "make",
    configure: "",
    build: "make",
    output: "",
    test: "make test",
    dependency: r"-l([\w+.-]+)\b",
    // The target that is linked from objects: `server: main.o`, or the name in `TARGET = server`.
    program: r"(?m)^(?:TARGET|BIN|PROG|PROGRAM|EXE|NAME)\s*[:?]?=\s*([\w./-]+)\s*$",
    tests: "\ntest:",
};

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let tool = match file_name(path) {
        "CMakeLists.txt" => &CMAKE,
        "meson.build" => &MESON,
        _ => &MAKE,
    };
    let dir = parent(path);
    let manifest = CodeManifest::read(repo, path, CommentStyle::Hash)?;
    let is_source = |ends: &[&str]| {
        let mut files = repo.under(dir).iter();
        files.any(|path| path.rsplit_once('.').is_some_and(|(_, end)| ends.contains(&end)))
    };
    let has_cpp = is_source(&["cpp", "cc", "cxx", "hpp"]);
    if !has_cpp && !is_source(&["c", "h"]) {
        return None;
    }
    let mut project = Project::new(dir, "cpp", path);
    let named = manifest.first(r"(?i)\bproject\s*\(\s*'?([\w.-]+)");
    project.name = named.map(|found| found.first);
    for found in manifest.all(tool.dependency) {
        project.depend(&found.first.to_lowercase(), found.line, false);
    }
    packages(repo, dir, &mut project);
    let origin = || at_file(format!("{} is there", file_name(path)), path);
    let service = &mut project.service;
    service.language.propose(if has_cpp { "cpp" } else { "c" }.to_owned(), origin());
    let steps: Vec<&str> = [tool.configure, tool.build].into_iter().filter(|step| !step.is_empty()).collect();
    service.build.propose(steps.join(" && "), origin());
    if service.package_manager.is_empty() {
        service.package_manager.propose(tool.name.to_owned(), origin().guess());
    }
    if manifest.has(tool.tests) {
        service.test.propose(tool.test.to_owned(), origin().likely());
    }
    match program(repo, dir, &manifest, tool, project.name.as_deref()) {
        Some(found) => {
            project.role = Role::Application;
            let folder = if tool.output.is_empty() { "./" } else { tool.output };
            let origin = at(format!("{} makes the program", file_name(path)), path, found.line);
            service.start.propose(format!("{folder}{}", found.first), origin);
        }
        None => project.role = Role::Library,
    }
    Some(project)
}

/// The program that is built, tests and examples aside.
fn program(
    repo: &Repository,
    dir: &str,
    manifest: &CodeManifest,
    tool: &Tool,
    name: Option<&str>,
) -> Option<Match> {
    let mut found = manifest.all(tool.program);
    if found.is_empty() && tool.name == "make" {
        found = manifest.all(r"(?m)^([\w-]+)\s*:[^=\n]*\.[oc]\b");
        found.extend(
            manifest
                .all(r"(?m)-o\s+([\w./-]+)\b")
                .into_iter()
                .filter(|found| found.first.rsplit_once('.').is_none_or(|(_, end)| end != "o")),
        );
    }
    // Programs of subfolders, where the root only includes them.
    if found.is_empty() && tool.name != "make" {
        let name = if tool.name == "cmake" { "CMakeLists.txt" } else { "meson.build" };
        for sub in manifest.all(r"(?i)(?:add_subdirectory|subdir)\s*\(\s*'?([\w./-]+)") {
            let path = join(&join(dir, &sub.first), name);
            let inner = CodeManifest::read(repo, &path, CommentStyle::Hash);
            for mut program in inner.map(|inner| inner.all(tool.program)).unwrap_or_default() {
                program.first = format!("{}/{}", sub.first, program.first);
                program.line = sub.line;
                found.push(program);
            }
        }
    }
    found.retain(|found| {
        let lower = found.first.to_lowercase();
        !["test", "bench", "example"].iter().any(|word| lower.contains(word))
    });
    let index = found.iter().position(|found| Some(found.first.as_str()) == name).unwrap_or(0);
    (index < found.len()).then(|| found.swap_remove(index))
}

/// What a package manager provides: Conan or vcpkg.
fn packages(repo: &Repository, dir: &str, project: &mut Project) {
    if let Some(path) = repo.first_of(dir, ["vcpkg.json"])
        && let Some(document) = repo.document(&path)
    {
        for item in document.get("dependencies").map(Node::items).unwrap_or_default() {
            if let Some(name) = item.text().or_else(|| item.get("name")?.text()) {
                depend_in(project, name, &path, item.line);
            }
        }
        let origin = || at_file("vcpkg.json is there", &path);
        project.service.package_manager.propose("vcpkg".to_owned(), origin());
        project.service.install.propose("vcpkg install".to_owned(), origin().likely());
    }
    if let Some(path) = repo.first_of(dir, ["conanfile.txt", "conanfile.py"])
        && let Some(manifest) = CodeManifest::read(repo, &path, CommentStyle::Hash)
    {
        for found in manifest.all(r#"(?m)(?:^|["'])([a-z][\w+.-]*)/[\d\[v]"#) {
            depend_in(project, &found.first, &path, found.line);
        }
        let origin = || at_file("a conanfile is there", &path);
        project.service.package_manager.propose("conan".to_owned(), origin());
        let install = "conan install . --output-folder=build --build=missing";
        project.service.install.propose(install.to_owned(), origin());
        let build = "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release \
                     -DCMAKE_TOOLCHAIN_FILE=build/conan_toolchain.cmake && cmake --build build";
        if file_name(&project.manifest) == "CMakeLists.txt" {
            project.service.build.propose(build.to_owned(), origin());
        }
    }
}

/// A dependency that another file than the manifest names.
fn depend_in(project: &mut Project, name: &str, path: &str, line: u32) {
    let place = Some(seaworthy_model::Place::line(path, line));
    let dependency = crate::project::Dependency { place, dev: false };
    project.dependencies.insert(name.to_lowercase(), dependency);
}
