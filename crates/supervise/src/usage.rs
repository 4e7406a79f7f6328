//! What an instance and all that it started use of the machine.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::proc;

/// What a process tree uses at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Microseconds of CPU time that its living processes have used so far.
    pub cpu_micros: u64,
    /// Bytes of memory; pages that several processes share count once for each of them.
    pub memory: u64,
    /// Open files and sockets.
    pub files: u64,
    /// Processes.
    pub processes: u64,
    /// Bytes read from disks so far.
    pub read: u64,
    /// Bytes written to disks so far.
    pub written: u64,
}

/// Ticks of `/proc/PID/stat` in a second: `USER_HZ` is 100 on every architecture that Rust knows.
const TICKS: u64 = 100;

/// The usage of all that descends from a shim.
pub fn usage(shim: i32) -> Usage {
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or(4096);
    let mut usage = Usage::default();
    for pid in proc::descendants(shim) {
        let Some(stat) = proc::stat(pid) else { continue };
        usage.processes += 1;
        usage.cpu_micros += stat.cpu_ticks * (1_000_000 / TICKS);
        usage.memory += stat.resident_pages * page;
        usage.files += fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |files| files.count() as u64);
        // Processes of another user keep this to themselves.
        if let Ok(io) = fs::read_to_string(format!("/proc/{pid}/io")) {
            let field = |name: &str| {
                io.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok()).unwrap_or(0)
            };
            usage.read += field("read_bytes:");
            usage.written += field("write_bytes:");
        }
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_counted_with_their_files() {
        let own = i32::try_from(std::process::id()).unwrap();
        let before = usage(own);
        let script = "x = b'x' * (32 << 20); print('up', flush=True); input()";
        let mut child = std::process::Command::new("python3")
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0; 2]).unwrap();
        let after = usage(own);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(after.processes, before.processes + 1);
        assert!(after.files >= before.files + 3);
        assert!(after.memory >= before.memory + (32 << 20) && after.memory < before.memory + (128 << 20));
    }
}
