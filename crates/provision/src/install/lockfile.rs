//! Lockfiles and the commands that insist on them.

use crate::Error;
use crate::task::{Program, Task};

/// A lockfile that does not fit its manifest, as `npm ci` and its kin refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What is run instead: it installs what the manifest asks for and leaves the lockfile as it is.
    pub command: String,
    /// What a person types to bring the lockfile up to date.
    pub repair: &'static str,
}

/// What the package managers say of such a lockfile.
const SAID: [&str; 5] = [
    "can only install packages when your package.json and package-lock.json",
    "ERR_PNPM_OUTDATED_LOCKFILE",
    "ERR_PNPM_LOCKFILE_CONFIG_MISMATCH",
    "Your lockfile needs to be updated",
    "lockfile had changes, but lockfile is frozen",
];

/// Commands that insist on the lockfile: what each becomes, and what repairs it.
const STRICT: [(&str, &str, &str); 4] = [
    ("npm ci", "npm install --no-save", "npm install"),
    ("pnpm install --frozen-lockfile", "pnpm install --no-lockfile", "pnpm install"),
    ("yarn install --frozen-lockfile", "yarn install --pure-lockfile", "yarn install"),
    ("bun install --frozen-lockfile", "bun install --no-save", "bun install"),
];

/// What is to be done about an install that failed because of its lockfile; `None` where that is not why.
pub(super) fn misfit(task: &Task, error: &Error) -> Option<Misfit> {
    let (Error::Failed { tail, .. }, Program::Shell(command)) = (error, &task.program) else { return None };
    let is_said = tail.iter().any(|line| SAID.iter().any(|said| line.contains(said)));
    let (strict, loose, repair) = STRICT.iter().find(|(strict, ..)| is_said && command.contains(strict))?;
    Some(Misfit { command: command.replace(strict, loose), repair })
}

/// The command, whether it insists on the lockfile or not: once an install has written a lockfile, the one that insists
/// on it would find nothing to do.
pub(super) fn without_strictness(command: &str) -> String {
    STRICT.iter().fold(command.to_owned(), |command, (strict, _, plain)| command.replace(strict, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(command: &str, line: &str) -> (Task, Error) {
        let task = Task {
            name: command.to_owned(),
            program: Program::Shell(command.to_owned()),
            dir: "/app".into(),
            env: std::collections::BTreeMap::new(),
            bin_dirs: Vec::new(),
            user: None,
        };
        let error = Error::Failed {
            name: command.to_owned(),
            command: command.to_owned(),
            dir: "/app".into(),
            status: "exited with code 1".to_owned(),
            tail: vec![line.to_owned()],
        };
        (task, error)
    }

    #[test]
    fn only_an_install_that_its_lockfile_fails_is_loosened() {
        let line = format!("npm error `npm ci` {} or npm-shrinkwrap.json are in sync.", SAID[0]);
        let (task, error) = failed("npm ci --legacy-peer-deps", &line);
        let misfit = misfit(&task, &error).unwrap();
        assert_eq!(misfit.command, "npm install --no-save --legacy-peer-deps");
        let (task, error) = failed("npm ci", "npm error 404 Not Found");
        assert_eq!(super::misfit(&task, &error), None);
        assert_eq!(without_strictness("npm ci"), without_strictness("npm install"));
    }
}
