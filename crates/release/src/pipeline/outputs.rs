//! What steps make: remembered, compared, brought back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::stat::{StatCache, digest_of};
use super::step::{Keep, Output};
use super::store::Store;

/// More than this of one folder is not copied: to make it again is the smaller evil.
const MOST_BYTES: u64 = 256 << 20;

/// A folder that a step made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made {
    /// The folder, relative to the root.
    pub(super) path: String,
    /// What is in it.
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Content {
    /// Every file, by its path relative to the root.
    Files(BTreeMap<String, Entry>),
    /// A hash of its names.
    Names(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Entry {
    /// A file: its hash, and whether it is meant to be run.
    File(String, bool),
    /// A link, to there.
    Link(String),
}

/// How a folder is, compared to how it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// As it was left.
    Intact,
    /// It was put right: these files were missing or altered.
    Restored(Vec<String>),
    /// It is different, and cannot be put right: the first path that shows it.
    Lost(String),
}

impl Made {
    /// Remembers an output; nothing where the step made none.
    pub(super) fn record(output: &Output, root: &Path, stat: &mut StatCache, store: &Store) -> Option<Self> {
        let folder = root.join(&output.path);
        if !folder.is_dir() {
            return None;
        }
        let names = || Self { path: output.path.clone(), content: Content::Names(names(&folder)) };
        if output.keep == Keep::Presence || size(&folder, MOST_BYTES).is_none() {
            return Some(names());
        }
        let entries = entries(root, &output.path, stat)?;
        for (path, entry) in &entries {
            if let Entry::File(digest, _) = entry {
                // A copy that fails (a full disk) costs time later, not correctness.
                if store.keep(&root.join(path), digest).is_err() {
                    return Some(names());
                }
            }
        }
        Some(Self { path: output.path.clone(), content: Content::Files(entries) })
    }

    /// Remembers a file that a step made outside its outputs; nothing where it is gone again, or too large to keep.
    pub(super) fn record_file(path: &str, root: &Path, stat: &mut StatCache, store: &Store) -> Option<Self> {
        let place = root.join(path);
        let metadata = place.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
        let digest = stat.digest(path)?;
        if metadata.len() > MOST_BYTES || store.keep(&place, &digest).is_err() {
            return None;
        }
        let entry = Entry::File(digest, metadata.permissions().mode() & 0o111 != 0);
        let files = [(path.to_owned(), entry)].into();
        Some(Self { path: path.to_owned(), content: Content::Files(files) })
    }

    /// Compares it with what is there; with `repair` it brings back what is missing or altered.
    pub(super) fn verify(&self, root: &Path, stat: &mut StatCache, store: &Store, repair: bool) -> Found {
        let files = match &self.content {
            Content::Names(names_before) => {
                let folder = root.join(&self.path);
                let is_same = folder.is_dir() && names(&folder) == *names_before;
                return if is_same { Found::Intact } else { Found::Lost(self.path.clone()) };
            }
            Content::Files(files) => files,
        };
        let now = entries(root, &self.path, stat).unwrap_or_default();
        // A file that the step did not make may be taken for one that it did. It is not ours to delete.
        if let Some(foreign) = now.keys().find(|path| !files.contains_key(*path)) {
            return Found::Lost(foreign.clone());
        }
        let differing: Vec<&String> = files
            .iter()
            .filter(|(path, entry)| now.get(*path) != Some(entry))
            .map(|(path, _)| path)
            .collect();
        for path in &differing {
            if repair && restore(root, path, &files[*path], store).is_err() {
                return Found::Lost((*path).clone());
            }
        }
        if differing.is_empty() {
            Found::Intact
        } else {
            Found::Restored(differing.into_iter().cloned().collect())
        }
    }

    /// Its content alone, as a text to hash.
    pub(super) fn digest(&self) -> Option<String> {
        match &self.content {
            Content::Files(files) => Some(digest_of(files.iter().flat_map(|(path, entry)| match entry {
                Entry::File(digest, executable) => {
                    [path.as_str(), digest.as_str(), if *executable { "x" } else { "-" }]
                }
                Entry::Link(to) => [path.as_str(), to.as_str(), "link"],
            }))),
            Content::Names(_) => None,
        }
    }

    /// A path of it that is not below the repository, or that a link of it would lead elsewhere.
    pub(super) fn leads_out(&self) -> Option<String> {
        let is_inside = |path: &str| {
            let mut parts = path.split('/');
            !path.contains('\0') && parts.all(|part| !matches!(part, "" | "." | ".." | ".git" | ".seaworthy"))
        };
        if !is_inside(&self.path) {
            return Some(self.path.clone());
        }
        let Content::Files(files) = &self.content else { return None };
        let is_below = |path: &str| super::files::is_within(&self.path, path);
        let links: Vec<&String> =
            files.iter().filter(|(_, entry)| matches!(entry, Entry::Link(_))).map(|(path, _)| path).collect();
        let is_behind =
            |path: &str| links.iter().any(|link| *link != path && super::files::is_within(link, path));
        files.iter().find_map(|(path, entry)| {
            let is_copy = match entry {
                Entry::File(digest, _) => {
                    digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
                }
                Entry::Link(_) => true,
            };
            let is_fine = is_inside(path) && is_below(path) && !is_behind(path) && is_copy;
            (!is_fine).then(|| path.clone())
        })
    }

    /// Copies that bring it back.
    pub(super) fn copies(&self) -> impl Iterator<Item = &str> {
        let files = match &self.content {
            Content::Files(files) => Some(files),
            Content::Names(_) => None,
        };
        files.into_iter().flatten().filter_map(|(_, entry)| match entry {
            Entry::File(digest, _) => Some(digest.as_str()),
            Entry::Link(_) => None,
        })
    }
}

/// Every file and link below a folder; a file is itself.
fn entries(root: &Path, folder: &str, stat: &mut StatCache) -> Option<BTreeMap<String, Entry>> {
    let mut found = BTreeMap::new();
    let place = root.join(folder);
    if let Some(metadata) = place.symlink_metadata().ok().filter(fs::Metadata::is_file) {
        let executable = metadata.permissions().mode() & 0o111 != 0;
        found.insert(folder.to_owned(), Entry::File(stat.digest(folder)?, executable));
        return Some(found);
    }
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(root.join(&folder)).ok()? {
            let entry = entry.ok()?;
            let path = format!("{folder}/{}", entry.file_name().to_str()?);
            let kind = entry.file_type().ok()?;
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_symlink() {
                let to = fs::read_link(entry.path()).ok()?.to_str()?.to_owned();
                found.insert(path, Entry::Link(to));
            } else {
                let executable = entry.metadata().ok()?.permissions().mode() & 0o111 != 0;
                let digest = stat.digest(&path)?;
                found.insert(path, Entry::File(digest, executable));
            }
        }
    }
    Some(found)
}

