//! Python, with pip, uv, Poetry, PDM and Pipenv.

use super::health::Asker;
use super::node;
use super::recipe::Kitchen;

/// Versions of the package managers that builds are held to.
const UV: &str = "0.8.22";
const POETRY: &str = "2.1.4";
const PDM: &str = "2.25.4";
const PIPENV: &str = "2025.0.4";

/// Servers and workers that stop on SIGTERM without being asked to.
const STOPPING: [&str; 10] = [
    "celery",
    "daphne",
    "fastapi",
    "granian",
    "gunicorn",
    "hypercorn",
    "rq",
    "streamlit",
    "uvicorn",
    "uwsgi",
];

/// Packages that are compiled where they are installed: what the build needs, and the run.
const COMPILED: [(&str, &[&str], &[&str]); 4] = [
    ("psycopg2", &["build-essential=12.*", "libpq-dev=15.*"], &["libpq5=15.*"]),
    ("psycopg[c]", &["build-essential=12.*", "libpq-dev=15.*"], &["libpq5=15.*"]),
    (
        "mysqlclient",
        &["build-essential=12.*", "libmariadb-dev=1:10.11.*", "pkg-config=1.8.*"],
        &["libmariadb3=1:10.11.*"],
    ),
    ("uwsgi", &["build-essential=12.*"], &[]),
];

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "python";
    kitchen.base("PYTHON", format!("python:{}-slim-bookworm", subject.version(3, "3.13")));
    let names = |names: &[&str]| subject.manifests(|name| names.contains(&name));
    let manager = subject.instance.service.package_manager.get().map_or("pip", String::as_str);
    let mut lock = true;
    match manager {
        "uv" => {
            kitchen.base("UV", format!("ghcr.io/astral-sh/uv:{UV}"));
            lock = subject.has_in_context("uv.lock");
            kitchen.recipe.manifests = names(&["pyproject.toml", "uv.lock", ".python-version"]);
            kitchen.cache(&["/root/.cache/uv"]);
            let mut options = if lock { "--frozen --no-dev" } else { "--no-dev" }.to_owned();
            if subject.is_member()
                && let Some(name) = project_name(subject.text("pyproject.toml").as_deref())
            {
                options = format!("{options} --package {name}");
            }
            kitchen.recipe.install = Some(format!("uv sync {options} --no-install-workspace"));
            kitchen.recipe.build = Some(format!("uv sync {options} --no-editable"));
            kitchen.build_env("UV_PROJECT_ENVIRONMENT", "/venv");
            kitchen.build_env("UV_LINK_MODE", "copy");
            kitchen.build_env("UV_COMPILE_BYTECODE", "1");
            kitchen.build_env("UV_PYTHON_DOWNLOADS", "never");
        }
        "poetry" => {
            lock = subject.has_in_context("poetry.lock");
            kitchen.recipe.tool = Some(tool("poetry", POETRY));
            kitchen.recipe.manifests = names(&["pyproject.toml", "poetry.lock", "poetry.toml"]);
            kitchen.cache(&["/root/.cache/pypoetry"]);
            kitchen.recipe.install = Some("poetry install --only main --no-root --no-interaction".to_owned());
        }
        "pdm" => {
            lock = subject.has_in_context("pdm.lock");
            kitchen.recipe.tool = Some(tool("pdm", PDM));
            kitchen.recipe.manifests = names(&["pyproject.toml", "pdm.lock"]);
            kitchen.cache(&["/root/.cache/pdm"]);
            let sync = if lock { "pdm sync" } else { "pdm install --no-lock" };
            kitchen.recipe.install = Some(format!("{sync} --prod --no-self"));
        }
        "pipenv" => {
            lock = subject.has_in_context("Pipfile.lock");
            kitchen.recipe.tool = Some(tool("pipenv", PIPENV));
            kitchen.recipe.manifests = names(&["Pipfile", "Pipfile.lock"]);
            kitchen.cache(&["/root/.cache/pipenv"]);
            kitchen.recipe.install = Some(if lock { "pipenv sync" } else { "pipenv install" }.to_owned());
        }
        _ => pip(kitchen),
    }
    if !lock {
        kitchen.lose(
            "package_manager",
            "no lockfile is committed: each build may install other versions",
            &format!("commit the lockfile that {manager} writes"),
        );
    }
    let texts =
        ["requirements.txt", "pyproject.toml", "Pipfile"].iter().filter_map(|name| subject.any_text(name));
    let texts: Vec<_> = texts.collect();
    for (package, build, run) in COMPILED {
        let wants = |line: &str| {
            let rest = line.trim().trim_start_matches(['"', '\'']).strip_prefix(package);
            rest.is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c))
            })
        };
        if texts.iter().any(|text| text.lines().any(wants)) {
            kitchen.recipe.build_packages.extend(build.iter().map(|name| (*name).to_owned()));
            kitchen.recipe.packages.extend(run.iter().map(|name| (*name).to_owned()));
        }
    }
    kitchen.recipe.build_packages.sort();
    kitchen.recipe.build_packages.dedup();
    kitchen.env("PATH", "/venv/bin:$PATH");
    kitchen.env("PYTHONUNBUFFERED", "1");
    kitchen.env("PYTHONDONTWRITEBYTECODE", "1");
    own_build(kitchen);
    let mut command = subject.command();
    if let Some(program) = command.words.first_mut().filter(|program| *program == "python3") {
        "python".clone_into(program);
    }
    let program =
        command.words.last().filter(|_| command.is_shell).and_then(|script| script.rsplit("exec ").next());
    let program =
        program.and_then(|script| script.split_whitespace().next()).unwrap_or_else(|| command.program());
    let module = command.words.get(2).filter(|_| command.words.get(1).is_some_and(|word| word == "-m"));
    let stops = STOPPING.contains(&program)
        || module.is_some_and(|module| STOPPING.contains(&module.as_str()))
        || subject.mentions(&[".py"], &["SIGTERM", "uvicorn.run(", "web.run_app("]);
    if !stops {
        kitchen.init();
    }
    kitchen.run(&command, Asker::Python);
}

