//! The commands that start services in production, as images, process lists and platforms' files have them.

use std::collections::BTreeMap;

use ast_grep_language::SupportLang;
use parse_dockerfile::{Command, Instruction};

use super::regex;
use crate::context::{Context, Sink};
use crate::facts::{Fact, FileFact};
use crate::file::{Role, SourceFile, name};
use crate::finding::Draft;

const DEVELOPMENT: &str = "development-server";
const LOCALHOST: &str = "listens-on-localhost";

pub(super) const FACT: Fact = Fact { rules: &[DEVELOPMENT, LOCALHOST], whole: true, check };

pub(super) const LISTEN_FACT: FileFact =
    FileFact { rules: &[LOCALHOST], wants: |file| file.has(".listen("), check: check_listen };

/// Commands of development servers, and what they are.
const SERVERS: [(&str, &str); 17] = [
    (r"\bflask\b.*\brun\b", "Flask's development server"),
    (r"\bmanage\.py\s+runserver\b|\bdjango-admin\s+runserver\b", "Django's development server"),
    (r"\buvicorn\b.*--reload\b", "uvicorn restarting whenever a file changes"),
    (r"\bfastapi\s+dev\b", "FastAPI's development server"),
    (r"\bgunicorn\b.*--reload\b", "gunicorn restarting whenever a file changes"),
    (r"\bnodemon\b", "nodemon, which restarts whenever a file changes,"),
    (
        r"\bts-node-dev\b|\btsx\s+watch\b|\bnode\s+--watch\b",
        "a watcher that restarts whenever a file changes",
    ),
    (r"(^|\s|/)vite(\s+(dev|serve|preview)\b|\s+--|\s*$)", "Vite's development server"),
    (r"\bnext\s+dev\b", "the development server of Next"),
    (r"\b(nuxt|nuxi|astro|remix|gatsby|react-router)\s+(dev|develop)\b", "a front end's development server"),
    (r"\breact-scripts\s+start\b", "the development server of Create React App"),
    (r"\bwebpack(-dev-server\b|\s+serve\b)", "webpack's development server"),
    (r"\bng\s+serve\b", "Angular's development server"),
    (r"\bphp\s+artisan\s+serve\b", "Laravel's development server"),
    (r"\bphp\s+-S\s", "PHP's development server"),
    (
        r"\brails\s+s(erver)?\b.*(-e|--environment)[ =]development\b|\bRAILS_ENV=development\b",
        "Rails in development",
    ),
    (r"\bmix\s+phx\.server\b.*MIX_ENV=dev|\bnest\s+start\s+--watch\b|\bair\s*$", "a development server"),
];

/// A script of a package, with the way that asks for it.
const SCRIPT: &str = r"^(?:(?:npm|pnpm|bun|yarn)\s+(?:--\S+\s+)*(?:run(?:-script)?\s+)?)([\w:.-]+)";

/// Scripts within scripts are followed this far.
const DEEPEST: usize = 4;

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let (Some(script), Some(local)) = (regex(SCRIPT), regex(LOCAL_BIND)) else { return };
    let servers: Vec<_> =
        SERVERS.iter().filter_map(|(pattern, name)| Some((regex(pattern)?, *name))).collect();
    // The same line can start several services.
    let mut commands: BTreeMap<(String, u32), (String, String)> = BTreeMap::new();
    for service in context.app.services.values() {
        // The model takes a development server for what starts in development, wherever it is written.
        for evidence in service.start.all().iter().chain(service.dev.all()) {
            let Some(place) = evidence.origin.place.as_ref().filter(|place| is_platform(&place.file)) else {
                continue;
            };
            let key = (place.file.clone(), place.line.unwrap_or(1));
            commands.entry(key).or_insert_with(|| (evidence.value.clone(), service.path().to_owned()));
        }
    }
    for path in context.repository.paths().iter().map(|path| &**path).filter(|path| is_image(path)) {
        let Some(text) = context.repository.text(path) else { continue };
        if let Some((line, command)) = image_command(&text) {
            let dir = path.rsplit_once('/').map_or(".", |(dir, _)| dir);
            commands.insert((path.to_owned(), line), (command, dir.to_owned()));
        }
    }
    for ((file, line), (command, dir)) in commands {
        let report = |rule: &'static str, message: String| {
            sink.report(Draft::line(rule, file.clone(), line).says(message));
        };
        let spelled = expanded(context, &script, &dir, &command);
        let known = servers.iter().find(|(pattern, _)| pattern.is_match(spelled.as_bytes()));
        if let Some((_, name)) = known {
            report(DEVELOPMENT, format!("`{command}` starts {name}"));
        } else if let Some(module) = flask_script(context, &dir, &spelled) {
            report(
                DEVELOPMENT,
                format!("`{command}` starts Flask's development server: `{module}` calls `app.run`"),
            );
        }
        if local.is_match(spelled.as_bytes()) {
            report(LOCALHOST, format!("`{command}` listens on the container's own loopback only"));
        }
    }
}

/// Files of platforms that say how something starts where it is used.
fn is_platform(file: &str) -> bool {
    matches!(
        name(file),
        "Procfile"
            | "fly.toml"
            | "render.yaml"
            | "railway.json"
            | "railway.toml"
            | "heroku.yml"
            | "app.yaml"
            | "nixpacks.toml"
    )
}

