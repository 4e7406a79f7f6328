//! Where a server keeps its data: below the state directory, or where its user can get.

use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;

use crate::Error;
use crate::state::State;
use crate::user::{self, User};

/// Where data lives that cannot live in the worktree: below a home folder that is closed to the server's user.
const ELSEWHERE: &str = "/var/lib/seaworthy";

/// A folder for the data of a resource, made and owned by `user`. It is a link where the user could not reach it.
pub(super) fn data(name: &Name, part: &str, user: Option<&User>, state: &State) -> Result<PathBuf, Error> {
    let folder = state.data(name);
    make(&folder)?;
    let dir = folder.join(part);
    let Some(user) = user else {
        make(&dir)?;
        return Ok(dir);
    };
    if let Ok(there) = fs::read_link(&dir) {
        make(&there)?;
        return Ok(there);
    }
    if user::can_reach(user, &dir) {
        let is_new = !dir.exists();
        make(&dir)?;
        if is_new {
            user::give(&dir, user)?;
        }
        return Ok(dir);
    }
    let there = Path::new(ELSEWHERE).join(state.id()).join(name.as_str()).join(part);
    make(&there)?;
    user::give(&there, user)?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(&there, &dir).map_err(Error::file("link", &dir))?;
    Ok(there)
}

/// A folder that [`data`] made outside of a worktree.
pub(super) fn is_ours(path: &Path) -> bool {
    path.starts_with(ELSEWHERE) && path.components().count() > Path::new(ELSEWHERE).components().count() + 1
}

fn make(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(Error::file("create the folder", dir))
}
