//! How a cluster for development is run.
//!
//! Settings are given on the command line, not written into the cluster: what a later version of ours thinks better
//! holds for old data too.

use std::path::Path;

use crate::Error;
use crate::record::{self, Access};
use crate::toolchain::Version;
use crate::user::{self, User};

/// The server's command line.
pub(super) fn argv(program: &Path, cluster: &Path, port: u16, version: &Version) -> Vec<String> {
    let mut settings = vec![
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        // No socket: its path may have 107 bytes, and a worktree's path may be longer.
        ("unix_socket_directories", String::new()),
        // A power cut may cost test data; `kill -9` of everything may not, as the kernel has what was written. That
        // is why commits stay synchronous: they wait for a write to the kernel, and for no disk. Without that, the
        // last half second before a kill was seen to be lost.
        ("fsync", "off".to_owned()),
        ("full_page_writes", "off".to_owned()),
        // Room for the working set of a development database, not for production's.
        ("shared_buffers", "32MB".to_owned()),
        ("max_wal_size", "256MB".to_owned()),
        ("min_wal_size", "32MB".to_owned()),
        // Nothing replicates; bulk loads then write less. Logical decoding would need more.
        ("wal_level", "minimal".to_owned()),
        ("max_wal_senders", "0".to_owned()),
        // Compiling pays off for long queries over large tables only.
        ("jit", "off".to_owned()),
        // As in the images that production and CI run; the probe reads English.
        ("timezone", "UTC".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("lc_messages", "C".to_owned()),
        // To the standard error of the process, where the supervisor reads it.
        ("logging_collector", "off".to_owned()),
        ("log_destination", "stderr".to_owned()),
        ("log_line_prefix", String::new()),
    ];
    if version.number(0) < 11 {
        settings.retain(|(name, _)| *name != "jit");
    }
    let mut argv =
        vec![program.to_string_lossy().into_owned(), "-D".to_owned(), cluster.to_string_lossy().into_owned()];
    argv.extend(settings.into_iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]));
    argv
}

/// Who may sign in: over loopback and with the password.
const ACCESS: &str = "# Written by `sea up`.
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
";

/// Writes the rules of access into a cluster.
pub(super) fn write_access(cluster: &Path, user: Option<&User>) -> Result<(), Error> {
    let path = cluster.join("pg_hba.conf");
    record::write(&path, ACCESS.as_bytes(), Access::Owner)?;
    user.map_or(Ok(()), |user| user::give(&path, user))
}
