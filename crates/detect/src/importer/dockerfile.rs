//! Dockerfiles: the runtime's version, the port, the command and the health check of what they build.

use std::collections::{BTreeMap, BTreeSet};

use parse_dockerfile::{Command, HealthcheckArguments, Instruction, JsonOrStringArray};
use seaworthy_model::{Kind, Name, Origin, Place, Probe, Volume};

use super::compose::{action, quoted, unwrapped};
use crate::document::Lines;
use crate::draft::{Draft, DraftService};
use crate::repository::{Repository, file_name, parent};
use crate::version;

fn files(repo: &Repository) -> Vec<String> {
    repo.paths()
        .iter()
        .map(|path| &**path)
        .filter(|path| {
            let name = file_name(path);
            name == "Dockerfile"
                || name == "Containerfile"
                || name == "Dockerfile.prod"
                || name == "Dockerfile.production"
        })
        .filter(|path| !crate::language::is_aside(path))
        .map(str::to_owned)
        .collect()
}

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in files(repo) {
        if repo.text(&path).is_some_and(|text| text.contains("CMD") || text.contains("ENTRYPOINT")) {
            dirs.insert(parent(&path).to_owned());
        }
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in files(repo) {
        let Some(text) = repo.text(&path) else { continue };
        match read(&text) {
            Ok(found) => {
                if draft.services.is_empty() {
                    add_service(draft, &path, &found);
                }
                apply(draft, &path, &found);
            }
            Err(message) => {
                repo.warn("malformed-file", format!("not a valid Dockerfile: {message}"), &path, None);
            }
        }
    }
}

/// What a Dockerfile says about the service it builds, with lines.
#[derive(Debug, Default)]
struct Found {
    /// Every base image, in order.
    bases: Vec<(String, u32)>,
    port: Option<(u16, u32)>,
    command: Option<(String, u32)>,
    probe: Option<(Probe, u32)>,
    env: BTreeMap<String, (String, u32)>,
    volumes: Vec<(String, u32)>,
}

fn read(text: &str) -> Result<Found, String> {
    let dockerfile = parse_dockerfile::parse(text).map_err(|error| error.to_string())?;
    let lines = Lines::new(text);
    let mut found = Found::default();
    let mut args: BTreeMap<String, String> = BTreeMap::new();
    let (mut entrypoint, mut cmd) = (None, None);
    let mut stages: BTreeSet<String> = BTreeSet::new();
    for instruction in &dockerfile.instructions {
        match instruction {
            Instruction::Arg(arg) => {
                if let Some((name, value)) = arg.arguments.value.split_once('=') {
                    args.insert(name.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned());
                }
            }
            Instruction::From(from) => {
                // What the last stage runs is what the image runs.
                (entrypoint, cmd) = (None, None);
                found.port = None;
                found.env.clear();
                let image = substituted(&from.image.value, &args);
                if !stages.contains(&image) && image != "scratch" {
                    found.bases.push((image, lines.line(from.from.span.start)));
                }
                if let Some((_, name)) = &from.as_ {
                    stages.insert(name.value.to_string());
                }
            }
            Instruction::Expose(expose) => {
                if let Some(first) = expose.arguments.first() {
                    let text = substituted_with(&first.value, &args, &found.env);
                    if let Some(port) = text.split('/').next().and_then(|port| port.parse().ok()) {
                        found.port.get_or_insert((port, lines.line(expose.expose.span.start)));
                    }
                }
            }
            Instruction::Env(env) => {
                let line = lines.line(env.env.span.start);
                for (name, value) in env_pairs(&env.arguments.value) {
                    found.env.insert(name, (value, line));
                }
            }
            Instruction::Cmd(instruction) => {
                cmd = Some((words(&instruction.arguments), lines.line(instruction.cmd.span.start)));
            }
            Instruction::Entrypoint(instruction) => {
                entrypoint =
                    Some((words(&instruction.arguments), lines.line(instruction.entrypoint.span.start)));
            }
            Instruction::Healthcheck(health) => {
                if let HealthcheckArguments::Cmd { arguments, .. } = &health.arguments {
                    let probe = Probe::new(action(&words(arguments)));
                    found.probe = Some((probe, lines.line(health.healthcheck.span.start)));
                }
            }
            Instruction::Volume(volume) => {
                let line = lines.line(volume.volume.span.start);
                let paths: Vec<String> = match &volume.arguments {
                    JsonOrStringArray::Json(paths) => {
                        paths.value.iter().map(|path| path.value.to_string()).collect()
                    }
                    JsonOrStringArray::String(paths) => {
                        paths.iter().map(|path| path.value.to_string()).collect()
                    }
                };
                found.volumes.extend(paths.into_iter().map(|path| (path, line)));
            }
            _ => {}
        }
    }
    found.command = match (entrypoint, cmd) {
        (Some((entry, line)), Some((cmd, _))) => Some((format!("{entry} {cmd}"), line)),
        (one, other) => one.or(other),
    };
    Ok(found)
}

