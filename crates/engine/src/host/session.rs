//! One `sea up` a worktree: who holds it, and how others find it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use seaworthy_supervise::sweep::sweep;
use serde::{Deserialize, Serialize};

use crate::host::Error;

/// What others read to find a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Names the run.
    pub run: String,
    /// The process id of its control process.
    pub pid: u32,
    /// When it was started.
    pub started_at: String,
    /// Where its API listens for its owner.
    pub socket: PathBuf,
    /// Where its dashboard is.
    pub dashboard_url: String,
    /// Where the app is.
    pub url: Option<String>,
}

impl RunRecord {
    /// The run said where it answers; before that it only holds the worktree.
    pub fn is_published(&self) -> bool {
        !self.socket.as_os_str().is_empty()
    }

    /// The state directory of the worktree.
    pub fn state_folder(&self) -> PathBuf {
        self.socket.ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
    }
}

/// A run that holds its worktree.
#[derive(Debug)]
pub(crate) struct Session {
    record: RunRecord,
    folder: PathBuf,
    /// Locked as long as the control process lives, whatever ends it.
    _lock: File,
}

/// The file with a [`RunRecord`] in the state directory.
const RECORD: &str = "run/run.json";

/// How often a lock that is held is tried again before a run is taken to hold it.
const LOOKERS: u32 = 10;

impl Session {
    /// Takes the worktree whose state directory is `state`, and ends what a run that was killed left behind.
    pub(crate) fn open(state: &Path) -> Result<Self, Error> {
        let folder = state.join("run");
        let error = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| Error::State { path, source }
        };
        fs::create_dir_all(&folder).map_err(error(&folder))?;
        let path = state.join("lock");
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(error(&path))?;
        match take(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let record = find(state).unwrap_or_default();
                return Err(Error::AlreadyRunning { pid: record.pid, url: record.dashboard_url });
            }
            Err(TryLockError::Error(source)) => return Err(Error::State { path, source }),
        }
        if let Some(earlier) = read(state) {
            // Only a run that was killed leaves its record.
            sweep(&earlier.run);
            let _ = fs::remove_file(state.join(RECORD));
        }
        let pid = std::process::id();
        let started_at = Timestamp::now();
        let record = RunRecord {
            run: format!("{:x}-{pid:x}", started_at.as_millisecond()),
            pid,
            started_at: format!("{started_at:.3}"),
            ..RunRecord::default()
        };
        let session = Self { record, folder: state.to_owned(), _lock: lock };
        session.write()?;
        Ok(session)
    }

    /// What others read.
    pub(crate) fn record(&self) -> &RunRecord {
        &self.record
    }

    /// Tells others where the API and the app are.
    pub(crate) fn publish(
        &mut self,
        socket: PathBuf,
        dashboard_url: String,
        url: Option<String>,
    ) -> Result<(), Error> {
        self.record = RunRecord { socket, dashboard_url, url, ..self.record.clone() };
        self.write()
    }

    fn write(&self) -> Result<(), Error> {
        let path = self.folder.join(RECORD);
        // Written beside and renamed: others never read half a record.
        let new = self.folder.join("run/run.json.new");
        let text = serde_json::to_vec_pretty(&self.record).unwrap_or_default();
        let written = File::create(&new)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| fs::rename(&new, &path));
        written.map_err(|source| Error::State { path, source })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A record that stays makes the next start look for leftovers, and find none.
        let _ = fs::remove_file(self.folder.join(RECORD));
    }
}

/// Locks for this process alone. Who looks for a run holds the lock for an instant, which is no run.
fn take(lock: &File) -> Result<(), TryLockError> {
    for _ in 0..LOOKERS {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            done => return done,
        }
    }
    lock.try_lock()
}

fn read(state: &Path) -> Option<RunRecord> {
    serde_json::from_slice(&fs::read(state.join(RECORD)).ok()?).ok()
}

/// The run that holds the worktree with this state directory, if one does.
pub fn find(state: &Path) -> Option<RunRecord> {
    // Before the lock is touched: where there is no record, nobody who starts meets a lock that only looks.
    let record = read(state)?;
    let lock = File::open(state.join("lock")).ok()?;
    match lock.try_lock_shared() {
        // Nobody holds it: what the record says is over. The lock goes with the file.
        Ok(()) => None,
        Err(_) => Some(record),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worktree_is_held_by_one_run_and_found_while_it_lasts() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join(".seaworthy");
        assert_eq!(find(&state), None);
        let mut session = Session::open(&state).unwrap();
        assert!(!find(&state).unwrap().is_published());
        session.publish("/tmp/socket".into(), "http://localhost:1".to_owned(), None).unwrap();
        assert_eq!(find(&state).as_ref(), Some(session.record()));
        let refused = Session::open(&state).unwrap_err();
        assert!(matches!(refused, Error::AlreadyRunning { pid, .. } if pid == std::process::id()));
        drop(session);
        assert_eq!(find(&state), None);
        Session::open(&state).unwrap();
    }

    #[test]
    fn who_looks_for_a_run_does_not_keep_one_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join(".seaworthy");
        drop(Session::open(&state).unwrap());
        // What a run that was killed left: it makes those who look touch the lock.
        fs::write(state.join(RECORD), serde_json::to_vec(&RunRecord::default()).unwrap()).unwrap();
        let lock = File::open(state.join("lock")).unwrap();
        lock.lock_shared().unwrap();
        let looking = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(10));
            drop(lock);
        });
        Session::open(&state).unwrap();
        looking.join().unwrap();
    }

    #[test]
    fn a_state_directory_that_is_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join(".seaworthy");
        fs::write(&state, "").unwrap();
        assert!(Session::open(&state).unwrap_err().to_string().contains(".seaworthy"));
    }
}
