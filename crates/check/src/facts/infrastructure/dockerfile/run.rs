//! What `RUN` does beside installing packages.

use parse_dockerfile::Instruction;

use super::Look;
use crate::facts::infrastructure::shell::{Simple, commands};

pub(super) fn check(look: &Look<'_, '_>) {
    for step in look.image.stages.iter().flat_map(|stage| &stage.steps) {
        for command in &step.commands {
            one(look, command);
        }
        if matches!(step.instruction, Instruction::Run(_)) {
            downloads(look, &step.commands);
        }
    }
}

fn one(look: &Look<'_, '_>, command: &Simple) {
    let span = command.start..command.end;
    if command.words.first().is_some_and(|word| word == "sudo") {
        look.report("docker-sudo", &span);
    }
    if command.program() == "chmod" && command.arguments().iter().any(|word| opens_to_all(word)) {
        look.report("docker-world-writable", &span);
    }
}

/// A mode that lets everyone write files: `777`, `0777`, `666`, `a+rwx`, `ugo+w`, `o+w`; not `1777`, which keeps others from
/// taking files away.
fn opens_to_all(mode: &str) -> bool {
    if matches!(mode, "777" | "0777" | "666" | "0666") {
        return true;
    }
    let Some((who, what)) = mode.split_once(['+', '=']) else { return false };
    who.bytes().all(|byte| b"ugoa".contains(&byte))
        && !what.is_empty()
        && what.bytes().all(|byte| b"rwxXst".contains(&byte))
        && what.contains('w')
        && !what.contains('t')
        && (who.is_empty() || who.contains(['o', 'a']))
}

/// A download that is run unseen.
fn downloads(look: &Look<'_, '_>, all: &[Simple]) {
    let is_shell = |command: &Simple| {
        matches!(
            command.program(),
            "sh" | "bash" | "zsh" | "ash" | "dash" | "python" | "python3" | "node" | "perl"
        )
    };
    let fetches = |command: &Simple| matches!(command.program(), "curl" | "wget");
    for pair in all.windows(2) {
        if fetches(&pair[0]) && pair[1].is_piped && is_shell(&pair[1]) {
            look.report("docker-download-piped-to-shell", &(pair[0].start..pair[1].end));
        }
    }
    for command in all.iter().filter(|command| is_shell(command) && command.has(&["-c"])) {
        if command.arguments().iter().any(|word| word.contains("$(curl") || word.contains("$(wget")) {
            look.report("docker-download-piped-to-shell", &(command.start..command.end));
        } else if let Some(script) = command.arguments().last()
            && script.contains("curl")
        {
            let inner = commands(script, true);
            let is_piped =
                inner.windows(2).any(|pair| fetches(&pair[0]) && pair[1].is_piped && is_shell(&pair[1]));
            if is_piped {
                look.report("docker-download-piped-to-shell", &(command.start..command.end));
            }
        }
    }
}
