//! Small JSON files that are remembered between runs.
//!
//! They are caches of what could be found out or decided again: one that cannot be read counts as absent, so that a
//! damaged state directory never keeps an app from running.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever the umask lets.
    Everyone,
    /// Only the user: it holds secrets.
    Owner,
}

/// What the file holds; the default where it is absent or damaged.
pub(crate) fn load<T: DeserializeOwned + Default>(path: &Path) -> T {
    fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Replaces the file in one step: a reader sees the old content or the new, and so does whoever comes after a crash.
pub(crate) fn save<T: Serialize>(path: &Path, value: &T, access: Access) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(value).map_err(|error| Error::Broken(error.to_string()))?;
    write(path, &text, access)
}

/// Replaces the file in one step.
pub(crate) fn write(path: &Path, content: &[u8], access: Access) -> Result<(), Error> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(Error::file("create the folder", dir))?;
    // The process id keeps two runs of one worktree from writing into one another's half-done file.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = dir.join(format!(".{name}.{}.{}", std::process::id(), crate::secret::random_hex(4)?));
    let written = create(&draft, access).and_then(|mut file| file.write_all(content));
    let moved = written.and_then(|()| fs::rename(&draft, path));
    moved.map_err(|error| {
        let _ = fs::remove_file(&draft);
        Error::file("write", path)(error)
    })
}

fn create(path: &Path, access: Access) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_a_damaged_file_counts_as_absent() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.json");
        let value = BTreeMap::from([("x".to_owned(), 1)]);
        save(&path, &value, Access::Owner).unwrap();
        assert_eq!(load::<BTreeMap<String, i32>>(&path), value);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "{\"x\":").unwrap();
        assert_eq!(load::<BTreeMap<String, i32>>(&path), BTreeMap::new());
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1, "no draft is left");
    }
}
