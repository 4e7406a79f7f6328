//! Readings from `/proc`: who is whose child, and who belongs to a run.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::listeners;
use crate::rendezvous::Seat;
use crate::spec::{MARKER, SHIM};

/// What `/proc/PID/stat` says of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The program's name, at most 15 bytes.
    pub(crate) comm: String,
    /// `R`, `S`, `Z`, ...
    pub(crate) state: u8,
    /// The parent.
    pub(crate) parent: i32,
    /// The session.
    pub(crate) session: i32,
    /// Ticks of CPU used, in user and kernel mode.
    pub(crate) cpu_ticks: u64,
    /// Ticks after boot at which it started; with the pid it names a process for good.
    pub(crate) started: u64,
    /// Pages in memory.
    pub(crate) resident_pages: u64,
}

/// The status of a process; `None` when there is none of this id. Fields as in proc(5).
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses and may contain any character, `)` included.
    let (head, tail) = text.rsplit_once(')')?;
    let comm = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        comm,
        state: *fields.first()?.as_bytes().first()?,
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        cpu_ticks: number(11)? + number(12)?,
        started: number(19)?,
        resident_pages: number(21)?,
    })
}

/// Every process of the machine that can be seen.
pub(crate) fn all() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// The children of a process, dead ones that were not waited for included.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut children = Vec::new();
    let mut known = false;
    for thread in threads.flatten() {
        if let Ok(text) = fs::read_to_string(thread.path().join("children")) {
            known = true;
            children.extend(text.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
    }
    // Kernels without CONFIG_PROC_CHILDREN have no such file.
    if !known {
        children
            .extend(all().into_iter().filter(|other| stat(*other).is_some_and(|stat| stat.parent == pid)));
    }
    children
}

/// All descendants of a process that live, parents before their children.
pub(crate) fn descendants(pid: i32) -> Vec<i32> {
    let mut found = children(pid);
    let mut next = 0;
    while next < found.len() {
        found.extend(children(found[next]));
        next += 1;
    }
    found.retain(|pid| stat(*pid).is_some_and(|stat| stat.state != b'Z'));
    found
}

/// Processes whose environment `wanted` takes.
fn with_environment(wanted: impl Fn(&[u8]) -> bool) -> Vec<i32> {
    all()
        .into_iter()
        .filter(|pid| fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environ| wanted(&environ)))
        .collect()
}

/// A variable of an environment as `/proc` has it.
fn variable<'a>(environ: &'a [u8], name: &str) -> Option<&'a [u8]> {
    environ.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// Processes whose environment carries a marker that `wanted` takes.
fn with_marker(wanted: impl Fn(&[u8]) -> bool) -> Vec<i32> {
    with_environment(|environ| variable(environ, MARKER).is_some_and(&wanted))
}

/// The shim that lingers with the process of this environment, if it does.
fn shim_of(environ: &[u8]) -> Option<Seat> {
    std::str::from_utf8(variable(environ, SHIM)?).ok()?.parse().ok()
}

/// Processes that belong to a run, less those of shims that live on without a control process.
pub(crate) fn of_run(run: &str) -> Vec<i32> {
    let prefix = format!("{run}/");
    with_environment(|environ| {
        variable(environ, MARKER).is_some_and(|marker| marker.starts_with(prefix.as_bytes()))
            && !shim_of(environ).is_some_and(Seat::is_alive)
    })
}

/// Processes of shims that linger or did, with the shim and the marker.
pub(crate) fn of_shims() -> Vec<(i32, Seat, String)> {
    let known = |pid: i32| {
        let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let marker = variable(&environ, MARKER)?;
        Some((pid, shim_of(&environ)?, String::from_utf8_lossy(marker).into_owned()))
    };
    all().into_iter().filter_map(known).collect()
}

/// Whether a process is a shim.
pub(crate) fn is_shim(pid: i32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
        line.split(|byte| matches!(byte, 0 | b' ')).any(|word| word == crate::shim::ARGUMENT.as_bytes())
    })
}

/// Processes that carry exactly this marker.
pub(crate) fn of_instance(marker: &str) -> Vec<i32> {
    with_marker(|found| found == marker.as_bytes())
}

/// The program of a process, without its arguments: those may hold secrets.
pub(crate) fn program(pid: i32) -> Option<String> {
    if let Ok(path) = fs::read_link(format!("/proc/{pid}/exe"))
        && let Some(name) = path.file_name()
    {
        return Some(String::from_utf8_lossy(name.as_bytes()).into_owned());
    }
    Some(stat(pid)?.comm)
}

/// The TCP ports that any of these processes listens on, in order.
pub(crate) fn listening_ports(pids: &[i32]) -> Vec<u16> {
    let sockets: BTreeSet<u64> = pids.iter().flat_map(|pid| sockets(*pid)).collect();
    let mut ports: Vec<u16> = listeners::all()
        .into_iter()
        .filter(|listener| sockets.contains(&listener.inode))
        .map(|listener| listener.port)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Programs that listen for a container.
const FOR_CONTAINERS: [&str; 7] =
    ["conmon", "docker-proxy", "dockerd", "pasta", "rootlesskit", "rootlessport", "slirp4netns"];

/// Who listens on a port, in words, when that is a process that does not descend from `root`; `None` when one that does
/// listens there, or when it cannot be told.
pub(crate) fn stranger_on(port: u16, root: i32) -> Option<String> {
    let listening: Vec<u64> = listeners::all()
        .into_iter()
        .filter_map(|listener| (listener.port == port).then_some(listener.inode))
        .collect();
    let listens = |pid: &i32| sockets(*pid).iter().any(|socket| listening.contains(socket));
    let own = descendants(root);
    if own.iter().any(listens) {
        return None;
    }
    let stranger = all().into_iter().find(|pid| !own.contains(pid) && listens(pid))?;
    let program = program(stranger)?;
    let is_told = !FOR_CONTAINERS.contains(&program.as_str());
    is_told.then(|| format!("port {port} is held by {program} (process {stranger}), which is no part of it"))
}

/// Inodes of the sockets that a process has open.
fn sockets(pid: i32) -> Vec<u64> {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    files
        .filter_map(|file| {
            let target = fs::read_link(file.ok()?.path()).ok()?;
            target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_found_with_its_facts() {
        let mut child =
            std::process::Command::new("sleep").arg("60").env(MARKER, "test-proc/x").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let own = i32::try_from(std::process::id()).unwrap();
        // A process is there a moment before its environment is.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while of_run("test-proc").is_empty() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        let found = (children(own), descendants(own), of_run("test-proc"), stat(pid), program(pid));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.0.contains(&pid) && found.1.contains(&pid));
        assert_eq!(found.2, [pid]);
        let stat = found.3.unwrap();
        assert_eq!((stat.comm.as_str(), stat.parent), ("sleep", own));
        assert!(found.4.unwrap().contains("sleep") || cfg!(not(target_os = "linux")));
        assert_eq!(super::stat(pid), None);
    }

    #[test]
    fn the_port_a_process_listens_on_is_found() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = i32::try_from(std::process::id()).unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(listening_ports(&[own]).contains(&port));
        let parent = stat(own).unwrap().parent;
        assert_eq!(stranger_on(port, parent), None);
        // A tree without us: that of a process that does not exist.
        assert!(stranger_on(port, i32::MAX).unwrap().contains(&own.to_string()));
    }
}
