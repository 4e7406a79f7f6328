//! Asking git: the program, so that what people have configured for it holds.

use std::path::Path;
use std::process::{Command, Stdio};

use super::ShipError;

/// Variables that git sets for its hooks: with them it would look at another repository than the one of the folder.
const OF_HOOKS: [&str; 8] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
];

/// Hooks are for people who work in a tree, and a part of a tree is no release.
const OURS: [&str; 6] =
    ["-c", "core.hooksPath=/dev/null", "-c", "core.sparseCheckout=false", "-c", "advice.detachedHead=false"];

/// Git in `folder`, speaking English, asking nobody.
pub(super) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    for name in OF_HOOKS {
        command.env_remove(name);
    }
    command.args(OURS).arg("-C").arg(folder).args(arguments);
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    command
}

/// What git prints, without the line's end.
pub(super) fn ask(folder: &Path, arguments: &[&str]) -> Result<String, ShipError> {
    text(&mut command(folder, arguments), arguments)
}

/// What a command of git prints, without the line's end.
pub(super) fn text(command: &mut Command, arguments: &[&str]) -> Result<String, ShipError> {
    let failed = |why: String| {
        let what = arguments.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
        ShipError::Git { what: what.to_owned(), why }
    };
    let output = command.output().map_err(|error| failed(format!("it cannot be run: {error}")))?;
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // What it says last is why; what comes before is what it did.
    let is_reason = |line: &&str| line.starts_with("fatal:") || line.starts_with("error:");
    let why = said.lines().find(is_reason).or_else(|| said.lines().next_back()).unwrap_or("it said nothing");
    Err(failed(why.to_owned()))
}
