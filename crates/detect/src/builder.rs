//! What app builders (Lovable, Bolt, v0, Replit) leave behind in the repositories they make.

use std::collections::BTreeSet;

use seaworthy_model::Place;

use crate::draft::Draft;
use crate::project::Project;
use crate::repository::{Repository, is_within, join};

/// A builder, and what shows it.
struct Builder {
    title: &'static str,
    /// Dependencies that only serve the builder's own editor.
    dependencies: &'static [&'static str],
    /// Files that only the builder reads.
    files: &'static [&'static str],
    /// A file with a text that the builder writes.
    texts: &'static [(&'static str, &'static str)],
}

const BUILDERS: [Builder; 4] = [
    Builder {
        title: "Lovable",
        dependencies: &["lovable-tagger"],
        files: &[],
        texts: &[("index.html", "lovable"), ("README.md", "lovable.dev/projects")],
    },
    Builder { title: "Bolt", dependencies: &[], files: &[".bolt/config.json", ".bolt/prompt"], texts: &[] },
    Builder {
        title: "v0",
        dependencies: &[],
        files: &[],
        texts: &[
            ("app/layout.tsx", "generator: 'v0"),
            ("app/layout.tsx", "generator: \"v0"),
            ("README.md", "v0.dev/chat"),
        ],
    },
    Builder {
        title: "Replit",
        dependencies: &[
            "@replit/vite-plugin-cartographer",
            "@replit/vite-plugin-runtime-error-modal",
            "@replit/vite-plugin-dev-banner",
        ],
        files: &["replit.nix", ".replit"],
        texts: &[],
    },
];

/// Notes the traces of a builder, and its kit of components where most of it is unused.
pub(crate) fn note(repo: &Repository, draft: &mut Draft) {
    let mut notes = Vec::new();
    for project in draft.projects.iter().filter(|project| project.family == "javascript") {
        for builder in &BUILDERS {
            let places = traces(repo, project, builder);
            if !places.is_empty() {
                notes.push((
                    "builder-left-over",
                    format!("made with {}: these serve its editor, not the app", builder.title),
                    places,
                ));
            }
        }
        if !notes.is_empty()
            && let Some(note) = unused_kit(repo, project)
        {
            notes.push(note);
        }
    }
    for (code, message, places) in notes {
        draft.warn(code, message, places);
    }
}

fn traces(repo: &Repository, project: &Project, builder: &Builder) -> Vec<Place> {
    let dependencies = builder.dependencies.iter().filter_map(|name| project.dependency(name)?.place.clone());
    let files = builder.files.iter().filter_map(|file| repo.first_of(&project.dir, [*file])).map(Place::file);
    let texts = builder.texts.iter().filter_map(|(file, wanted)| {
        let path = repo.first_of(&project.dir, [*file])?;
        let text = repo.text(&path)?;
        let line = text.lines().position(|line| line.contains(wanted))?;
        Some(Place::line(path, u32::try_from(line + 1).ok()?))
    });
    dependencies.chain(files).chain(texts).collect()
}

/// Components of the usual kit folder that no other file of the project names.
fn unused_kit(repo: &Repository, project: &Project) -> Option<(&'static str, String, Vec<Place>)> {
    let kit = ["src/components/ui", "components/ui", "client/src/components/ui"]
        .iter()
        .map(|dir| join(&project.dir, dir))
        .find(|dir| repo.has_dir(dir))?;
    let components: Vec<&str> =
        repo.files_in(&kit).filter(|path| path.ends_with(".tsx") || path.ends_with(".jsx")).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut buffer = Vec::new();
    let sources = repo
        .under(&project.dir)
        .iter()
        .map(|path| &**path)
        .filter(|path| [".tsx", ".ts", ".jsx", ".js"].iter().any(|ending| path.ends_with(ending)));
    for path in sources.take(2_000) {
        if !crate::repository::read_source(&repo.root().join(path), &mut buffer) {
            continue;
        }
        let is_kit = is_within(&kit, path);
        for component in &components {
            let stem = crate::repository::file_name(component).rsplit_once('.').map_or("", |(stem, _)| stem);
            let wanted = if is_kit { format!("./{stem}\"") } else { format!("ui/{stem}") };
            if *component != path && memchr::memmem::find(&buffer, wanted.as_bytes()).is_some() {
                used.insert(component);
            }
        }
    }
    let unused: Vec<&str> =
        components.iter().copied().filter(|component| !used.contains(component)).collect();
    if unused.is_empty() {
        return None;
    }
    let message = format!(
        "{} of {} components of the UI kit in {kit} are used nowhere",
        unused.len(),
        components.len()
    );
    Some(("unused-ui-kit", message, unused.into_iter().map(Place::file).collect()))
}
