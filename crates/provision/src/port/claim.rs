//! Claims on ports that runs of `sea` respect among each other.
//!
//! Between the moment a port is handed over and the moment a slow starter binds it, it is free for everyone who looks.
//! Two runs that start at the same time would give their services the same port, and one of them would fail. A claim is
//! an empty file that is locked as long as the process lives, so nothing is left to clean up after `kill -9`.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

/// What came of a claim.
#[derive(Debug)]
pub(super) enum Claim {
    /// It is ours as long as this is kept.
    Ours(Option<File>),
    /// Another run has it.
    Theirs,
}

/// Claims a port for this process. Where claims cannot be kept, every port is ours for the asking.
pub(super) fn claim(port: u16) -> Claim {
    let Some(folder) = folder() else { return Claim::Ours(None) };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(folder.join(port.to_string()));
    let Ok(file) = file else { return Claim::Ours(None) };
    match file.try_lock() {
        Ok(()) => Claim::Ours(Some(file)),
        Err(TryLockError::WouldBlock) => Claim::Theirs,
        Err(TryLockError::Error(_)) => Claim::Ours(None),
    }
}

/// A folder that this user alone can write to.
fn folder() -> Option<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let folder = std::env::temp_dir().join(format!("seaworthy-ports-{user}"));
    // It may be there already.
    let _ = DirBuilder::new().mode(0o700).create(&folder);
    let facts = fs::symlink_metadata(&folder).ok()?;
    (facts.is_dir() && facts.uid() == user).then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_holds_until_it_is_dropped() {
        // Nothing is bound: any number will do that no test hands out.
        let port = 1;
        let first = claim(port);
        assert!(matches!(&first, Claim::Ours(Some(_))));
        assert!(matches!(claim(port), Claim::Theirs));
        drop(first);
        assert!(matches!(claim(port), Claim::Ours(Some(_))));
    }
}