/// A command as a shell text.
fn words(command: &Command<'_>) -> String {
    let text = match command {
        Command::Exec(words) => {
            words.value.iter().map(|word| quoted(&word.value)).collect::<Vec<_>>().join(" ")
        }
        Command::Shell(text) => text.value.to_string(),
        _ => String::new(),
    };
    unwrapped(&text)
}

fn substituted(text: &str, args: &BTreeMap<String, String>) -> String {
    substituted_with(text, args, &BTreeMap::new())
}

/// The text with `$NAME`, `${NAME}` and `${NAME:-default}` replaced as far as their values are known.
fn substituted_with(
    text: &str,
    args: &BTreeMap<String, String>,
    env: &BTreeMap<String, (String, u32)>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find('$') {
        out.push_str(&rest[..index]);
        let after = &rest[index + 1..];
        let (name, default, tail) =
            if let Some((inner, tail)) = after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
                (name, default, tail)
            } else {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                (&after[..end], "", &after[end..])
            };
        let value = env.get(name).map(|(value, _)| value).or_else(|| args.get(name));
        out.push_str(value.map_or(default, String::as_str));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The variables of an `ENV`: `A=1 B="two words"` or the old `A 1`.
fn env_pairs(text: &str) -> Vec<(String, String)> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        return text
            .split_once(char::is_whitespace)
            .map(|(name, value)| vec![(name.to_owned(), value.trim().to_owned())])
            .unwrap_or_default();
    }
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, tail) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        pairs.push((name.trim().trim_start_matches('\\').trim().to_owned(), value.to_owned()));
        rest = tail.trim_start();
    }
    pairs
}

/// Where nothing else was recognised, what the image runs is the app.
fn add_service(draft: &mut Draft, path: &str, found: &Found) {
    let Some((_, line)) = found.command else { return };
    let origin =
        Origin::detected("Dockerfile CMD, and nothing else is known").at(Place::line(path, line)).likely();
    let mut made = DraftService::default();
    let kind = if found.port.is_some() { Kind::Web } else { Kind::Worker };
    made.service.kind.propose(kind, origin.clone());
    made.service.path.propose(parent(path).to_owned(), origin.clone());
    let name = match parent(path) {
        "." => draft.name.get().cloned().unwrap_or_else(|| Name::from_text("app")),
        dir => Name::from_text(dir),
    };
    made.names.propose(name, origin);
    draft.services.push(made);
}

/// Runtimes by the images that carry them.
const IMAGES: &[(&str, &str)] = &[
    ("node", "node"),
    ("python", "python"),
    ("golang", "go"),
    ("rust", "rust"),
    ("ruby", "ruby"),
    ("php", "php"),
    ("openjdk", "java"),
    ("eclipse-temurin", "java"),
    ("amazoncorretto", "java"),
    ("oven/bun", "bun"),
    ("denoland/deno", "deno"),
    ("elixir", "elixir"),
    ("hexpm/elixir", "elixir"),
    ("mcr.microsoft.com/dotnet/aspnet", "dotnet"),
    ("mcr.microsoft.com/dotnet/sdk", "dotnet"),
    ("mcr.microsoft.com/dotnet/runtime", "dotnet"),
    ("ibm-semeru-runtimes", "java"),
    ("azul/zulu-openjdk", "java"),
    ("swift", "swift"),
    ("haskell", "ghc"),
    ("crystallang/crystal", "crystal"),
    ("ghcr.io/gleam-lang/gleam", "gleam"),
    ("ghcr.io/cirruslabs/flutter", "flutter"),
    ("dart", "dart"),
];

