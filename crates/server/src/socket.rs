//! The Unix socket: where it is, and that only its owner can open it.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use crate::error::ServerError;

/// Longest path that the kernel takes (108 bytes with the final zero on Linux, 104 elsewhere).
const LONGEST: usize = 103;

/// A listening socket, removed when dropped.
pub(crate) struct Socket {
    pub(crate) listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens at `path` in a folder that only its owner can enter. What an earlier run left there is replaced.
    pub(crate) fn bind(path: &Path) -> Result<Self, ServerError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        private(folder).map_err(|cause| ServerError::Folder { folder: folder.to_owned(), cause })?;
        let failed = |cause| ServerError::Bind { socket: path.to_owned(), cause };
        let place = Place::of(path).map_err(failed)?;
        if UnixStream::connect(&place.path).is_ok() {
            return Err(ServerError::RunsAlready(path.to_owned()));
        }
        match fs::remove_file(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(failed(cause)),
            _ => {}
        }
        let listener = UnixListener::bind(&place.path).map_err(failed)?;
        // Until this the folder keeps others out.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned() })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes the folder, for its owner alone.
fn private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

/// A path that the kernel takes for a socket, however deep the repository lies.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Keeps the path alive.
    _folder: Option<fs::File>,
}

impl Place {
    /// Where a path is too long, the folder is opened and gone through by its file descriptor, which Linux alone has.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= LONGEST || !cfg!(target_os = "linux") {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        use std::os::fd::AsRawFd;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(Self { path: path.to_owned(), _folder: None });
        };
        let folder = fs::File::open(folder)?;
        let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(Self { path: short, _folder: Some(folder) })
    }
}
