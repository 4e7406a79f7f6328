//! Who holds a port.

use std::fmt;

/// Who listens on a port. Only the program is named: command lines hold secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name of the program, or of our own service that has the port.
    pub program: String,
    /// Its process, where it is not one of ours.
    pub pid: Option<u32>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "{} (process {pid})", self.program),
            None => f.write_str(&self.program),
        }
    }
}

/// Who listens on this port; `None` where that cannot be seen: another user's process, another system.
#[cfg(target_os = "linux")]
pub fn holder(port: u16) -> Option<Holder> {
    use std::fs;

    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listeners(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok).filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, entry.path()))
    });
    for (pid, dir) in processes {
        let Ok(files) = fs::read_dir(dir.join("fd")) else { continue };
        let holds = files
            .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
            .any(|target| target.to_str().is_some_and(|target| inodes.iter().any(|inode| inode == target)));
        if holds {
            let program = fs::read_to_string(dir.join("comm")).ok()?.trim().to_owned();
            return Some(Holder { program, pid: Some(pid) });
        }
    }
    None
}

/// Who listens on this port; this system is not asked.
#[cfg(not(target_os = "linux"))]
pub fn holder(_port: u16) -> Option<Holder> {
    None
}

/// Inodes of the sockets that listen on a port, from a table of `/proc/net` (proc(5): the second column is the local
/// address, the fourth the state, `0A` for listening, the tenth the inode).
#[cfg(target_os = "linux")]
fn listeners(table: &str, port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    let of_line = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let listens = columns.get(1)?.ends_with(&port) && *columns.get(3)? == "0A";
        columns.get(9).filter(|_| listens).map(|inode| (*inode).to_owned())
    };
    table.lines().skip(1).filter_map(of_line).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_listening_sockets_of_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1538 0100007F:9C40 01 00000000:00000000 00:00000000 00000000   101        0 4712 1 0 20 4 30 10 -1
   2: 0100007F:1539 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 4713 1 0 100 0 0 10 0
";
        assert_eq!(listeners(table, 5432), ["4711"]);
        assert!(listeners("", 1).is_empty());
    }
}
