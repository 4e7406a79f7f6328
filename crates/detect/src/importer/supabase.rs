//! `supabase/config.toml` (Supabase): the back end that its own command line runs, with its migrations and seed.

use seaworthy_model::{Condition, JobTrigger, Name, Origin, Place};

use super::process::provide;
use super::reader::{self, Reader};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, file_name, parent, resolve};

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &["config.toml"]) {
        if file_name(parent(&path)) == "supabase"
            && let Some(document) = repo.document(&path)
        {
            // The rest of the file is for that command line, which goes on reading it.
            let mut reader = Reader::new("supabase/config.toml", &path);
            supabase(repo, draft, &mut reader, &document);
            reader.finish(draft);
        }
    }
}

/// A resource of the type which services need, with what the repository holds of it.
fn supabase(repo: &Repository, draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    let dir = parent(reader.file).to_owned();
    let name = Name::from_text("supabase");
    let origin = reader.origin("", 1);
    provide(draft, "supabase", "supabase", None, &origin);
    if let Some(resource) = draft.resources.get_mut(&name) {
        // The one version it has is that of its database.
        if let Some(node) = document.at(&["db", "major_version"])
            && let Some(version) = node.scalar()
        {
            resource.version.propose(version, reader.origin("db.major_version", node.line));
        }
        let migrations = format!("{dir}/migrations");
        if repo.has_dir(&migrations) {
            resource.migrations.propose(migrations.clone(), origin.clone());
            // A site without a server of its own has nobody else to migrate its database.
            let origin = Origin::detected("Supabase keeps migrations there").at(Place::file(migrations));
            let run = "npx supabase db push".to_owned();
            let job = Reader::job(draft, "migrate", None, run, origin.clone().likely());
            job.path.retain(|_| false);
            job.path.propose(parent(&dir).to_owned(), origin.clone().likely());
            job.on.propose(JobTrigger::Release, origin.likely());
        }
    }
    if let Some(resource) = draft.resources.get_mut(&name) {
        let named = document.at(&["db", "seed", "sql_paths"]).and_then(|node| {
            let first = node.items().first()?;
            Some((resolve(&dir, first.text()?)?, first.line))
        });
        let is_off = document.at(&["db", "seed", "enabled"]).and_then(Node::bool) == Some(false);
        if let Some((path, line)) = named.filter(|(path, _)| repo.has(path) && !is_off) {
            resource.seed.propose(path, reader.origin("db.seed.sql_paths", line));
        } else if let Some(path) = repo.first_of(&dir, ["seed.sql"]).filter(|_| !is_off) {
            resource.seed.propose(path, origin.clone());
        }
    }
    let functions = document.get("functions").map(Node::entries).unwrap_or_default();
    for entry in functions {
        reader.leave(format!("functions.{}", entry.key), entry.line);
    }
    if functions.is_empty() && repo.has_dir(&format!("{dir}/functions")) {
        reader.leave(format!("functions in {dir}/functions/"), 1);
    }
    let home = parent(&dir).to_owned();
    used_by_readers(draft, &home, &name, &["SUPABASE_URL", "SUPABASE_ANON_KEY"], &origin);
}

/// Services within `dir` that read one of the variables need the resource, public prefixes aside.
fn used_by_readers(draft: &mut Draft, dir: &str, name: &Name, variables: &[&str], origin: &Origin) {
    for known in &mut draft.services {
        let reads = known.service.env.keys().any(|read| variables.iter().any(|known| read.ends_with(known)));
        if reads && crate::repository::is_within(dir, known.service.path()) {
            known.service.depend_on(name.clone(), Condition::ServiceHealthy, origin.clone());
        }
    }
}