/// The runtime that an image carries, and its version.
fn carried(name: &str, tag: &str) -> Option<(&'static str, String)> {
    // Images of a build tool are tagged by its version, then the JDK's: `3.9-eclipse-temurin-21`, `8-jdk21`.
    if matches!(name, "maven" | "gradle") {
        let jdk = ["temurin-", "openjdk-", "corretto-", "jdk-", "jdk"]
            .iter()
            .find_map(|vendor| tag.split_once(vendor).map(|(_, rest)| rest))?;
        return Some(("java", crate::resource::tag_version(jdk)?));
    }
    let (_, runtime) = IMAGES.iter().find(|(known, _)| *known == name)?;
    Some((runtime, crate::resource::tag_version(tag)?))
}

fn apply(draft: &mut Draft, path: &str, found: &Found) {
    let dir = parent(path);
    let origin = |what: &str, line: u32| {
        Origin::detected(format!("Dockerfile {what}")).at(Place::line(path, line)).likely()
    };
    for draft in draft.services.iter_mut().filter(|draft| draft.service.path() == dir) {
        let service = &mut draft.service;
        let is_web = !matches!(service.kind.get(), Some(Kind::Static | Kind::Worker | Kind::Job));
        for (image, line) in &found.bases {
            let (name, tag) = image.rsplit_once(':').unwrap_or((image, ""));
            let name = name.strip_prefix("docker.io/library/").unwrap_or(name);
            if let Some((runtime, number)) = carried(name, tag)
                && service.runtime.get().is_some_and(|known| known.name == runtime)
                && let Some(runtime) = version::runtime(runtime, &number)
            {
                service.runtime.propose(runtime, origin("FROM", *line));
            }
        }
        // A web server in the last stage listens for the site, not for a process of ours.
        // Thruster, in front of Puma in the image that Rails generates, does so too.
        let is_fronted = found.command.as_ref().is_some_and(|(command, _)| command.contains("bin/thrust"));
        if let Some((port, line)) = found.port
            && is_web
            && !is_fronted
        {
            service.port.propose(port, origin("EXPOSE", line));
        }
        if let Some((command, line)) = &found.command
            && is_web
            && !command.starts_with("nginx")
            && !command.contains("entrypoint.sh")
            && !command.starts_with("docker-entrypoint")
        {
            let origin = origin("CMD", *line);
            // A path inside the image means nothing outside it.
            let origin =
                if command.starts_with('/') || command.starts_with("./") { origin.guess() } else { origin };
            service.start.propose(command.clone(), origin);
        }
        if let Some((probe, line)) = &found.probe
            && is_web
        {
            service.readiness.propose(probe.clone(), origin("HEALTHCHECK", *line));
        }
        for (path, line) in &found.volumes {
            if !service.volumes.iter().any(|known| known.path == *path) {
                service.volumes.push(Volume { path: path.clone(), origin: origin("VOLUME", *line) });
            }
        }
        for (name, (value, line)) in &found.env {
            if let Some(variable) = service.env.get_mut(name)
                && let Some(shown) = crate::secret::shown_default(name, value)
            {
                variable.default.propose(shown, origin("ENV", *line).guess());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_is_what_runs() {
        let found = read(
            "ARG V=20\nFROM node:${V}-alpine AS build\nRUN npm ci\nCMD [\"no\"]\nFROM build AS x\nFROM node:$V-slim\nENV PORT=4000 A=\"b c\"\nEXPOSE $PORT\nHEALTHCHECK CMD curl -f http://localhost:4000/healthz || exit 1\nENTRYPOINT [\"node\"]\nCMD [\"dist/server.js\"]\n",
        )
        .unwrap();
        assert_eq!(found.bases, [("node:20-alpine".to_owned(), 2), ("node:20-slim".to_owned(), 6)]);
        assert_eq!(found.port, Some((4000, 8)));
        assert_eq!(found.command, Some(("node dist/server.js".to_owned(), 10)));
        assert_eq!(found.probe, Some((Probe::http("/healthz"), 9)));
        assert_eq!(found.env["A"].0, "b c");
    }

    #[test]
    fn old_forms_and_nonsense() {
        assert_eq!(env_pairs("A b c"), [("A".to_owned(), "b c".to_owned())]);
        assert_eq!(env_pairs("A="), [("A".to_owned(), String::new())]);
        assert!(read("FROM").is_err());
    }
}
