//! What is copied into the image, and when.

use parse_dockerfile::{CopyInstruction, Instruction, Source};

use super::Look;
use super::stage::Step;

pub(super) fn check(look: &Look<'_, '_>) {
    let mut is_first = true;
    for (index, stage) in look.image.stages.iter().enumerate() {
        let is_shipped = index + 1 == look.image.stages.len();
        let mut copied_all = None;
        for step in &stage.steps {
            match step.instruction {
                Instruction::Add(add) => {
                    let is_plain = add.options.is_empty()
                        && add.src.iter().all(|source| match source {
                            Source::Path(path) => is_local(&path.value),
                            Source::HereDoc(_) => true,
                            _ => false,
                        });
                    if is_plain {
                        let span = add.add.span.start..add.dest.span.end;
                        look.mend("docker-add-for-copy", &span, add.add.span.clone(), "COPY");
                    }
                }
                Instruction::Copy(copy) if !is_from_stage(copy) => {
                    let span = copy.copy.span.start..copy.dest.span.end;
                    if is_shipped && sources(copy).any(|path| is_env_file(path) && !is_public(look, path)) {
                        look.report("docker-copies-env-file", &span);
                    }
                    if sources(copy).any(is_everything) {
                        if std::mem::take(&mut is_first) {
                            ignored(look, &span);
                        }
                        copied_all.get_or_insert(span);
                    }
                }
                Instruction::Run(_) => {
                    if let Some(span) = &copied_all
                        && installs(step)
                    {
                        look.report("docker-copy-before-install", span);
                        copied_all = None;
                    }
                }
                _ => {}
            }
        }
    }
}

fn sources<'c>(copy: &'c CopyInstruction<'_>) -> impl Iterator<Item = &'c str> {
    copy.src.iter().filter_map(|source| match source {
        Source::Path(path) => Some(&*path.value),
        _ => None,
    })
}

fn is_from_stage(copy: &CopyInstruction<'_>) -> bool {
    copy.options.iter().any(|option| option.name.value == "from")
}

fn is_everything(path: &str) -> bool {
    matches!(path, "." | "./" | "./." | "/" | "*" | "./*")
}

/// A file of settings as it is used, not its example.
fn is_env_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".env"
        || name == ".env*"
        || name.strip_prefix(".env.").is_some_and(|rest| {
            !["example", "sample", "template", "dist", "defaults", "test"]
                .iter()
                .any(|word| rest.contains(word))
        })
}

/// Every name in it is one that a bundler puts into the browser's code anyway.
fn is_public(look: &Look<'_, '_>, path: &str) -> bool {
    const PREFIXES: [&str; 7] =
        ["VITE_", "NEXT_PUBLIC_", "REACT_APP_", "PUBLIC_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_"];
    let folder = look.file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let Some(text) = look.context.repository.text(&joined(folder, path.trim_start_matches("./"))) else {
        return false;
    };
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .all(|line| PREFIXES.iter().any(|prefix| line.starts_with(prefix)))
}

/// No address, and no archive that `ADD` unpacks.
fn is_local(path: &str) -> bool {
    let is_archive = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst"]
        .iter()
        .any(|ending| path.ends_with(ending));
    !path.contains("://") && !path.starts_with("git@") && !path.contains('$') && !is_archive
}

/// Installs what a manifest or lockfile names.
fn installs(step: &Step<'_, '_>) -> bool {
    step.commands.iter().any(|command| {
        let named = command.arguments().iter().filter(|word| !word.starts_with('-')).count() > 1;
        match (command.program(), command.verb()) {
            ("npm" | "pnpm", "install" | "ci" | "i") => !named && !command.has(&["-g", "--global"]),
            ("yarn", "install" | "")
            | ("bundle" | "composer" | "poetry" | "bun", "install")
            | ("go", "mod")
            | ("uv", "sync") => true,
            ("pip" | "pip3", "install") => {
                command.has(&["-r", "--requirement"])
                    || command.arguments().iter().any(|word| word.starts_with("-r"))
            }
            _ => false,
        }
    })
}

/// Everything is copied: something must say what not.
fn ignored(look: &Look<'_, '_>, span: &std::ops::Range<usize>) {
    let repository = look.context.repository;
    let folder = look.file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let own = format!("{}.dockerignore", look.file.name());
    let path = repository
        .first_of(folder, [own.as_str(), ".dockerignore"])
        .or_else(|| repository.first_of(".", [".dockerignore"]));
    let Some(path) = path else {
        let message =
            "everything is copied, and no `.dockerignore` keeps out `.git`, `.env` and dependencies";
        look.say("docker-no-dockerignore", span, message.to_owned());
        return;
    };
    let Some(text) = repository.text(&path) else { return };
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    // One that keeps out everything and lets some in is read as meant.
    if lines.iter().any(|line| matches!(*line, "*" | "**" | "*/" | "/*")) {
        return;
    }
    let covers = |names: &[&str]| {
        lines.iter().any(|line| {
            let line = line.trim_start_matches("**/").trim_start_matches('/').trim_end_matches(['/', '*']);
            names.contains(&line)
        })
    };
    let lets_env = repository.has(&joined(folder, ".env")) && !covers(&[".env", ".env.", "*.env"]);
    if lets_env {
        look.say("docker-no-dockerignore", span, format!("`{path}` does not keep out `.env`"));
    } else if !covers(&[".git", ".*", "."]) {
        look.say("docker-no-dockerignore", span, format!("`{path}` does not keep out `.git`"));
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder == "." { name.to_owned() } else { format!("{folder}/{name}") }
}
