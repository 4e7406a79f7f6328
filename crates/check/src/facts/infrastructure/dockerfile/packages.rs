//! How packages get into the image.

use parse_dockerfile::{Command, Instruction};

use super::Look;
use super::stage::{Stage, Step};
use crate::facts::infrastructure::image::ImageName;
use crate::facts::infrastructure::shell::Simple;

pub(super) fn check(look: &Look<'_, '_>) {
    for stage in &look.image.stages {
        let env = settings(stage);
        for step in &stage.steps {
            let empties = step.commands.iter().any(|command| {
                command.program() == "rm" && command.words.iter().any(|word| word.contains("/var/cache/apk"))
            });
            apt(look, step, &env);
            for command in &step.commands {
                other(look, step, command, &env, empties);
            }
        }
    }
    tools(look);
}

/// What `ENV` and `ARG` say in a stage.
fn settings(stage: &Stage<'_, '_>) -> String {
    let mut all = String::new();
    for step in &stage.steps {
        let text = match step.instruction {
            Instruction::Env(env) => &env.arguments.value,
            Instruction::Arg(arg) => &arg.arguments.value,
            _ => continue,
        };
        all.push_str(text);
        all.push('\n');
    }
    all
}

fn apt(look: &Look<'_, '_>, step: &Step<'_, '_>, env: &str) {
    let is_apt = |command: &&Simple| matches!(command.program(), "apt-get" | "apt" | "aptitude");
    let all: Vec<&Simple> = step.commands.iter().filter(is_apt).collect();
    let Some(first) = all.first() else { return };
    let installs: Vec<&&Simple> = all.iter().filter(|command| command.verb() == "install").collect();
    for command in &installs {
        let span = command.start..command.end;
        let is_quiet = |word: &String| {
            matches!(word.as_str(), "--yes" | "--assume-yes" | "-qq")
                || (word.starts_with('-') && !word.starts_with("--") && word.contains('y'))
        };
        if !command.arguments().iter().any(is_quiet) {
            look.add_option("docker-apt-prompts", &span, "install", "-y");
        }
        let is_lean =
            |word: &String| word.contains("no-install-recommends") || word.contains("Install-Recommends");
        if !command.arguments().iter().any(is_lean) {
            look.report("docker-apt-recommends", &span);
        }
    }
    for command in
        all.iter().filter(|command| matches!(command.verb(), "upgrade" | "dist-upgrade" | "full-upgrade"))
    {
        look.report("docker-apt-upgrade", &(command.start..command.end));
    }
    let updates = all.iter().any(|command| command.verb() == "update");
    if updates && installs.is_empty() && all.iter().all(|command| command.verb() == "update") {
        look.report("docker-apt-update-alone", &(first.start..first.end));
    }
    let cleans = step.commands.iter().any(|command| {
        command.program() == "rm" && command.words.iter().any(|word| word.contains("/var/lib/apt"))
    });
    if updates && !installs.is_empty() && !cleans && !step.has_cache && !env.contains("APT_LISTS") {
        let span = first.start..first.end;
        match end_of_chain(look, step) {
            Some(end) => look.mend("docker-apt-lists", &span, end..end, " && rm -rf /var/lib/apt/lists/*"),
            None => look.report("docker-apt-lists", &span),
        }
    }
}

/// Where a `RUN` ends whose commands follow one another with `&&`, if nothing outside of it can need the lists: another one
/// that installs without an update, or a script that may.
fn end_of_chain(look: &Look<'_, '_>, step: &Step<'_, '_>) -> Option<usize> {
    let Instruction::Run(run) = step.instruction else { return None };
    let Command::Shell(text) = &run.arguments else { return None };
    let rest = text.value.replace("&&", "");
    if !run.here_docs.is_empty() || rest.contains(['&', ';', '|', '#', '`', '(', '{']) {
        return None;
    }
    let needs_lists = look.image.stages.iter().flat_map(|stage| &stage.steps).any(|other| {
        let is_apt = |command: &&Simple| matches!(command.program(), "apt-get" | "apt" | "aptitude");
        let updates = other.commands.iter().filter(is_apt).any(|command| command.verb() == "update");
        let installs = other.commands.iter().filter(is_apt).any(|command| command.verb() == "install");
        let is_script = |command: &Simple| {
            matches!(command.program(), "sh" | "bash" | "make")
                || command.words.first().is_some_and(|word| word.contains('/'))
        };
        installs && !updates || other.commands.iter().any(is_script)
    });
    (!needs_lists).then(|| text.span.start + text.value.trim_end().len())
}

fn other(look: &Look<'_, '_>, step: &Step<'_, '_>, command: &Simple, env: &str, empties: bool) {
    let keeps_cache = step.has_cache || empties;
    let span = command.start..command.end;
    let arguments = command.arguments();
    match command.program() {
        "apk" if command.verb() == "add" && !keeps_cache && !command.has(&["--no-cache"]) => {
            look.add_option("docker-apk-cache", &span, "add", "--no-cache");
        }
        "npm" if matches!(command.verb(), "install" | "i") => {
            let named = arguments.iter().filter(|word| !word.starts_with('-')).count() > 1;
            if !named && !command.has(&["-g", "--global"]) && has_lockfile(look) {
                look.report("docker-npm-install", &span);
            }
        }
        "pip" | "pip3" if command.verb() == "install" => pip(look, step, command, arguments, env),
        "python" | "python3" if arguments.iter().take(3).eq(["-m", "pip", "install"]) => {
            pip(look, step, command, &arguments[2..], env);
        }
        _ => {}
    }
}

