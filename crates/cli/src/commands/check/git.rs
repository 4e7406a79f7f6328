//! What git knows of a repository. Git itself is asked: what people have configured holds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};

use seaworthy_check::history;

use crate::commands::git::git;
use crate::exit::{Mistake, Outside};

/// What is about to be committed.
pub(super) struct Staged {
    /// The files.
    pub(super) paths: BTreeSet<String>,
    /// The texts of those that are not the same in the working tree.
    pub(super) differing: BTreeMap<String, String>,
}

/// Every file that git has below `root`, relative to it; `None` where it is no repository or there is no git.
pub(super) fn tracked(root: &Path) -> Option<BTreeSet<String>> {
    let out = git(root, &["ls-files", "-z"]).ok()?;
    Some(names(&out))
}

/// What is staged below `root`.
pub(super) fn staged(root: &Path) -> anyhow::Result<Staged> {
    let changed = ["diff", "--cached", "--name-only", "-z", "--relative", "--diff-filter=ACMRT"];
    let paths = names(&asked(root, &changed)?);
    let unstaged = names(&asked(root, &["diff", "--name-only", "-z", "--relative"])?);
    let both: Vec<String> = paths.intersection(&unstaged).cloned().collect();
    Ok(Staged { differing: contents(root, &both)?, paths })
}

/// What changed below `root` since a revision, in the working tree and new files included.
pub(super) fn since(root: &Path, revision: &str) -> anyhow::Result<BTreeSet<String>> {
    let known = git(
        root,
        &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")],
    );
    let Ok(commit) = known else {
        return Err(Mistake {
            message: format!("git knows no revision `{revision}`"),
            help: Some("git log --oneline, for those that there are".to_owned()),
        }
        .into());
    };
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let changed = ["diff", "--name-only", "-z", "--relative", "--diff-filter=ACMRT", &commit, "--"];
    let mut paths = names(&asked(root, &changed)?);
    paths.extend(names(&asked(root, &["ls-files", "-z", "--others", "--exclude-standard"])?));
    Ok(paths)
}

/// Hands the history of all branches to a reader, while git still writes it.
pub(super) fn log<T>(
    root: &Path,
    read: impl FnOnce(BufReader<ChildStdout>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let failed = |said: &str| Outside {
        message: format!("git cannot say the history of {}: {said}", root.display()),
        help: Some("sea check, without --history".to_owned()),
    };
    let mut child = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(history::ARGUMENTS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    let Some(output) = child.stdout.take() else { return Err(failed("it writes nothing").into()) };
    let answer = read(BufReader::new(output));
    let status = child.wait()?;
    if !status.success() {
        return Err(failed(&status.to_string()).into());
    }
    answer
}

/// The folder of the repository's hooks.
pub(super) fn hooks(root: &Path) -> anyhow::Result<std::path::PathBuf> {
    let out = asked(root, &["rev-parse", "--git-path", "hooks"])?;
    Ok(root.join(String::from_utf8_lossy(&out).trim_end()))
}

/// The staged texts of some files.
fn contents(root: &Path, paths: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for path in paths {
        // `./` makes the path relative to the folder that git runs in.
        let blob = asked(root, &["show", "--no-textconv", &format!(":./{path}")])?;
        texts.insert(path.clone(), String::from_utf8_lossy(&blob).into_owned());
    }
    Ok(texts)
}

/// What git prints; the error says that this is no repository, or that there is no git.
fn asked(root: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    git(root, arguments).map_err(|error| {
        let message = format!("git cannot say what changed in {}: {error}", root.display());
        Outside { message, help: Some("sea check, for everything".to_owned()) }.into()
    })
}

fn names(output: &[u8]) -> BTreeSet<String> {
    output
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}
