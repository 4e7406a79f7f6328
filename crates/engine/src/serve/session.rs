//! One control process a state folder: who holds it, and how others find it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Error;
use super::layout::{self, Layout};

/// What others read to find the control process of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRecord {
    /// Its process id.
    pub pid: u32,
    /// Where its API listens for its owner.
    pub socket: PathBuf,
    /// The port of the proxy for plain HTTP.
    pub http: u16,
    /// The port of the proxy for HTTPS, where the host speaks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https: Option<u16>,
    /// The port of the dashboard, on loopback.
    #[serde(default)]
    pub dashboard: u16,
}

/// A state folder that this process holds.
#[derive(Debug)]
pub(super) struct Session {
    record: PathBuf,
    /// Locked as long as the process lives, whatever ends it.
    _lock: File,
}

fn record_of(root: &Path) -> PathBuf {
    root.join("run/host.json")
}

/// How often a lock that is held is tried again: a control process that is being replaced takes an instant to go.
const TRIES: u32 = 100;

impl Session {
    pub(super) fn open(layout: &Layout) -> Result<Self, Error> {
        let path = layout.run().join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| Error::state(&path, source))?;
        let record = record_of(layout.root());
        for attempt in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => {
                    // That of a control process that was killed names a socket where nobody answers.
                    let _ = std::fs::remove_file(&record);
                    return Ok(Self { record, _lock: lock });
                }
                Err(TryLockError::Error(source)) => return Err(Error::state(&path, source)),
                Err(TryLockError::WouldBlock) if attempt + 1 < TRIES => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let holder: HostRecord = layout::read(&record)?.unwrap_or_default();
        Err(Error::AlreadyServed { pid: holder.pid, state: layout.root().to_owned() })
    }

    /// Tells others where the API is.
    pub(super) fn publish(&mut self, record: &HostRecord) -> Result<(), Error> {
        layout::save(&self.record, record)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // One that stays names a process that holds no lock.
        let _ = std::fs::remove_file(&self.record);
    }
}

/// The control process that holds a state folder, if one does and said where it is.
pub fn find(state: &Path) -> Option<HostRecord> {
    let record: HostRecord = layout::read(&record_of(state)).ok()??;
    let lock = File::open(state.join("run/lock")).ok()?;
    match lock.try_lock_shared() {
        // Nobody holds it. The lock goes with the file.
        Ok(()) => None,
        Err(_) => Some(record),
    }
}

/// Names a state folder among all on the machine.
pub(super) fn id(layout: &Layout) -> String {
    let digest = Sha256::digest(layout.root().as_os_str().as_encoded_bytes());
    format!("{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}