fn tool(name: &str, version: &str) -> String {
    format!("pip install --no-cache-dir {name}=={version}")
}

fn pip(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    let install = subject.instance.service.install.get().map_or("", String::as_str);
    // Node.js has a stage of its own where a Python service builds its pages with it.
    let install = install.split("&&").map(str::trim).find(|part| part.starts_with("pip ")).unwrap_or(install);
    kitchen.cache(&["/root/.cache/pip"]);
    let is_requirement = |name: &str| {
        let is_list = |name: &str| name.starts_with("requirements") || name == "constraints";
        let is_tool = ["dev", "test", "lint", "docs"].iter().any(|word| name.contains(word));
        name.strip_suffix(".txt").is_some_and(is_list) && (!is_tool || install.contains(name))
    };
    kitchen.recipe.manifests = subject.manifests(is_requirement);
    if !install.contains("requirements") {
        kitchen.recipe.manifests.clear();
    }
    if subject.context_paths().any(|path| path.starts_with("requirements/")) {
        kitchen.recipe.manifests.push("requirements ./requirements".to_owned());
    }
    if kitchen.recipe.manifests.is_empty() {
        // A project without a list of requirements is installed as what it is: from all of its files.
        let is_project = subject.has("pyproject.toml") || subject.has("setup.py");
        kitchen.recipe.install = None;
        if is_project {
            kitchen.recipe.build = Some("pip install .".to_owned());
        } else if subject.has("requirements.txt") {
            kitchen.recipe.manifests = subject.manifests(is_requirement);
            kitchen.recipe.install = Some("pip install -r requirements.txt".to_owned());
        }
    } else if install.starts_with("pip ") {
        kitchen.recipe.install = Some(install.to_owned());
    } else {
        kitchen.recipe.install = Some("pip install -r requirements.txt".to_owned());
    }
}

/// A build of the model's own: one of pages by Node.js has a stage of its own, another is told.
fn own_build(kitchen: &mut Kitchen<'_, '_>) {
    let build = kitchen.recipe.build.take();
    node::assets(kitchen);
    match build {
        Some(build) if build.starts_with("uv ") || build.starts_with("pip ") => {
            kitchen.recipe.build = Some(build);
        }
        Some(build) if kitchen.recipe.assets.is_none() => kitchen.lose(
            "build",
            &format!("`{build}` is not run: nobody knows what it needs in an image of Python"),
            "run it before the image is built, so that what it makes is copied with the rest",
        ),
        _ => {}
    }
}

/// `name = "..."` of a project.
fn project_name(text: Option<&str>) -> Option<String> {
    let line = text?.lines().find(|line| line.trim_start().starts_with("name"))?;
    let name = line.split_once('=')?.1.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}
