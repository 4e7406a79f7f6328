//! `firebase.json` (Firebase): the folder that is published, and the stores that the app needs.

use seaworthy_model::Kind;

use super::process::provide;
use super::reader::{self, Reader};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, parent, resolve};

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &["firebase.json"]) {
        if let Some(document) = repo.document(&path) {
            let mut reader = Reader::new("firebase.json", &path);
            reader.check(
                &document,
                "",
                &["hosting", "firestore", "database", "storage", "emulators", "functions"],
            );
            firebase(draft, &mut reader, &document);
            reader.finish(draft);
        }
    }
}

fn firebase(draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    let dir = parent(reader.file).to_owned();
    let hosting = document.get("hosting");
    let single = hosting.filter(|node| node.is_map());
    for site in single.into_iter().chain(hosting.map(Node::items).unwrap_or_default()) {
        reader.check(
            site,
            "hosting",
            &["public", "ignore", "site", "target", "predeploy", "cleanUrls", "source"],
        );
        let Some(public) = site.get("public") else { continue };
        if let Some(path) = public.text().and_then(|path| resolve(&dir, path)) {
            publish(draft, &path, &reader.origin("hosting.public", public.line));
        }
    }
    if document.get("functions").is_some()
        && let Some(entry) = document.entries().iter().find(|entry| &*entry.key == "functions")
    {
        reader.leave("functions", entry.line);
        let source = entry.node.get("source").and_then(Node::text).unwrap_or("functions");
        if let Some(folder) = resolve(&dir, source) {
            // The platform calls them; nothing in the folder runs by itself.
            draft.services.retain(|known| {
                known.service.path() != folder
                    || known.service.start.get().is_some_and(|start| !is_emulator(start))
            });
        }
    }
    let stores: Vec<&crate::document::Entry> = document
        .entries()
        .iter()
        .filter(|entry| matches!(&*entry.key, "firestore" | "database" | "storage"))
        .collect();
    if let Some(first) = stores.first() {
        let origin = reader.origin(&first.key, first.line);
        provide(draft, "firebase", "firebase", None, &origin);
    }
}

fn is_emulator(command: &str) -> bool {
    command.contains("emulators") || command.contains("functions:shell") || command == "npm start"
}

/// The site that is published from a folder: the static service which that folder lies in.
fn publish(draft: &mut Draft, path: &str, origin: &seaworthy_model::Origin) {
    let within = |known: &&mut crate::draft::DraftService| {
        known.service.kind.get() == Some(&Kind::Static)
            && crate::repository::is_within(known.service.path(), path)
    };
    // Of nested folders the innermost is the one that builds it.
    if let Some(known) =
        draft.services.iter_mut().filter(within).max_by_key(|known| known.service.path().len())
    {
        let inner = if known.service.path() == path {
            "."
        } else {
            crate::repository::relative(known.service.path(), path)
        };
        known.service.static_dir.propose(inner.to_owned(), origin.clone());
    }
}
