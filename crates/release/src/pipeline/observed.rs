//! What a step looked at besides what it declares, by its trace: a part of what its result depends on, and a warning.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::files::{Files, Tree, is_noise, is_within};
use super::fingerprint::Change;
use super::stat::digest_of;
use crate::trace::Trace;

/// What stands for a file that is not there.
const ABSENT: &str = "absent";
/// What stands for a folder.
const FOLDER: &str = "folder";

/// What a step looked at without declaring it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// What was there, by path; of a listing, which has a `/` at its end, the names.
    pub(super) states: BTreeMap<String, String>,
    /// Files that were there and were read.
    pub(super) undeclared: Vec<String>,
    /// Programs outside the repository, and what they were.
    pub(super) programs: BTreeMap<String, String>,
}

/// Reads a trace. `covered` are outputs of this step and of those that it needs: their results stand for them.
pub(super) fn observe(trace: &Trace, files: &mut Files, tree: &Tree, covered: &[String]) -> Observed {
    let mut observer =
        Observer { trace, files, tree, covered, folders: HashMap::new(), found: Observed::default() };
    let inside: BTreeSet<&PathBuf> =
        trace.programs.iter().filter(|path| path.starts_with(&observer.files.root)).collect();
    for path in trace.read.iter().chain(inside) {
        if let Some(path) = observer.outside_declared(path) {
            observer.file(path, true);
        }
    }
    for path in &trace.looked {
        if let Some(path) = observer.outside_declared(path) {
            observer.file(path, false);
        }
    }
    for path in &trace.listed {
        observer.listing(path);
    }
    let mut found = observer.found;
    for program in &trace.programs {
        if !program.starts_with(&files.root)
            && let Some(stamp) = program_stamp(program)
        {
            found.programs.insert(program.to_string_lossy().into_owned(), stamp);
        }
    }
    found
}

/// The first path whose state is another one now.
pub(super) fn first_change(states: &BTreeMap<String, String>, files: &mut Files) -> Option<(String, Change)> {
    for (path, before) in states {
        let now = state(path, files);
        if now == *before {
            continue;
        }
        let change = match (before.as_str(), now.as_str()) {
            (ABSENT, _) => Change::New,
            (_, ABSENT) => Change::Gone,
            _ => Change::Changed,
        };
        return Some((path.trim_end_matches('/').to_owned(), change));
    }
    None
}

/// Tells one build of a program from another; nothing where there is none.
pub(super) fn program_stamp(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(format!("{} {}.{}", metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

struct Observer<'a> {
    trace: &'a Trace,
    files: &'a mut Files,
    tree: &'a Tree,
    covered: &'a [String],
    /// Folders without the links in their paths: workspaces link their members into `node_modules`.
    folders: HashMap<PathBuf, Option<PathBuf>>,
    found: Observed,
}

impl Observer<'_> {
    /// The path relative to the root, unless it is declared, made by the step itself or no matter.
    fn outside_declared(&mut self, path: &Path) -> Option<String> {
        let real = self.real(path);
        if self.trace.is_product(path) || self.trace.is_product(&real) {
            return None;
        }
        let relative = self.files.relative(&real)?;
        let is_known = relative == "."
            || self.tree.files.contains_key(&relative)
            || is_noise(&relative)
            || self.covered.iter().any(|output| is_within(output, &relative))
            || self.files.is_made(&relative);
        (!is_known).then_some(relative)
    }

    fn real(&mut self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
        let real = self.folders.entry(folder.to_owned()).or_insert_with(|| folder.canonicalize().ok());
        real.as_ref().map_or_else(|| path.to_owned(), |folder| folder.join(name))
    }

    fn file(&mut self, path: String, was_read: bool) {
        if self.found.states.contains_key(&path) {
            return;
        }
        let now = state(&path, self.files);
        if now == ABSENT {
            // Where a whole folder is not there, that says it for all that was looked for in it.
            let root = self.files.root.clone();
            let above = std::iter::successors(Some(path.as_str()), |path| {
                path.rsplit_once('/').map(|(above, _)| above).filter(|above| !exists(&root.join(above)))
            });
            let topmost = above.last().unwrap_or(&path).to_owned();
            self.found.states.insert(topmost, now);
            return;
        }
        if was_read && now != FOLDER {
            self.found.undeclared.push(path.clone());
        }
        self.found.states.insert(path, now);
    }

    fn listing(&mut self, path: &Path) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let Some(relative) = self.files.relative(&real) else { return };
        let is_known = is_noise(&relative)
            || relative == ".git"
            || relative.starts_with(".git/")
            || self.trace.made.iter().any(|made| real.starts_with(made))
            || self.files.is_output(&relative);
        if !is_known {
            let key = format!("{relative}/");
            let now = state(&key, self.files);
            self.found.states.insert(key, now);
        }
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// What is at a path now.
fn state(path: &str, files: &mut Files) -> String {
    if let Some(folder) = path.strip_suffix('/') {
        return listing(folder, files);
    }
    match files.root.join(path).metadata() {
        Err(_) => ABSENT.to_owned(),
        Ok(metadata) if metadata.is_dir() => FOLDER.to_owned(),
        Ok(_) => files.stat.digest(path).unwrap_or_else(|| "unreadable".to_owned()),
    }
}

/// The names in a folder, without what steps and their tools put there.
fn listing(folder: &str, files: &mut Files) -> String {
    let Ok(entries) = files.root.join(folder).read_dir() else { return ABSENT.to_owned() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .map(|name| super::derive::join(folder, &name))
        .filter(|path| path != ".git" && !is_noise(path) && !files.is_output(path))
        .collect();
    names.retain(|path| !files.is_made(path));
    names.sort_unstable();
    digest_of(names.iter().map(String::as_str))
}
