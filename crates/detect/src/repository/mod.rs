//! The files of a repository: listed once, read on demand, never executed.

mod read;
mod walk;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use seaworthy_model::{Place, Warning};

use crate::document::{self, Node};

pub(crate) use read::read_source;

/// Why a folder cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is not there, or is a file.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The folder is there but cannot be listed.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
}

/// A repository: its paths, and the texts that were asked for.
///
/// Paths are relative to the root, with `/`, in byte order; ignored files, dependency folders and caches are
/// not among them.
pub struct Repository {
    root: PathBuf,
    paths: Vec<Box<str>>,
    by_name: HashMap<Box<str>, Vec<u32>>,
    texts: Mutex<HashMap<Box<str>, Option<Arc<str>>>>,
    documents: Mutex<HashMap<Box<str>, Option<Arc<Node>>>>,
    warnings: Mutex<Vec<Warning>>,
}

/// What stands before the checksum in the header of every file that is derived from the model.
pub const DERIVED_MARK: &str = "sea:checksum ";

/// A text is derived from the model: what it says is no evidence for it, or an edit of one derived file would make all
/// others follow.
fn is_derived(text: &str) -> bool {
    // The header is at the beginning, at the latest in the first values of a JSON file.
    let head = &text.as_bytes()[..text.len().min(1_024)];
    let Some(at) = memchr::memmem::find(head, DERIVED_MARK.as_bytes()) else { return false };
    text.as_bytes()[at + DERIVED_MARK.len()..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
        >= 32
}

impl Repository {
    /// Lists the files below `root`.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        Self::open_with(root, Vec::new())
    }

    /// The same, with files that are not on the disk: by path, with their texts. They stand for what a tool printed.
    pub fn open_with(root: &Path, extra: Vec<(String, String)>) -> Result<Self, OpenError> {
        if !root.is_dir() {
            return Err(OpenError::NotAFolder(root.to_owned()));
        }
        std::fs::read_dir(root).map_err(|error| OpenError::Unreadable(root.to_owned(), error))?;
        let walk::Listing { mut paths, warnings } = walk::list(root);
        if !extra.is_empty() {
            paths.extend(extra.iter().map(|(path, _)| Box::from(path.as_str())));
            paths.sort_unstable();
            paths.dedup();
        }
        let mut by_name: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (index, path) in (0_u32..).zip(&paths) {
            let name = file_name(path);
            if let Some(indexes) = by_name.get_mut(name) {
                indexes.push(index);
            } else {
                by_name.insert(name.into(), vec![index]);
            }
        }
        Ok(Self {
            root: root.to_owned(),
            paths,
            by_name,
            texts: Mutex::new(
                extra.into_iter().map(|(path, text)| (path.into(), Some(text.into()))).collect(),
            ),
            documents: Mutex::default(),
            warnings: Mutex::new(warnings),
        })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every path, in byte order.
    pub fn paths(&self) -> &[Box<str>] {
        &self.paths
    }

    /// The file is there.
    pub fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|known| (**known).cmp(path)).is_ok()
    }

    /// The first of `names` that is in `dir`, as a path.
    pub fn first_of<'n>(&self, dir: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        names.into_iter().map(|name| join(dir, name)).find(|path| self.has(path))
    }

    /// Every path whose last part is `name`.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &str> {
        self.by_name.get(name).into_iter().flatten().map(|index| &*self.paths[*index as usize])
    }

    /// Every path that ends in `.extension`.
    pub fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a str> {
        self.paths
            .iter()
            .map(|path| &**path)
            .filter(move |path| path.rsplit_once('.').is_some_and(|(_, known)| known == extension))
    }

    /// Every path below `dir`, at any depth.
    pub fn under(&self, dir: &str) -> &[Box<str>] {
        if dir == "." {
            return &self.paths;
        }
        let prefix = format!("{dir}/");
        let start = self.paths.partition_point(|path| **path < *prefix);
        let length = self.paths[start..].partition_point(|path| path.starts_with(&prefix));
        &self.paths[start..start + length]
    }

    /// Every path that starts with these characters.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let start = self.paths.partition_point(|path| **path < *prefix);
        self.paths[start..].iter().map(|path| &**path).take_while(move |path| path.starts_with(prefix))
    }

    /// There is a file below `dir`.
    pub fn has_dir(&self, dir: &str) -> bool {
        !self.under(dir).is_empty()
    }

    /// Paths of the files in `dir` itself.
    pub fn files_in<'a>(&'a self, dir: &'a str) -> impl Iterator<Item = &'a str> {
        self.under(dir).iter().map(|path| &**path).filter(move |path| parent(path) == dir)
    }

    /// The text of a file that people wrote; `None` for one that is derived from the model, and, with a warning, when it
    /// cannot be had.
    pub fn text(&self, path: &str) -> Option<Arc<str>> {
        self.any_text(path).filter(|text| !is_derived(text))
    }

    fn any_text(&self, path: &str) -> Option<Arc<str>> {
        if !self.has(path) {
            return None;
        }
        if let Some(text) = lock(&self.texts).get(path) {
            return text.clone();
        }
        let text = match read::read_text(&self.root.join(path)) {
            Ok((text, None)) => Some(Arc::from(text)),
            Ok((text, Some(oddity))) => {
                self.warn("unreadable-file", oddity.to_string(), path, None);
                Some(Arc::from(text))
            }
            Err(error) => {
                self.warn("unreadable-file", error.to_string(), path, None);
                None
            }
        };
        lock(&self.texts).insert(path.into(), text.clone());
        text
    }

    /// The text of a file of code for who reads every file once: not kept. `None` for what is larger than any code that
    /// people write, or binary; bytes that are not UTF-8 are replaced.
    pub fn source(&self, path: &str) -> Option<Arc<str>> {
        if let Some(text) = lock(&self.texts).get(path) {
            return text.clone();
        }
        let mut bytes = Vec::new();
        read_source(&self.root.join(path), &mut bytes)
            .then(|| Arc::from(String::from_utf8_lossy(&bytes).as_ref()))
    }

    /// From now on a file has this text, whatever is on the disk: what is staged, or about to be written.
    pub fn overlay(&self, path: &str, text: String) {
        lock(&self.texts).insert(path.into(), Some(text.into()));
        lock(&self.documents).remove(path);
    }

    /// A file as a tree of values, by its ending: JSON (with comments), TOML or YAML (its first document).
    /// `None`, with a warning, when it cannot be read or parsed.
    pub fn document(&self, path: &str) -> Option<Arc<Node>> {
        if let Some(known) = lock(&self.documents).get(path) {
            return known.clone();
        }
        let text = self.text(path)?;
        let document = match document::parse(document::Format::of(path), &text) {
            Ok(node) => Some(Arc::new(node)),
            Err(error) => {
                self.warn("malformed-file", error.message, path, error.line);
                None
            }
        };
        lock(&self.documents).insert(path.into(), document.clone());
        document
    }

    /// Notes that something about a file is odd.
    pub fn warn(&self, code: &'static str, message: impl Into<String>, path: &str, line: Option<u32>) {
        let place = Place { file: path.to_owned(), line };
        lock(&self.warnings).push(Warning::new(code, message, [place]));
    }

    /// Hands over what was noted so far.
    pub(crate) fn take_warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut *lock(&self.warnings))
    }
}