/// A Dockerfile that is not for development.
fn is_image(file: &str) -> bool {
    let name = name(file);
    let is_image =
        name.starts_with("Dockerfile") || name.starts_with("Containerfile") || name.ends_with(".dockerfile");
    let is_aside = [".dev", ".local", "development", ".test", "-dev", "example", "fixtures"]
        .iter()
        .any(|mark| file.contains(mark));
    is_image && !is_aside && SourceFile::new(file, "").role == Role::App
}

/// What the last stage of a Dockerfile starts, and the line.
fn image_command(text: &str) -> Option<(u32, String)> {
    let dockerfile = parse_dockerfile::parse(text).ok()?;
    let (mut entrypoint, mut cmd) = (None, None);
    for instruction in &dockerfile.instructions {
        match instruction {
            Instruction::From(_) => (entrypoint, cmd) = (None, None),
            Instruction::Cmd(found) => cmd = Some((found.cmd.span.start, words(&found.arguments))),
            Instruction::Entrypoint(found) => {
                entrypoint = Some((found.entrypoint.span.start, words(&found.arguments)));
            }
            _ => {}
        }
    }
    let (at, command) = match (entrypoint, cmd) {
        (Some((_, entry)), Some((at, cmd))) => (at, format!("{entry} {cmd}")),
        (one, other) => one.or(other)?,
    };
    let line = 1 + memchr::memchr_iter(b'\n', text.as_bytes().get(..at)?).count();
    Some((u32::try_from(line).ok()?, command))
}

fn words(command: &Command<'_>) -> String {
    match command {
        Command::Exec(words) => words.value.iter().map(|word| &*word.value).collect::<Vec<_>>().join(" "),
        Command::Shell(text) => text.value.trim().to_owned(),
        _ => String::new(),
    }
}

/// A bind to loopback in a command of a server.
const LOCAL_BIND: &str = r"\b(uvicorn|gunicorn|hypercorn|flask|daphne|granian|vite|next|puma|rails|waitress-serve)\b.*(--host|--bind|--hostname|-b|-H|--listen)[ =]?(tcp://)?(localhost|127\.0\.0\.1)\b";

/// A command with the scripts that it names in their places.
fn expanded(context: &Context<'_>, script: &regex::bytes::Regex, dir: &str, command: &str) -> String {
    let mut current = command.to_owned();
    for _ in 0..DEEPEST {
        let Some(name) = script.captures(current.as_bytes()).and_then(|found| found.get(1)) else { break };
        let Some(name) = current.get(name.range()) else { break };
        let manifest = context
            .manifests
            .iter()
            .filter(|manifest| manifest.dir == dir || manifest.dir == ".")
            .max_by_key(|manifest| usize::from(manifest.dir == dir));
        let Some(text) = manifest.and_then(|manifest| manifest.scripts.get(name)) else { break };
        if text == &current {
            break;
        }
        current.clone_from(text);
    }
    current
}

/// `python app.py`, where that file starts Flask itself.
fn flask_script(context: &Context<'_>, dir: &str, command: &str) -> Option<String> {
    let mut words = command.split_whitespace().skip_while(|word| !matches!(*word, "python" | "python3"));
    words.next()?;
    let module = words.find(|word| !word.starts_with('-'))?;
    let path = if dir == "." { module.to_owned() } else { format!("{dir}/{module}") };
    let text = context.repository.text(&path)?;
    let starts = ["app.run(", "application.run("].iter().any(|call| text.contains(call));
    let is_other = [
        "waitress",
        "gevent",
        "hypercorn",
        "eventlet",
        "socketio",
        "aiohttp",
        "quart",
        "sanic",
        "Sanic",
        "dash",
    ]
    .iter()
    .any(|server| text.contains(server));
    (path.ends_with(".py") && starts && text.contains("Flask(") && !is_other).then(|| module.to_owned())
}

/// `app.listen(PORT, 'localhost')` where the app goes into an image.
fn check_listen(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    use SupportLang as L;
    let is_script = matches!(file.language, Some(L::JavaScript | L::TypeScript | L::Tsx));
    if file.role != Role::App || !is_script {
        return;
    }
    let dir = context.manifests_around(file.path).next().map_or(".", |manifest| manifest.dir.as_str());
    let is_in_image = context.repository.first_of(dir, ["Dockerfile", "Containerfile"]).is_some()
        || context.repository.has("Dockerfile");
    let listen = regex(
        r#"\b(?:app|server|httpServer|fastify)\.listen\(\s*(?:[^(){}"';]{1,60},\s*["'](?:localhost|127\.0\.0\.1)["']|\{[^{}]{0,120}host(?:name)?:\s*["'](?:localhost|127\.0\.0\.1)["'])"#,
    );
    let Some(listen) = listen.filter(|_| is_in_image) else { return };
    for found in listen.find_iter(file.text.as_bytes()) {
        let message = "This listens on the container's own loopback only";
        sink.report_in(file, Draft::bytes(LOCALHOST, file.path, found.range()).says(message));
    }
}
