//! Files that name runtime versions for a version manager: `.tool-versions`, `mise.toml`, `.nvmrc` and kin.

use seaworthy_model::{Origin, Place, Service};

use crate::document::Node;
use crate::pattern::Pattern;
use crate::project::at;
use crate::repository::{Repository, upwards};
use crate::version;

/// Proposes every version that such files say for a service in `dir`, the nearest folder first.
///
/// `tool` is the runtime's name in plans, `aliases` its other names in version managers, `files` the files that
/// hold nothing but its version.
pub(crate) fn propose(
    repo: &Repository,
    dir: &str,
    tool: &str,
    aliases: &[&str],
    files: &[&str],
    service: &mut Service,
) {
    let is_tool = |name: &str| name == tool || aliases.contains(&name);
    for dir in upwards(dir) {
        for name in files {
            if let Some(path) = repo.first_of(dir, [*name])
                && let Some(text) = repo.text(&path)
                && let Some((line, text)) = (1_u32..)
                    .zip(text.lines())
                    .find(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            {
                say(service, tool, text, at(format!("{name} says the version"), &path, line));
            }
        }
        if let Some(path) = repo.first_of(dir, [".tool-versions"])
            && let Some(text) = repo.text(&path)
        {
            for (line, text) in (1_u32..).zip(text.lines()) {
                let mut words = text.split_whitespace();
                if words.next().is_some_and(is_tool)
                    && let Some(version) = words.next()
                {
                    say(service, tool, version, at(".tool-versions says the version", &path, line));
                }
            }
        }
        for name in ["mise.toml", ".mise.toml", ".config/mise.toml"] {
            let Some(path) = repo.first_of(dir, [name]) else { continue };
            let Some(document) = repo.document(&path) else { continue };
            for entry in document.get("tools").map(Node::entries).unwrap_or_default() {
                if !is_tool(&entry.key) {
                    continue;
                }
                let version = entry.node.scalar().or_else(|| entry.node.get("version")?.scalar());
                if let Some(version) = version {
                    say(service, tool, &version, at(format!("{name} says the version"), &path, entry.line));
                }
            }
        }
    }
}

/// Like [`propose`], for languages whose manifests name the oldest version that will do: the one that a version
/// file pins is the one to run, and goes before what was said already.
pub(crate) fn propose_pinned(
    repo: &Repository,
    dir: &str,
    tool: &str,
    aliases: &[&str],
    files: &[&str],
    service: &mut Service,
) {
    let asked = std::mem::take(&mut service.runtime);
    propose(repo, dir, tool, aliases, files, service);
    for evidence in asked.all() {
        service.runtime.propose(evidence.value.clone(), evidence.origin.clone());
    }
}

/// Proposes a runtime version as written by `text`.
pub(crate) fn say(service: &mut Service, tool: &str, text: &str, origin: Origin) {
    if let Some(runtime) = version::runtime(tool, text) {
        service.runtime.propose(runtime, origin);
    }
}

/// The line of the first match of a pattern in a file, with its first group.
pub(crate) fn find_in(repo: &Repository, path: &str, pattern: &str) -> Option<(String, Place)> {
    let text = repo.text(path)?;
    let found = Pattern::new(pattern).find(&text)?;
    let group = found.get(1).unwrap_or_else(|| found.whole());
    let line = crate::document::Lines::new(&text).line(group.start);
    Some((group.text.to_owned(), Place::line(path, line)))
}