/// A poisoned lock guards only caches and notes: whatever they hold is whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `dir/name`, with `.` for the root.
pub(crate) fn join(dir: &str, name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    match (dir, name) {
        (".", _) => name.to_owned(),
        (_, "" | ".") => dir.to_owned(),
        _ => format!("{dir}/{name}"),
    }
}

/// `dir` and a relative path with `.` and `..` in it, made plain; `None` when it leaves the repository.
pub(crate) fn resolve(dir: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if dir == "." { Vec::new() } else { dir.split('/').collect() };
    if path.starts_with('/') || path.starts_with('~') {
        return None;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// The folder of a path, `.` for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(dir, _)| dir)
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// What stands after the last dot of a path's last part.
pub(crate) fn extension(path: &str) -> Option<&str> {
    file_name(path).rsplit_once('.').map(|(_, extension)| extension)
}

/// `path` as seen from `dir`, which it lies below.
pub(crate) fn relative<'a>(dir: &str, path: &'a str) -> &'a str {
    if dir == "." {
        return path;
    }
    path.strip_prefix(dir).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path)
}

/// `dir` and every folder above it, up to the root.
pub(crate) fn upwards(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| (*dir != ".").then(|| parent(dir)))
}

/// `path` is `dir` or lies below it.
pub(crate) fn is_within(dir: &str, path: &str) -> bool {
    dir == "." || path == dir || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_derived_from_the_model_is_no_evidence_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let header = format!("# {DERIVED_MARK}{}\n", "0".repeat(32));
        std::fs::write(dir.path().join("compose.yaml"), format!("{header}services: {{}}\n")).unwrap();
        std::fs::write(dir.path().join("Procfile"), format!("# {DERIVED_MARK}of what?\nweb: x\n")).unwrap();
        let repo = Repository::open(dir.path()).unwrap();
        assert_eq!(repo.text("compose.yaml"), None);
        assert!(repo.source("compose.yaml").is_some(), "who looks for drift reads it all the same");
        assert!(repo.text("Procfile").is_some());
    }

    #[test]
    fn paths_are_joined_resolved_and_climbed() {
        assert_eq!(join(".", "a"), "a");
        assert_eq!(join("a", "./b"), "a/b");
        assert_eq!(resolve("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(resolve("a", "..").as_deref(), Some("."));
        assert_eq!(resolve(".", "../x"), None);
        assert_eq!(upwards("a/b").collect::<Vec<_>>(), ["a/b", "a", "."]);
        assert_eq!(relative("a", "a/b/c"), "b/c");
        assert!(is_within("a", "a/b") && !is_within("a", "ab") && is_within(".", "x"));
    }
}
