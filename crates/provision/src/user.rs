//! Users of the operating system: who runs what root must not run.

use std::fs;
use std::path::Path;

use crate::Error;

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name, as in `/etc/passwd`.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
}

impl User {
    /// The user of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::find(&fs::read_to_string("/etc/passwd").ok()?, |user| user.name == name)
    }

    fn find(passwd: &str, is_it: impl Fn(&Self) -> bool) -> Option<Self> {
        passwd.lines().filter_map(Self::parse).find(is_it)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let mut numbers = fields.skip(1).map_while(|field| field.parse().ok());
        Some(Self { name, uid: numbers.next()?, gid: numbers.next()? })
    }

    /// Whoever a program that refuses to run as root shall run as: nobody else while we are not root; else one of
    /// `preferred` (the program's own system user), the owner of `worktree`, `nobody`.
    pub fn unprivileged(preferred: &[&str], worktree: &Path) -> Option<Self> {
        if !is_root() {
            return None;
        }
        let owner = || {
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt as _;
                let owner = fs::metadata(worktree).ok()?.uid();
                let passwd = fs::read_to_string("/etc/passwd").ok()?;
                Self::find(&passwd, |user| user.uid == owner && owner != 0)
            }
            #[cfg(not(unix))]
            {
                let _ = worktree;
                None
            }
        };
        preferred.iter().find_map(|name| Self::named(name)).or_else(owner).or_else(|| Self::named("nobody"))
    }
}

/// This process runs as root.
pub(crate) fn is_root() -> bool {
    #[cfg(unix)]
    {
        rustix::process::geteuid().is_root()
    }
    #[cfg(not(unix))]
    {
        false
    }
}

/// Gives a folder and all in it to a user; links are not followed.
pub(crate) fn give(path: &Path, user: &User) -> Result<(), Error> {
    #[cfg(unix)]
    {
        std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))
            .map_err(Error::file("change the owner of", path))?;
        if path.is_symlink() || !path.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(path).map_err(Error::file("list", path))? {
            give(&entry.map_err(Error::file("list", path))?.path(), user)?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, user);
    Ok(())
}

/// `user` can pass through every folder above `path`.
pub(crate) fn can_reach(user: &User, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        path.ancestors().skip(1).filter_map(|dir| fs::metadata(dir).ok()).all(|dir| {
            let shift = if dir.uid() == user.uid {
                6
            } else if dir.gid() == user.gid {
                3
            } else {
                0
            };
            dir.mode() >> shift & 1 == 1
        })
    }
    #[cfg(not(unix))]
    {
        let _ = (user, path);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_passwd() {
        let user =
            User::parse("postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash");
        assert_eq!(user, Some(User { name: "postgres".to_owned(), uid: 101, gid: 104 }));
        assert_eq!(User::parse("# comment"), None);
        assert_eq!(User::parse("x:x:a:b"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_closed_folder_on_the_way_is_seen() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("data");
        fs::create_dir(&inner).unwrap();
        let stranger = User { name: "stranger".to_owned(), uid: 4_242_424, gid: 4_242_424 };
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!can_reach(&stranger, &inner));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert!(can_reach(&stranger, &inner));
    }
}
