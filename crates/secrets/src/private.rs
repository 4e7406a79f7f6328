//! Files that only their owner should read, and files that are replaced in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use crate::Error;

/// Most bytes of a file with secrets; twice as much as fits into the environment of a process.
pub(crate) const LARGEST: u64 = 4 * 1024 * 1024;

/// What a file holds; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file("read", path)(error)),
    };
    let metadata = file.metadata().map_err(Error::file("read", path))?;
    let content = |what| Error::Content { path: path.to_owned(), line: None, what };
    if !metadata.is_file() {
        return Err(content("is no file"));
    }
    // Room for all of it from the start: growing would leave copies in memory that nobody wipes.
    let room = usize::try_from(metadata.len().min(LARGEST)).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(room + 1));
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(Error::file("read", path))?;
    if bytes.len() as u64 > LARGEST {
        return Err(content("is larger than 4 MiB"));
    }
    Ok(Some(bytes))
}

/// Why people beside the owner could read a file, if they could.
pub(crate) fn too_open(path: &Path) -> Option<String> {
    let mode = fs::metadata(path).ok()?.mode() & 0o777;
    // Nobody else gets through a closed folder, whatever the file allows.
    let folder =
        path.parent().and_then(|folder| fs::metadata(folder).ok()).map_or(0o777, |folder| folder.mode());
    (mode & 0o077 != 0 && folder & 0o077 != 0)
        .then(|| format!("{} can be read by others (mode {mode:04o}): chmod 600 {0}", path.display()))
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever the umask lets: what it holds is encrypted or public.
    Everyone,
    /// Its owner.
    Owner,
}

/// Replaces files, each in one step, and none before the new content of all is safe on the disk. Whoever calls holds the
/// lock of the folder, so that a draft is nobody else's.
pub(crate) fn replace(files: &[(PathBuf, &[u8])], access: Access) -> Result<(), Error> {
    let drafts: Vec<PathBuf> = files.iter().map(|(path, _)| draft(path)).collect();
    let staged = files.iter().zip(&drafts).try_for_each(|((path, content), draft)| {
        stage(path, draft, content, access).map_err(Error::file("write", path))
    });
    if staged.is_err() {
        for draft in &drafts {
            let _ = fs::remove_file(draft);
        }
        return staged;
    }
    for ((path, _), draft) in files.iter().zip(&drafts) {
        fs::rename(draft, path).map_err(Error::file("write", path))?;
        // A rename is on the disk when its folder is.
        if let Some(folder) = path.parent() {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
    }
    Ok(())
}

/// Where the new content of a file waits: always the same name, so that one that was left behind is used up.
fn draft(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.draft"))
}

fn stage(path: &Path, draft: &Path, content: &[u8], access: Access) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mode = if access == Access::Owner { 0o600 } else { 0o666 };
    // New, so that a link that waits there is not followed.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(draft)?;
    if access == Access::Everyone
        && let Ok(known) = fs::metadata(path)
    {
        file.set_permissions(known.permissions())?;
    }
    file.write_all(content)?;
    file.sync_all()
}

/// Makes a folder that only its owner can enter, and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(Error::file("create the folder", path))
}

/// Holds a folder for as long as it lives; waits for whoever holds it now.
pub(crate) struct Lock(#[expect(dead_code, reason = "closing it gives the lock back")] File);

impl Lock {
    /// The lock is on the folder itself: no file is left behind, and the system gives it back when a process is killed.
    pub(crate) fn of(folder: &Path) -> Result<Self, Error> {
        let file = File::open(folder).map_err(Error::file("open the folder", folder))?;
        file.lock().map_err(Error::file("lock the folder", folder))?;
        Ok(Self(file))
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(bytes)
}
