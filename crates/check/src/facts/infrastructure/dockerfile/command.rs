//! How the container starts, and what is said about it.

use parse_dockerfile::{Command, HealthcheckArguments, Instruction};

use super::Look;
use super::stage::words;
use crate::facts::infrastructure::image::ImageName;

pub(super) fn check(look: &Look<'_, '_>) {
    repeated(look);
    started(look);
    places(look);
}

/// The last one counts; those before it are never run.
fn repeated(look: &Look<'_, '_>) {
    for stage in &look.image.stages {
        let mut commands = Vec::new();
        let mut entries = Vec::new();
        for step in &stage.steps {
            match step.instruction {
                Instruction::Cmd(cmd) => commands.push(&cmd.cmd.span),
                Instruction::Entrypoint(entry) => entries.push(&entry.entrypoint.span),
                _ => {}
            }
        }
        for spans in [commands, entries] {
            for span in spans.iter().rev().skip(1) {
                look.report("docker-several-commands", span);
            }
        }
    }
}

fn started(look: &Look<'_, '_>) {
    let (mut cmd, mut entry) = (None, None);
    let mut is_exposed = false;
    let mut has_check = false;
    let mut env = String::new();
    for step in look.image.final_steps() {
        match step.instruction {
            Instruction::Cmd(one) => cmd = Some((one.cmd.span.start, &one.arguments)),
            Instruction::Entrypoint(one) => entry = Some((one.entrypoint.span.start, &one.arguments)),
            Instruction::Expose(_) => is_exposed = true,
            Instruction::Healthcheck(check) => {
                has_check = matches!(check.arguments, HealthcheckArguments::Cmd { .. });
            }
            Instruction::Env(one) => {
                env.push_str(&one.arguments.value);
                env.push('\n');
            }
            Instruction::Arg(one) => {
                env.push_str(&one.arguments.value);
                env.push('\n');
            }
            _ => {}
        }
    }
    let Some((start, main)) = entry.or(cmd) else { return };
    if let Command::Shell(text) = main {
        let first = text.value.trim_start();
        if !first.starts_with("exec ") && !first.contains("&& exec ") {
            let span = start..text.span.end;
            match as_list(look, text.value).filter(|_| entry.is_none()) {
                Some(list) => look.mend("docker-shell-form-command", &span, text.span.clone(), &list),
                None => look.report("docker-shell-form-command", &span),
            }
        }
    }
    let mut all = words(main);
    if entry.is_some()
        && let Some((_, more)) = cmd
    {
        all.extend(words(more));
    }
    let span = start..end_of(main);
    let starts_with = |program: &str, verbs: &[&str]| {
        all.first().is_some_and(|word| word == program)
            && all.get(1).is_some_and(|word| verbs.contains(&word.as_str()))
    };
    if starts_with("npm", &["start", "run", "run-script"])
        || starts_with("pnpm", &["start", "run"])
        || starts_with("yarn", &["start", "run", "serve"])
    {
        look.report("docker-package-manager-as-init", &span);
    }
    let Some(last) = look.image.last() else { return };
    if is_exposed && !has_check {
        look.report("docker-no-healthcheck", &last.from);
    }
    let base = ImageName::parse(look.image.final_base()).map_or("", |image| image.name);
    let line = all.join(" ");
    if base == "python"
        && line.contains("python")
        && !env.contains("PYTHONUNBUFFERED")
        && !line.contains(" -u")
    {
        let end = look.file.text[last.from.end..].find('\n').map(|end| last.from.end + end);
        match end.filter(|end| !look.file.text[..*end].ends_with(['\\', '`'])) {
            Some(end) => {
                look.mend("docker-python-buffered", &last.from, end..end, "\nENV PYTHONUNBUFFERED=1");
            }
            None => look.report("docker-python-buffered", &last.from),
        }
    }
    let runs_node = all.first().is_some_and(|word| matches!(word.as_str(), "node" | "npm" | "yarn" | "pnpm"));
    if base == "node" && runs_node && !env.contains("NODE_ENV") && !line.contains("NODE_ENV") {
        look.report("docker-node-env", &last.from);
    }
}

/// The same command as a list; `None` where it is more than a program with plain words, or where the image may have an
/// entry point that takes the two forms differently.
fn as_list(look: &Look<'_, '_>, text: &str) -> Option<String> {
    const BUILT_IN: [&str; 14] = [
        "cd", "echo", "eval", "exec", "exit", "export", "printf", "read", "set", "source", "test", "true",
        "umask", "wait",
    ];
    let is_known = starts_at_root(look.image.final_base())
        && !look.image.final_steps().any(|step| matches!(step.instruction, Instruction::Shell(_)));
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _-./:=,@+".contains(&byte));
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let first = words.first()?;
    let is_program = !first.contains('=') && *first != "." && !BUILT_IN.contains(first);
    let list = || words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    (is_known && is_plain && is_program).then(|| format!("[{}]", list()))
}

/// An image of which it is known that it says no folder, and that its entry point runs whatever it is given.
fn starts_at_root(base: &str) -> bool {
    const KNOWN: [&str; 6] = ["alpine", "debian", "node", "python", "ruby", "ubuntu"];
    ImageName::parse(base).is_some_and(|image| {
        KNOWN.contains(&image.name) && !image.tag.is_some_and(|tag| tag.contains("onbuild"))
    })
}

/// A path below the folder that it starts in, without anything that Docker fills in.
fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && !path.contains("..")
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte))
}

fn end_of(command: &Command<'_>) -> usize {
    match command {
        Command::Exec(words) => words.span.end,
        Command::Shell(text) => text.span.end,
        _ => 0,
    }
}

/// Ports that do not exist, and folders that depend on what came before.
fn places(look: &Look<'_, '_>) {
    for stage in &look.image.stages {
        let mut has_folder = stage.parent.is_some();
        for step in &stage.steps {
            match step.instruction {
                Instruction::Expose(expose) => {
                    for port in &expose.arguments {
                        let number = port.value.split('/').next().unwrap_or_default();
                        let is_number =
                            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                        if is_number && !number.parse::<u16>().is_ok_and(|port| port > 0) {
                            look.report(
                                "docker-expose-out-of-range",
                                &(expose.expose.span.start..port.span.end),
                            );
                        }
                    }
                }
                Instruction::Workdir(workdir) => {
                    let path = workdir.arguments.value.trim().trim_matches(['"', '\'']);
                    let is_absolute =
                        path.starts_with(['/', '$', '\\']) || path.as_bytes().get(1) == Some(&b':');
                    // After an absolute one it is plain what is meant.
                    if !is_absolute && !has_folder {
                        let span = workdir.workdir.span.start..workdir.arguments.span.end;
                        let value = &workdir.arguments;
                        if starts_at_root(&stage.base) && is_plain_path(value.value.trim()) {
                            let path = format!("/{}", path.trim_start_matches("./"));
                            look.mend("docker-relative-workdir", &span, value.span.clone(), &path);
                        } else {
                            look.report("docker-relative-workdir", &span);
                        }
                    }
                    has_folder = true;
                }
                _ => {}
            }
        }
    }
}