/// npm's, in the folder of the Dockerfile or at the root.
fn has_lockfile(look: &Look<'_, '_>) -> bool {
    let folder = look.file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    [folder, "."].iter().any(|folder| {
        look.context.repository.first_of(folder, ["package-lock.json", "npm-shrinkwrap.json"]).is_some()
    })
}

fn pip(look: &Look<'_, '_>, step: &Step<'_, '_>, command: &Simple, arguments: &[String], env: &str) {
    let span = command.start..command.end;
    let keeps = !command.has(&["--no-cache-dir", "--no-cache"]) && !env.contains("PIP_NO_CACHE_DIR");
    if keeps && !step.has_cache && !command.words.iter().any(|word| word.starts_with("PIP_NO_CACHE_DIR")) {
        look.add_option("docker-pip-cache", &span, "install", "--no-cache-dir");
    }
    let mut is_value = false;
    for word in arguments.iter().skip_while(|word| *word != "install").skip(1) {
        if std::mem::take(&mut is_value) {
            continue;
        }
        if word.starts_with('-') {
            is_value = !word.contains('=') && takes_value(word);
            continue;
        }
        let is_name = word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-[],<>=~!".contains(&byte))
            && !word.ends_with(".whl")
            && !word.ends_with(".txt");
        let is_installer =
            matches!(word.as_str(), "pip" | "setuptools" | "wheel" | "uv" | "poetry" | "pipenv");
        if is_name && !is_installer && !word.contains("==") && !word.contains("~=") {
            look.say(
                "docker-pip-unpinned",
                &span,
                format!("`{word}` is installed in whatever version is newest"),
            );
            return;
        }
    }
}

fn takes_value(option: &str) -> bool {
    matches!(
        option,
        "-r" | "--requirement"
            | "-c"
            | "--constraint"
            | "-e"
            | "--editable"
            | "-i"
            | "--index-url"
            | "--extra-index-url"
            | "-f"
            | "--find-links"
            | "-t"
            | "--target"
            | "--prefix"
            | "--root"
            | "--timeout"
            | "--retries"
            | "--trusted-host"
            | "--only-binary"
            | "--no-binary"
            | "--platform"
            | "--python-version"
            | "--progress-bar"
            | "--default-timeout"
            | "--proxy"
            | "--cert"
    )
}

/// Compilers, or what only development needs, in what is shipped.
fn tools(look: &Look<'_, '_>) {
    let Some(last) = look.image.last() else { return };
    let env = settings(last);
    let base = ImageName::parse(&last.base).map_or("", |image| image.name);
    let starts = last
        .steps
        .iter()
        .any(|step| matches!(step.instruction, Instruction::Cmd(_) | Instruction::Entrypoint(_)));
    let is_toolchain =
        matches!(base, "golang" | "rust" | "maven" | "gradle" | "gcc" | "mcr.microsoft.com/dotnet/sdk");
    if starts && is_toolchain {
        look.say("docker-build-tools-in-image", &last.from, format!("the image ships all of `{base}`"));
    }
    let prunes = last.steps.iter().flat_map(|step| &step.commands).any(|command| command.verb() == "prune");
    for step in &last.steps {
        let goes_again = step
            .commands
            .iter()
            .any(|other| matches!(other.verb(), "purge" | "remove" | "autoremove" | "del"));
        for command in &step.commands {
            let is_install = matches!(
                (command.program(), command.verb()),
                ("apt-get" | "apt", "install") | ("apk", "add")
            );
            let is_virtual = command.has(&["--virtual", "-t"]);
            if is_install && !is_virtual && !goes_again && starts {
                let tool = command.arguments().iter().find(|word| {
                    matches!(
                        word.as_str(),
                        "build-essential" | "gcc" | "g++" | "make" | "cmake" | "build-base" | "clang"
                    )
                });
                if let Some(tool) = tool {
                    let message = format!("`{tool}` stays in the image that runs");
                    look.say("docker-build-tools-in-image", &(command.start..command.end), message);
                }
            }
            if starts {
                development(look, command, &env, prunes);
            }
        }
    }
}

/// Dependencies of development installed in the stage that runs, and not removed.
fn development(look: &Look<'_, '_>, command: &Simple, env: &str, prunes: bool) {
    let words = || command.arguments().iter().map(String::as_str);
    let is_production = || env.contains("NODE_ENV=production") || env.contains("NODE_ENV production");
    let is_found = match command.program() {
        "npm" => {
            let leaves_out = words().any(|word| {
                matches!(word, "--production" | "--only=production" | "--only=prod" | "--omit=dev" | "--prod")
            }) || words().zip(words().skip(1)).any(|pair| matches!(pair, ("--omit", "dev")));
            matches!(command.verb(), "ci" | "install" | "i")
                && words().filter(|word| !word.starts_with('-')).count() == 1
                && !command.has(&["-g", "--global"])
                && !leaves_out
                && !is_production()
                && !prunes
                && has_dev_dependencies(look)
        }
        "pip" | "pip3" => words().any(|word| {
            let name = word.rsplit('/').next().unwrap_or(word);
            name.ends_with(".txt")
                && name.split(['.', '-', '_']).any(|part| matches!(part, "dev" | "test" | "development"))
        }),
        "poetry" => {
            command.verb() == "install"
                && !words().any(|word| {
                    ["--no-dev", "--only", "--without"].iter().any(|option| word.starts_with(option))
                })
                && words().count() > 0
        }
        _ => false,
    };
    if is_found {
        look.report("docker-dev-dependencies", &(command.start..command.end));
    }
}

fn has_dev_dependencies(look: &Look<'_, '_>) -> bool {
    look.context
        .manifests_around(look.file.path)
        .filter(|manifest| manifest.family == "javascript")
        .any(|manifest| manifest.dependencies.values().any(|declared| declared.dev))
}
