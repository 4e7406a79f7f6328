//! What a `package.json` asks for, with the ranges as they are written.

use seaworthy_detect::Manifest;
use seaworthy_detect::document::Node;

use crate::context::Context;

/// Sections that lead to an installation.
const SECTIONS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

/// A wanted package.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) range: String,
    pub(super) line: u32,
}

/// Everything that the manifest wants; nothing where it is no `package.json`.
pub(super) fn wanted(context: &Context<'_>, manifest: &Manifest) -> Vec<Wanted> {
    if manifest.family != "javascript" || crate::file::name(&manifest.path) != "package.json" {
        return Vec::new();
    }
    let Some(document) = context.repository.document(&manifest.path) else { return Vec::new() };
    let mut wanted = Vec::new();
    for section in SECTIONS {
        for entry in document.get(section).into_iter().flat_map(Node::entries) {
            let Some(range) = entry.node.text() else { continue };
            wanted.push(Wanted { name: entry.key.to_string(), range: range.to_owned(), line: entry.line });
        }
    }
    wanted
}
