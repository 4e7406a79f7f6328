//! The entry point of a Python project, and the commands that run it.

use seaworthy_model::{Kind, Origin, PortSetting};

use crate::project::{Project, Role, companion_of};
use crate::repository::{Repository, file_name, parent, relative};
use crate::source::{Entry, Facts};

/// Makes the project an application when its code starts something.
pub(super) fn find(repo: &Repository, project: &mut Project, facts: &Facts) {
    let started = facts
        .entries
        .iter()
        .any(|entry| !matches!(entry.of.as_str(), "main" | "loop" | "pydantic-settings" | "celery-beat"));
    let script = main_script(repo, project, facts).is_some();
    if started || script || repo.first_of(&project.dir, ["manage.py"]).is_some() {
        project.role = Role::Application;
    }
}

/// Proposes the commands for a framework, or for a plain script.
pub(super) fn propose(repo: &Repository, project: &mut Project, facts: &Facts, framework: &str) {
    if framework == "django" {
        return;
    }
    let port = facts
        .listens
        .first()
        .map(|listen| listen.port)
        .or(project.service.port.get().copied())
        .unwrap_or(8000);
    let factory = format!("{framework}-factory");
    let entry = facts.entry(framework).or_else(|| facts.entry(&factory)).cloned();
    let server = match framework {
        "fastapi" | "starlette" | "litestar" | "quart" => {
            entry.as_ref().map(|entry| asgi(project, entry, port, &factory))
        }
        "flask" => entry.as_ref().map(|entry| flask(project, entry, port, &factory)),
        "falcon" | "dash" | "sanic" => entry.as_ref().and_then(|entry| wsgi(project, entry, port, framework)),
        "streamlit" => streamlit(repo, project, facts),
        "chainlit" => entry.as_ref().map(|entry| {
            let file = relative(&project.dir, &entry.place.file).to_owned();
            let port = format!("--port ${{PORT:-{port}}}");
            Commands {
                dev: project.exec(&format!("chainlit run {file} --watch {port}")),
                start: project.exec(&format!("chainlit run {file} --headless --host 0.0.0.0 {port}")),
                origin: origin(entry),
                takes_port: true,
            }
        }),
        _ => None,
    };
    if let Some(commands) = server {
        project.service.dev.propose(commands.dev, commands.origin.clone());
        project.service.start.propose(commands.start, commands.origin.clone());
        if commands.takes_port {
            project.service.port_setting.propose(PortSetting::Env("PORT".to_owned()), commands.origin);
        }
        return;
    }
    let script = entry
        .map(|entry| (entry.place.file.clone(), origin(&entry)))
        .or_else(|| main_script(repo, project, facts));
    if let Some((path, origin)) = script {
        let file = relative(&project.dir, &path).to_owned();
        let python = project.exec("python");
        let command = match (framework, file.as_str()) {
            ("celery" | "rq" | "dramatiq", _) => return,
            (_, file) if file.ends_with("__main__.py") => format!("{python} -m {}", module(parent(file))),
            (_, file) => format!("{python} {file}"),
        };
        project.service.start.propose(command, origin.likely());
        if framework.is_empty() && facts.listens.is_empty() && facts.entry("loop").is_some() {
            let origin =
                Origin::detected("loops without listening").at(facts.entries[0].place.clone()).likely();
            project.service.kind.propose(Kind::Worker, origin);
        }
        if framework.is_empty() && !facts.listens.is_empty() {
            let origin = Origin::detected("listens").at(facts.listens[0].place.clone()).likely();
            project.service.kind.propose(Kind::Web, origin);
        }
    }
}

struct Commands {
    dev: String,
    start: String,
    origin: Origin,
    takes_port: bool,
}

fn origin(entry: &Entry) -> Origin {
    Origin::detected(format!("{} is started here", entry.of.trim_end_matches("-factory")))
        .at(entry.place.clone())
        .likely()
}

/// The dotted module of a file, relative to the project.
fn module(path: &str) -> String {
    path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".")
}

/// `module:object`, and the option that makes a folder of sources importable.
fn target(project: &Project, entry: &Entry, factory: &str) -> (String, &'static str, bool) {
    let file = relative(&project.dir, &entry.place.file);
    let object = entry.object.as_deref().unwrap_or("app");
    // A `src` folder that is no package is put on the path; its modules import one another without it.
    let (file, app_dir) = match file.strip_prefix("src/") {
        Some(inner) => (inner, " --app-dir src"),
        None => (file, ""),
    };
    (format!("{}:{object}", module(file)), app_dir, entry.of == factory)
}

