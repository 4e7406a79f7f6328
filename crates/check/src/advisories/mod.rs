//! Known vulnerabilities: a folder of OSV records (<https://ossf.github.io/osv-schema/>), read offline.
//!
//! The folder holds one JSON file a record, at any depth: what an ecosystem's `all.zip` unpacks to. Names come first: which
//! packages a record is about is all that is read of most of them, and that can be kept in an index beside them.

mod record;
mod severity;
mod version;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use record::{Advisory, Affected, Hit};
pub use version::compare;

use crate::lockfile::Ecosystem;

/// The index, below the folder of the records.
pub const INDEX: &str = "index.tsv";

/// Records below a project, where [`crate::Options::advisories`] names no folder.
pub const PROJECT_FOLDER: &str = ".seaworthy/advisories";

/// What the first line of an index starts with; the number of records follows.
const COUNT: &str = "# records: ";

/// A record larger than this is no advisory.
const MOST_BYTES: u64 = 4 << 20;

/// Which records are about which packages.
#[derive(Debug, Default)]
pub struct Index {
    root: PathBuf,
    /// How many records there were when it was made.
    files: usize,
    /// Paths, relative to the root, by ecosystem and normal name.
    records: HashMap<(Ecosystem, String), Vec<String>>,
}

impl Index {
    /// Of the records below a folder: from its index where that is newer than every folder in it, else from the records.
    pub fn open(root: &Path) -> Self {
        let (files, newest) = list(root);
        let index = root.join(INDEX);
        let is_fresh = fs::metadata(&index)
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|written| newest.is_none_or(|newest| written >= newest));
        if is_fresh && let Ok(text) = fs::read_to_string(&index) {
            let index = Self::parse(root, &text);
            if index.files == files.len() {
                return index;
            }
        }
        Self::build(root, &files)
    }

    /// The text to keep as [`INDEX`]: one line a package and record. It must be written after the records.
    pub fn to_text(&self) -> String {
        let mut lines: Vec<String> = self
            .records
            .iter()
            .flat_map(|((ecosystem, name), paths)| {
                paths.iter().map(move |path| format!("{ecosystem:?}\t{name}\t{path}\n"))
            })
            .collect();
        lines.sort_unstable();
        format!("{COUNT}{}\n{}", self.files, lines.concat())
    }

    /// How many packages have a record.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// There is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records about a package.
    pub fn about(&self, ecosystem: Ecosystem, name: &str) -> Vec<Advisory> {
        let key = (ecosystem, ecosystem.normal(name));
        let paths = self.records.get(&key).map_or(&[][..], Vec::as_slice);
        paths
            .iter()
            .filter_map(|path| Advisory::parse(&read(&self.root.join(path))?))
            .filter(|advisory| !advisory.is_withdrawn)
            .collect()
    }

    fn parse(root: &Path, text: &str) -> Self {
        let files = text.lines().next().and_then(|line| line.strip_prefix(COUNT)?.parse().ok()).unwrap_or(0);
        let mut index = Self { root: root.to_owned(), files, records: HashMap::new() };
        for line in text.lines() {
            let mut cells = line.split('\t');
            let (Some(ecosystem), Some(name), Some(path)) = (cells.next(), cells.next(), cells.next()) else {
                continue;
            };
            let ecosystem = [
                Ecosystem::Npm,
                Ecosystem::PyPi,
                Ecosystem::Cargo,
                Ecosystem::Go,
                Ecosystem::RubyGems,
                Ecosystem::Packagist,
                Ecosystem::Maven,
                Ecosystem::NuGet,
            ]
            .into_iter()
            .find(|known| format!("{known:?}") == ecosystem);
            // A path of the index must not lead out of its folder.
            if let Some(ecosystem) = ecosystem
                && !path.starts_with('/')
                && !path.split('/').any(|part| part == "..")
            {
                index.records.entry((ecosystem, name.to_owned())).or_default().push(path.to_owned());
            }
        }
        index
    }

    fn build(root: &Path, files: &[String]) -> Self {
        let next = AtomicUsize::new(0);
        let found = Mutex::new(Vec::new());
        let work = || {
            let mut own = Vec::new();
            while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some(bytes) = read(&root.join(path)) else { continue };
                for (ecosystem, name) in record::names(&bytes) {
                    own.push(((ecosystem, name), path.clone()));
                }
            }
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut own);
        };
        std::thread::scope(|scope| {
            if files.len() > 500 {
                scope.spawn(work);
            }
            work();
        });
        let mut index = Self { root: root.to_owned(), files: files.len(), records: HashMap::new() };
        let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        found.sort_unstable();
        let mut seen = HashSet::new();
        for (key, path) in found {
            if seen.insert((key.clone(), path.clone())) {
                index.records.entry(key).or_default().push(path);
            }
        }
        index
    }
}

/// Every `.json` below a folder, and when a folder last changed.
fn list(root: &Path) -> (Vec<String>, Option<std::time::SystemTime>) {
    let mut files = Vec::new();
    let mut newest = None;
    let mut open = vec![(PathBuf::from(root), String::new(), 0)];
    while let Some((folder, prefix, depth)) = open.pop() {
        if !prefix.is_empty() {
            newest = newest.max(fs::metadata(&folder).and_then(|metadata| metadata.modified()).ok());
        }
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < 8 {
                open.push((entry.path(), format!("{prefix}{name}/"), depth + 1));
            } else if kind.is_file() && name.ends_with(".json") {
                files.push(format!("{prefix}{name}"));
            }
        }
    }
    files.sort_unstable();
    (files, newest)
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let metadata = fs::metadata(path).ok()?;
    if metadata.len() > MOST_BYTES { None } else { fs::read(path).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_name_with_and_without_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let npm = folder.path().join("npm");
        fs::create_dir_all(&npm).unwrap();
        let record = |id: &str, ecosystem: &str, name: &str| {
            format!(
                r#"{{"id":"{id}","affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"1.2.0"}}]}}]}}]}}"#
            )
        };
        fs::write(npm.join("one.json"), record("GHSA-1", "npm", "left-pad")).unwrap();
        fs::write(npm.join("two.json"), record("GHSA-2", "PyPI", "Left_Pad")).unwrap();
        fs::write(npm.join("broken.json"), "{").unwrap();
        let index = Index::open(folder.path());
        assert_eq!(index.len(), 2);
        let ids = |index: &Index| -> Vec<String> {
            index.about(Ecosystem::PyPi, "left-pad").into_iter().map(|advisory| advisory.id).collect()
        };
        assert_eq!(ids(&index), ["GHSA-2"]);
        fs::write(folder.path().join(INDEX), index.to_text()).unwrap();
        assert_eq!(ids(&Index::open(folder.path())), ["GHSA-2"]);
        let hostile = Index::parse(folder.path(), "PyPi\tleft-pad\t../x.json\nPyPi\tleft-pad\n");
        assert!(hostile.is_empty());
    }
}
