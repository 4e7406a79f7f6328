//! Workspaces of npm, yarn, bun and pnpm.

use crate::document::Node;
use crate::repository::{Repository, is_within, join, parent};

/// A workspace: its root and the patterns of its members.
pub(super) struct Workspace {
    pub(super) root: String,
    patterns: Vec<String>,
}

impl Workspace {
    /// `dir` is the root or a member.
    pub(super) fn holds(&self, dir: &str) -> bool {
        dir == self.root || self.patterns.iter().any(|pattern| matches(pattern, dir))
    }
}

/// Every workspace, innermost roots first.
pub(super) fn find(repo: &Repository) -> Vec<Workspace> {
    let mut found = Vec::new();
    for path in super::manifests(repo, "package.json") {
        // Manifests without the word are most of them, and need no parsing here.
        let Some(text) = repo.text(path) else { continue };
        if !text.contains("\"workspaces\"") {
            continue;
        }
        let Some(document) = repo.document(path) else { continue };
        let Some(node) = document.get("workspaces") else { continue };
        let list = node.get("packages").unwrap_or(node);
        found.push(workspace(parent(path), list));
    }
    for path in super::manifests(repo, "pnpm-workspace.yaml") {
        if let Some(document) = repo.document(path)
            && let Some(list) = document.get("packages")
        {
            found.push(workspace(parent(path), list));
        }
    }
    found.sort_by_key(|workspace| std::cmp::Reverse(workspace.root.len()));
    found
}

fn workspace(root: &str, list: &Node) -> Workspace {
    let patterns = list
        .texts()
        .into_iter()
        .filter(|pattern| !pattern.starts_with('!'))
        .map(|pattern| join(root, pattern.trim_end_matches('/')))
        .collect();
    Workspace { root: root.to_owned(), patterns }
}

/// Workspace patterns know `*` for one folder and `**` for any number of them.
fn matches(pattern: &str, dir: &str) -> bool {
    if let Some((prefix, _)) = pattern.split_once("/**") {
        return is_within(prefix, dir) && dir != prefix;
    }
    let (mut wanted, mut given) = (pattern.split('/'), dir.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) => match wanted.split_once('*') {
                Some((head, tail)) if given.starts_with(head) && given.ends_with(tail) => {}
                _ => return false,
            },
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_of_members() {
        assert!(matches("packages/*", "packages/a") && !matches("packages/*", "packages/a/b"));
        assert!(matches("apps/**", "apps/a/b") && !matches("apps/**", "apps"));
        assert!(matches("web", "web") && !matches("web", "webs"));
        assert!(matches("pkg-*/x", "pkg-a/x") && !matches("pkg-*/x", "lib/x"));
    }
}