fn asgi(project: &Project, entry: &Entry, port: u16, factory: &str) -> Commands {
    let (target, app_dir, is_factory) = target(project, entry, factory);
    let factory = if is_factory { " --factory" } else { "" };
    let port = format!("${{PORT:-{port}}}");
    let start = if project.has("gunicorn") && app_dir.is_empty() && !is_factory {
        format!("gunicorn {target} --worker-class uvicorn.workers.UvicornWorker --bind 0.0.0.0:{port}")
    } else if project.has("hypercorn") && !project.has("uvicorn") {
        format!("hypercorn {target} --bind 0.0.0.0:{port}")
    } else {
        format!("uvicorn {target}{app_dir}{factory} --host 0.0.0.0 --port {port}")
    };
    Commands {
        dev: project.exec(&format!("uvicorn {target}{app_dir}{factory} --reload --port {port}")),
        start: project.exec(&start),
        origin: origin(entry),
        takes_port: true,
    }
}

fn flask(project: &Project, entry: &Entry, port: u16, factory: &str) -> Commands {
    let (target, app_dir, is_factory) = target(project, entry, factory);
    let target = if is_factory { format!("{target}()") } else { target };
    let quoted = if is_factory { format!("'{target}'") } else { target.clone() };
    let (module, object) = target.split_once(':').unwrap_or((&target, "app"));
    let usual = matches!(object, "app" | "application" | "create_app()" | "make_app()");
    let app = if usual { module.to_owned() } else { quoted.clone() };
    let app = if app_dir.is_empty() { app } else { format!("src/{}", app.replace('.', "/")) };
    let port = format!("${{PORT:-{port}}}");
    let chdir = if app_dir.is_empty() { "" } else { " --chdir src" };
    let start = if project.has("gunicorn") {
        format!("gunicorn {quoted}{chdir} --bind 0.0.0.0:{port}")
    } else if project.has("waitress") {
        format!(
            "waitress-serve --port={port} {}",
            if is_factory {
                format!("--call {module}:{}", object.trim_end_matches("()"))
            } else {
                target.clone()
            }
        )
    } else {
        format!("flask --app {app} run --host 0.0.0.0 --port {port}")
    };
    Commands {
        dev: project.exec(&format!("flask --app {app} run --debug --port {port}")),
        start: project.exec(&start),
        origin: origin(entry),
        takes_port: true,
    }
}

fn wsgi(project: &Project, entry: &Entry, port: u16, framework: &str) -> Option<Commands> {
    let (target, _, _) = target(project, entry, "");
    let port = format!("${{PORT:-{port}}}");
    let file = relative(&project.dir, &entry.place.file);
    let python = project.exec("python");
    let (dev, start) = match framework {
        "sanic" => (
            format!("sanic {target} --dev --port {port}"),
            format!("sanic {target} --host 0.0.0.0 --port {port}"),
        ),
        "dash" if project.has("gunicorn") => {
            (format!("{python} {file}"), format!("gunicorn {target}.server --bind 0.0.0.0:{port}"))
        }
        _ if project.has("gunicorn") => (
            format!("gunicorn {target} --reload --bind 127.0.0.1:{port}"),
            format!("gunicorn {target} --bind 0.0.0.0:{port}"),
        ),
        _ => return None,
    };
    let dev = if dev.starts_with(&python) { dev } else { project.exec(&dev) };
    Some(Commands { dev, start: project.exec(&start), origin: origin(entry), takes_port: true })
}

fn streamlit(repo: &Repository, project: &Project, facts: &Facts) -> Option<Commands> {
    let usual = [
        "streamlit_app.py",
        "app.py",
        "main.py",
        "Home.py",
        "home.py",
        "src/app.py",
        "app/main.py",
        "dashboard.py",
    ];
    let is_streamlit = |path: &String| {
        facts.entries.iter().any(|entry| entry.of == "streamlit" && entry.place.file == *path)
    };
    let file =
        usual.iter().filter_map(|name| repo.first_of(&project.dir, [*name])).find(is_streamlit).or_else(
            || {
                // Pages are shown by the main script, never started.
                let entries = facts.entries.iter().filter(|entry| entry.of == "streamlit");
                let mut files =
                    entries.map(|entry| entry.place.file.clone()).filter(|file| !file.contains("pages/"));
                files.next()
            },
        )?;
    let entry = facts.entries.iter().find(|entry| entry.of == "streamlit" && entry.place.file == file)?;
    let file = relative(&project.dir, &file);
    let port = "--server.port ${PORT:-8501}";
    Some(Commands {
        dev: project.exec(&format!("streamlit run {file} {port}")),
        start: project
            .exec(&format!("streamlit run {file} {port} --server.address 0.0.0.0 --server.headless true")),
        origin: origin(entry),
        takes_port: true,
    })
}