fn restore(root: &Path, path: &str, entry: &Entry, store: &Store) -> std::io::Result<()> {
    // Through a link, it would be written elsewhere.
    let mut folders = path.match_indices('/').map(|(end, _)| root.join(&path[..end]));
    if let Some(link) = folders.find(|folder| folder.is_symlink()) {
        return Err(std::io::Error::other(format!("{} is a link", link.display())));
    }
    let path = &root.join(path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match entry {
        Entry::File(digest, executable) => {
            let text = store.kept(digest)?;
            // Whatever stands there may be a link to somewhere else.
            if path.symlink_metadata().is_ok() {
                fs::remove_file(path)?;
            }
            fs::write(path, text)?;
            let mode = if *executable { 0o755 } else { 0o644 };
            fs::set_permissions(path, fs::Permissions::from_mode(mode))
        }
        Entry::Link(to) => {
            if path.symlink_metadata().is_ok() {
                fs::remove_file(path)?;
            }
            symlink(to, path)
        }
    }
}

/// Bytes below a folder; nothing when there are more than `most`.
fn size(folder: &Path, most: u64) -> Option<u64> {
    let mut total = 0;
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).ok()?.flatten() {
            let metadata = entry.metadata().ok()?;
            if metadata.is_dir() {
                waiting.push(entry.path());
            } else {
                total += metadata.len();
                if total > most {
                    return None;
                }
            }
        }
    }
    Some(total)
}

/// A hash of the names in a folder that packages are installed in, hidden ones left out: tools keep their caches there.
/// Of any other folder only that it is there.
fn names(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    let packages: Vec<PathBuf> = if folder.join("pyvenv.cfg").is_file() {
        let library = fs::read_dir(folder.join("lib")).into_iter().flatten().flatten();
        library.map(|entry| entry.path().join("site-packages")).collect()
    } else if name == "node_modules" || name == "vendor" {
        vec![folder.to_owned()]
    } else {
        return "there".to_owned();
    };
    let mut names: Vec<String> = packages
        .iter()
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "__pycache__")
        .collect();
    names.sort_unstable();
    digest_of(names.iter().map(String::as_str))
}
