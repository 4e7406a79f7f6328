//! The manifests of Python projects, and the package manager they are for.

use seaworthy_model::{Origin, Place};

use super::{propose_runtime, runtime_files};
use crate::document::Node;
use crate::project::{Project, Role, Script, at, at_file};
use crate::repository::{Repository, join, parent, resolve};

/// Reads everything in `dir` that declares dependencies.
pub(super) fn read(repo: &Repository, dir: &str, workspaces: &[UvWorkspace]) -> Option<Project> {
    let names = [
        "pyproject.toml",
        "requirements.txt",
        "Pipfile",
        "environment.yml",
        "environment.yaml",
        "requirements.in",
        "requirements/production.txt",
        "requirements/prod.txt",
        "requirements/base.txt",
        "setup.py",
        "manage.py",
        "main.py",
        "app.py",
        "server.py",
        "bot.py",
    ];
    let manifest = repo.first_of(dir, names)?;
    let mut project = Project::new(dir, "python", &manifest);
    let mut managers: Vec<(&'static str, Origin)> = Vec::new();
    lockfiles(repo, dir, workspaces, &mut managers);
    if let Some(path) = repo.first_of(dir, ["pyproject.toml"]) {
        pyproject(repo, &path, &mut project, &mut managers);
    }
    if let Some(path) = repo.first_of(dir, ["Pipfile"]) {
        pipfile(repo, &path, &mut project);
        managers.push(("pipenv", at_file("Pipfile is there", &path)));
    }
    for name in ["environment.yml", "environment.yaml"] {
        if let Some(path) = repo.first_of(dir, [name]) {
            conda(repo, &path, &mut project);
            managers.push(("conda", at_file(format!("{name} is there"), &path).likely()));
        }
    }
    let mut requirements = None;
    for name in [
        "requirements.txt",
        "requirements/production.txt",
        "requirements/prod.txt",
        "requirements/base.txt",
        "requirements.in",
    ] {
        if let Some(path) = repo.first_of(dir, [name]) {
            read_requirements(repo, &path, false, &mut project, 0);
            managers.push(("pip", at_file(format!("{name} is there"), &path)));
            requirements.get_or_insert(path);
        }
    }
    for name in
        ["requirements-dev.txt", "requirements/dev.txt", "dev-requirements.txt", "requirements_dev.txt"]
    {
        if let Some(path) = repo.first_of(dir, [name]) {
            read_requirements(repo, &path, true, &mut project, 0);
        }
    }
    if let Some(path) = repo.first_of(dir, ["setup.py"]) {
        setup_py(repo, &path, &mut project);
        managers.push(("pip", at_file("setup.py is there", &path).likely()));
    }
    managers.push(("pip", at_file("no lockfile: pip comes with Python", &manifest).guess()));
    managers.sort_by_key(|(_, origin)| std::cmp::Reverse(origin.confidence));
    let (manager, origin) = managers[0].clone();
    for (name, origin) in managers {
        project.service.package_manager.propose(name.to_owned(), origin);
    }
    project.exec = match manager {
        "uv" => "uv run",
        "poetry" => "poetry run",
        "pdm" => "pdm run",
        "pipenv" => "pipenv run",
        _ => "",
    };
    if let Some(command) = install(repo, dir, manager, requirements.as_deref()) {
        project.service.install.propose(command, origin);
    }
    let language = at_file("Python is there", &manifest);
    project.service.language.propose("python".to_owned(), language);
    propose_runtime(repo, &mut project);
    tests_and_linters(repo, &mut project);
    if workspaces.iter().any(|workspace| workspace.root == dir)
        && !["main.py", "app.py", "app/main.py", "src/main.py", "manage.py"]
            .iter()
            .any(|name| repo.has(&join(dir, name)))
    {
        project.role = Role::Workspace;
    }
    Some(project)
}

fn lockfiles(
    repo: &Repository,
    dir: &str,
    workspaces: &[UvWorkspace],
    managers: &mut Vec<(&'static str, Origin)>,
) {
    let locks = [
        ("uv.lock", "uv"),
        ("poetry.lock", "poetry"),
        ("pdm.lock", "pdm"),
        ("Pipfile.lock", "pipenv"),
        ("conda-lock.yml", "conda"),
    ];
    for (name, manager) in locks {
        if let Some(path) = repo.first_of(dir, [name]) {
            managers.push((manager, at_file(format!("{name} is there"), &path)));
        }
    }
    if let Some(workspace) =
        workspaces.iter().find(|workspace| workspace.members.iter().any(|member| member == dir))
    {
        managers.push(("uv", at("a member of a uv workspace", &workspace.manifest, workspace.line)));
    }
}

fn pyproject(
    repo: &Repository,
    path: &str,
    project: &mut Project,
    managers: &mut Vec<(&'static str, Origin)>,
) {
    let Some(document) = repo.document(path) else { return };
    let table = document.get("project");
    let poetry = document.at(&["tool", "poetry"]);
    project.name =
        [table, poetry].into_iter().flatten().find_map(|table| table.get("name")?.text().map(str::to_owned));
    for item in table.and_then(|table| table.get("dependencies")).map(Node::items).unwrap_or_default() {
        requirement(item.text().unwrap_or_default(), item.line, false, project, path);
    }
    for group in ["optional-dependencies"].iter().filter_map(|key| table?.get(key)) {
        for entry in group.entries() {
            let dev = is_development_group(&entry.key);
            for item in entry.node.items() {
                requirement(item.text().unwrap_or_default(), item.line, dev, project, path);
            }
        }
    }
    for entry in document.get("dependency-groups").map(Node::entries).unwrap_or_default() {
        for item in entry.node.items() {
            requirement(item.text().unwrap_or_default(), item.line, true, project, path);
        }
    }
    if let Some(node) = table.and_then(|table| table.get("requires-python"))
        && let Some(text) = node.text()
    {
        let origin = at("pyproject.toml requires-python", path, node.line);
        runtime_files::say(&mut project.service, "python", text, origin);
    }
    if let Some(poetry) = poetry {
        managers.push(("poetry", at("pyproject.toml [tool.poetry]", path, poetry.line)));
        poetry_dependencies(poetry, path, project);
    }
    for (tool, name) in [("uv", "uv"), ("pdm", "pdm")] {
        if let Some(node) = document.at(&["tool", tool]) {
            managers.push((name, at(format!("pyproject.toml [tool.{tool}]"), path, node.line).likely()));
        }
    }
    if let Some(entries) = document.at(&["tool", "pdm", "scripts"]).map(Node::entries) {
        for entry in entries {
            if let Some(text) = entry.node.text().or_else(|| entry.node.get("cmd")?.text()) {
                add_script(
                    project,
                    &entry.key,
                    text,
                    format!("pdm run {}", entry.key),
                    Place::line(path, entry.line),
                );
            }
        }
    }
    if let Some(entries) = document.at(&["tool", "taskipy", "tasks"]).map(Node::entries) {
        for entry in entries {
            if let Some(text) = entry.node.text() {
                add_script(
                    project,
                    &entry.key,
                    text,
                    format!("task {}", entry.key),
                    Place::line(path, entry.line),
                );
            }
        }
    }
    if document.get("build-system").is_some() && table.and_then(|table| table.get("scripts")).is_none() {
        // Built to be installed; still an application when an entry point is found.
        project.role = Role::Unknown;
    }
}

fn poetry_dependencies(poetry: &Node, path: &str, project: &mut Project) {
    let groups = poetry.get("group").map(Node::entries).unwrap_or_default();
    let tables =
        poetry
            .get("dependencies")
            .map(|node| (node, false))
            .into_iter()
            .chain(poetry.get("dev-dependencies").map(|node| (node, true)))
            .chain(groups.iter().filter_map(|entry| {
                Some((entry.node.get("dependencies")?, is_development_group(&entry.key)))
            }));
    for (table, dev) in tables {
        for entry in table.entries() {
            let version = entry.node.text().or_else(|| entry.node.get("version")?.text()).unwrap_or_default();
            if &*entry.key == "python" {
                let origin = at("pyproject.toml tool.poetry.dependencies.python", path, entry.line);
                runtime_files::say(&mut project.service, "python", version, origin);
                continue;
            }
            let name = normalized(&entry.key);
            project.depend(&name, entry.line, dev);
            for extra in entry.node.get("extras").map(Node::texts).unwrap_or_default() {
                project.depend(&format!("{name}[{}]", extra.to_lowercase()), entry.line, dev);
            }
        }
    }
}

fn is_development_group(name: &str) -> bool {
    ["dev", "test", "tests", "lint", "docs", "typing", "development", "testing"].contains(&name)
}

fn pipfile(repo: &Repository, path: &str, project: &mut Project) {
    let Some(document) = repo.document(path) else { return };
    for (table, dev) in [("packages", false), ("dev-packages", true)] {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            project.depend(&normalized(&entry.key), entry.line, dev);
        }
    }
    for key in ["python_full_version", "python_version"] {
        if let Some(node) = document.at(&["requires", key])
            && let Some(text) = node.scalar()
        {
            runtime_files::say(
                &mut project.service,
                "python",
                &text,
                at(format!("Pipfile {key}"), path, node.line),
            );
        }
    }
    for entry in document.get("scripts").map(Node::entries).unwrap_or_default() {
        if let Some(text) = entry.node.text() {
            let place = Place::line(path, entry.line);
            add_script(project, &entry.key, text, format!("pipenv run {}", entry.key), place);
        }
    }
}

fn conda(repo: &Repository, path: &str, project: &mut Project) {
    let Some(document) = repo.document(path) else { return };
    if project.name.is_none() {
        project.name = document.get("name").and_then(Node::text).map(str::to_owned);
    }
    for item in document.get("dependencies").map(Node::items).unwrap_or_default() {
        if let Some(text) = item.text() {
            let text = text.rsplit("::").next().unwrap_or(text);
            let end = text.find(['=', '<', '>', ' ']).unwrap_or(text.len());
            let (name, version) = (normalized(text[..end].trim()), text[end..].trim_start_matches('='));
            if name == "python" {
                let origin = at("environment.yml python", path, item.line);
                runtime_files::say(&mut project.service, "python", version, origin);
            } else {
                project.depend(&name, item.line, false);
            }
        }
        for pip in item.get("pip").map(Node::items).unwrap_or_default() {
            requirement(pip.text().unwrap_or_default(), pip.line, false, project, path);
        }
    }
}

/// Reads a requirements file and those it includes.
fn read_requirements(repo: &Repository, path: &str, dev: bool, project: &mut Project, depth: u8) {
    let Some(text) = repo.text(path).filter(|_| depth < 8) else { return };
    for (line, text) in (1_u32..).zip(text.lines()) {
        let text = text.split(" #").next().unwrap_or(text).trim();
        if let Some(other) = text.strip_prefix("-r ").or_else(|| text.strip_prefix("--requirement ")) {
            if let Some(other) = resolve(parent(path), other.trim()) {
                read_requirements(repo, &other, dev, project, depth + 1);
            }
        } else if !text.starts_with(['#', '-']) {
            requirement(text, line, dev, project, path);
        }
    }
}

/// One requirement as pip reads it: `celery[redis]>=5.3 ; python_version > "3.8"`.
fn requirement(text: &str, line: u32, dev: bool, project: &mut Project, path: &str) {
    let text = text.split(';').next().unwrap_or(text).trim();
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        .unwrap_or(text.len());
    let name = normalized(&text[..end]);
    if name.is_empty() {
        return;
    }
    let extras = text[end..].trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let extras = extras.map_or("", |(extras, _)| extras);
    let mut add = |name: &str| {
        project.depend(name, line, dev);
        if let Some(dependency) = project.dependencies.get_mut(name) {
            dependency.place = Some(Place::line(path, line));
        }
    };
    add(&name);
    for extra in extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()) {
        add(&format!("{name}[{}]", extra.to_lowercase()));
    }
}

/// Names as the package index compares them (PEP 503): lower case, `-` for `_` and `.`; but for the few whose
/// usual spelling has a dot.
fn normalized(name: &str) -> String {
    let lower = name.trim().to_ascii_lowercase();
    if lower == "discord.py" { lower } else { lower.replace(['_', '.'], "-") }
}

fn setup_py(repo: &Repository, path: &str, project: &mut Project) {
    let Some(text) = repo.text(path) else { return };
    let Some(start) = text.find("install_requires") else { return };
    let rest = &text[start..];
    let list = &rest[..rest.find(']').unwrap_or(rest.len())];
    let first = u32::try_from(text[..start].lines().count().max(1)).unwrap_or(u32::MAX);
    for (line, part) in (first..).zip(list.split_inclusive('\n')) {
        for quoted in part.split(['"', '\'']).skip(1).step_by(2) {
            requirement(quoted, line, false, project, path);
        }
    }
}

fn add_script(project: &mut Project, name: &str, text: &str, call: String, place: Place) {
    project.scripts.insert(name.to_owned(), Script { text: text.to_owned(), call, place });
}

fn install(repo: &Repository, dir: &str, manager: &str, requirements: Option<&str>) -> Option<String> {
    let locked = |name: &str| repo.has(&join(dir, name));
    Some(match manager {
        "uv" if locked("uv.lock") => "uv sync --frozen".to_owned(),
        "uv" if repo.first_of(dir, ["pyproject.toml"]).is_some() => "uv sync".to_owned(),
        "poetry" => "poetry install --no-root".to_owned(),
        "pdm" if locked("pdm.lock") => "pdm install --frozen-lockfile".to_owned(),
        "pdm" => "pdm install".to_owned(),
        "pipenv" if locked("Pipfile.lock") => "pipenv sync".to_owned(),
        "pipenv" => "pipenv install".to_owned(),
        "conda" => {
            let file = repo.first_of(dir, ["environment.yml", "environment.yaml"])?;
            format!("conda env update --file {}", crate::repository::file_name(&file))
        }
        _ => match requirements {
            Some(path) => format!("pip install -r {}", crate::repository::relative(dir, path)),
            None if repo.first_of(dir, ["pyproject.toml", "setup.py"]).is_some() => {
                "pip install .".to_owned()
            }
            None => return None,
        },
    })
}

fn tests_and_linters(repo: &Repository, project: &mut Project) {
    for name in ["test", "tests"] {
        if let Some(script) = project.scripts.get(name) {
            let origin = Origin::detected(format!("script {name}")).at(script.place.clone());
            project.service.test.propose(script.call.clone(), origin);
        }
    }
    let configured = repo.first_of(&project.dir, ["pytest.ini", "conftest.py", "tests/conftest.py"]);
    let named = project.dependency("pytest").and_then(|dependency| dependency.place.clone());
    let section = repo.first_of(&project.dir, ["pyproject.toml"]).filter(|path| {
        repo.document(path).is_some_and(|document| document.at(&["tool", "pytest"]).is_some())
    });
    let has_tests = repo
        .under(&join(&project.dir, "tests"))
        .iter()
        .any(|path| crate::repository::file_name(path).starts_with("test_"));
    let origin = match (named, configured, section) {
        (Some(place), _, _) => Some(Origin::detected("depends on pytest").at(place)),
        (None, Some(path), _) => Some(at_file("pytest is configured", &path)),
        (None, None, Some(path)) => Some(at_file("pyproject.toml [tool.pytest]", &path)),
        _ if has_tests => {
            Some(Origin::detected("there are tests").at(Place::file(join(&project.dir, "tests"))).guess())
        }
        _ => None,
    };
    if let Some(origin) = origin {
        project.service.test.propose(project.exec("pytest"), origin);
    }
    let linters = [("ruff", "ruff check ."), ("flake8", "flake8"), ("pylint", "pylint .")];
    for (name, command) in linters {
        let place = project.dependency(name).and_then(|dependency| dependency.place.clone()).or_else(|| {
            let path = repo.first_of(&project.dir, ["pyproject.toml"])?;
            let document = repo.document(&path)?;
            Some(Place::line(path, document.at(&["tool", name])?.line))
        });
        if let Some(place) = place {
            let command = project.exec(command);
            project
                .service
                .lint
                .propose(command, Origin::detected(format!("{name} is configured")).at(place).likely());
        }
    }
}

/// A uv workspace: its root and the folders of its members.
pub(super) struct UvWorkspace {
    pub(super) root: String,
    manifest: String,
    line: u32,
    members: Vec<String>,
}

pub(super) fn uv_workspaces(repo: &Repository) -> Vec<UvWorkspace> {
    let mut found = Vec::new();
    for manifest in super::manifests(repo, "pyproject.toml") {
        let Some(document) = repo.document(manifest) else { continue };
        let Some(node) = document.at(&["tool", "uv", "workspace", "members"]) else { continue };
        let root = parent(manifest).to_owned();
        let members = repo
            .named("pyproject.toml")
            .map(parent)
            .filter(|dir| *dir != root)
            .filter(|dir| {
                node.texts().iter().any(|pattern| {
                    let pattern = join(&root, pattern);
                    match pattern.strip_suffix("/*") {
                        Some(prefix) => parent(dir) == prefix,
                        None => *dir == pattern,
                    }
                })
            })
            .map(str::to_owned)
            .collect();
        found.push(UvWorkspace { root, manifest: manifest.to_owned(), line: node.line, members });
    }
    found
}
