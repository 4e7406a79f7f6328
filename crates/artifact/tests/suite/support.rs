//! A store, trees and what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use seaworthy_artifact::{Contents, Error, Manifest, Pack, Packed, Store};
use tempfile::TempDir;

/// A folder for one test, with a store in it.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        Self { dir, store }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// A folder with these files.
    pub(crate) fn tree(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = self.path(name);
        fs::create_dir_all(&root).unwrap();
        for (path, text) in files {
            write(&root.join(path), text);
        }
        root
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Packs a folder as an artifact of its own.
pub(crate) fn pack(store: &Store, root: &Path) -> Result<(Manifest, Packed), Error> {
    pack_knowing(store, root, None)
}

pub(crate) fn pack_knowing(
    store: &Store,
    root: &Path,
    known: Option<&Path>,
) -> Result<(Manifest, Packed), Error> {
    let writer = store.writer()?;
    let packed = writer.pack(&Pack { root, leave_out: &BTreeSet::new(), known })?;
    let sbom = writer.put(b"{\"components\": []}")?;
    let provenance = writer.put(b"{\"subject\": []}")?;
    let contents =
        Contents::new("shop", "3f9a2c1", false, packed.entries.clone(), sbom).map_err(Error::Tree)?;
    let manifest = Manifest::new(contents, provenance);
    writer.finish(&manifest)?;
    Ok((manifest, packed))
}

/// What a folder holds: of each path its mode and content, `-> TARGET` or nothing.
pub(crate) fn look(root: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let metadata = path.symlink_metadata().unwrap();
            let mode = metadata.permissions().mode() & 0o777;
            if metadata.is_symlink() {
                let target = format!("-> {}", fs::read_link(&path).unwrap().display());
                found.insert(name, (0, target.into_bytes()));
            } else if metadata.is_dir() {
                found.insert(name, (mode, Vec::new()));
                waiting.push(path);
            } else {
                found.insert(name, (mode, fs::read(&path).unwrap()));
            }
        }
    }
    found
}

/// Every file below a folder.
pub(crate) fn files(root: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        look(root).into_keys().map(|path| root.join(path)).filter(|path| path.is_file()).collect();
    files.sort();
    files
}