/// The script that is meant to be run: by its usual name, or the only one with a main guard at the top.
fn main_script(repo: &Repository, project: &Project, facts: &Facts) -> Option<(String, Origin)> {
    let usual = [
        "main.py",
        "app.py",
        "server.py",
        "run.py",
        "bot.py",
        "worker.py",
        "wsgi.py",
        "src/main.py",
        "app/main.py",
        "src/app.py",
        "__main__.py",
        "src/__main__.py",
        "api.py",
        "src/server.py",
        "src/bot.py",
        "src/worker.py",
        "start.py",
        "cli.py",
        "consumer.py",
        "scheduler.py",
    ];
    let guarded =
        |path: &str| facts.entries.iter().find(|entry| entry.of == "main" && entry.place.file == path);
    if let Some(path) = usual.iter().find_map(|name| repo.first_of(&project.dir, [*name])) {
        let origin = match guarded(&path) {
            Some(entry) => {
                Origin::detected("the usual entry point, with a main guard").at(entry.place.clone()).likely()
            }
            None => Origin::detected("the usual entry point")
                .at(seaworthy_model::Place::file(path.clone()))
                .guess(),
        };
        return Some((path, origin));
    }
    let mut mains = facts
        .entries
        .iter()
        .filter(|entry| entry.of == "main" && parent(&entry.place.file) == project.dir)
        .filter(|entry| {
            !matches!(file_name(&entry.place.file), "setup.py" | "seed.py" | "noxfile.py" | "fabfile.py")
        });
    if let (Some(entry), None) = (mains.next(), mains.next()) {
        let origin = Origin::detected("the only script with a main guard").at(entry.place.clone()).guess();
        Some((entry.place.file.clone(), origin))
    } else {
        let package = facts.entries.iter().find(|entry| file_name(&entry.place.file) == "__main__.py")?;
        Some((
            package.place.file.clone(),
            Origin::detected("a package with __main__").at(package.place.clone()).likely(),
        ))
    }
}

/// Celery, RQ and Dramatiq workers beside a web service, or as the service itself.
pub(super) fn add_queue_workers(project: &mut Project, facts: &Facts, framework: &str) {
    let Some(entry) = ["celery", "dramatiq", "rq"]
        .iter()
        .filter(|queue| project.has(queue))
        .find_map(|queue| facts.entry(queue))
    else {
        return;
    };
    let Entry { of, place, .. } = entry;
    let file = relative(&project.dir, &place.file);
    let (file, prefix) = match file.strip_prefix("src/") {
        Some(inner) if of == "celery" => (inner, " --workdir src"),
        _ => (file, ""),
    };
    let dotted = module(file);
    let (command, beat) = match of.as_str() {
        "celery" => {
            // `celery -A project` finds `project/celery.py` by itself.
            let app = dotted.strip_suffix(".celery").unwrap_or(&dotted).to_owned();
            (
                format!("celery -A {app}{prefix} worker --loglevel=info"),
                Some(format!("celery -A {app}{prefix} beat --loglevel=info")),
            )
        }
        "dramatiq" => (format!("dramatiq {dotted}"), None),
        "rq" => {
            let python = project.exec("python");
            (format!("{python} {file}"), None)
        }
        _ => return,
    };
    let command = if of == "rq" { command } else { project.exec(&command) };
    let origin = || origin(entry);
    if framework == of || framework.is_empty() {
        project.service.kind.propose(Kind::Worker, origin());
        project.service.start.propose(command, origin());
    } else {
        let mut worker = companion_of(&project.service);
        worker.framework = seaworthy_model::Field::default();
        worker.framework.propose(of.clone(), origin());
        worker.kind.propose(Kind::Worker, origin());
        worker.start.propose(command, origin());
        project.companions.push(("worker".to_owned(), worker));
    }
    if let Some(beat) =
        beat.filter(|_| facts.entry("celery-beat").is_some() || project.has("django-celery-beat"))
    {
        let mut scheduler = companion_of(&project.service);
        scheduler.framework = seaworthy_model::Field::default();
        scheduler.framework.propose(of.clone(), origin());
        scheduler.kind.propose(Kind::Worker, origin());
        scheduler.start.propose(project.exec(&beat), origin());
        project.companions.push(("beat".to_owned(), scheduler));
    }
}
