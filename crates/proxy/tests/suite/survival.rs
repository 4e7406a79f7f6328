//! The proxy or the control process is killed or replaced under load, and nobody notices.

use std::ffi::OsString;
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::harness::{Client, Control, PATIENCE, Upstream, ask, table};
use crate::load::{Load, Outcome};

/// Clients at a time, and how often each asks between two events.
const CLIENTS: usize = 6;
const REQUESTS: u64 = 20;

/// Ends a process as a crash would.
pub(crate) fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
}

/// Whether a process has ended. One that nobody has waited for yet has.
fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.map_or(true, |stat| stat.rsplit_once(") ").unwrap().1.starts_with(['Z', 'X']))
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A folder in which proxies linger. Dropping it ends those that are left when a test has failed.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The proxies that say they are here, each with the time of its start.
    fn proxies(&self) -> Vec<(u32, String)> {
        let names = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let parse = |name: OsString| {
            let name = name.into_string().ok()?;
            let (pid, started) = name.strip_prefix("proxy-")?.strip_suffix(".sock")?.split_once('-')?;
            Some((pid.parse().ok()?, started.to_owned()))
        };
        names.filter_map(parse).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for (pid, started) in self.proxies() {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let is_proxy = stat.contains("(seaworthy-proxy)") && stat.contains(&format!(" {started} "));
            if is_proxy {
                kill(pid);
            }
        }
    }
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// Nothing is left of a proxy.
fn nothing_left(port: u16, folder: &Path, proxies: &[u32]) {
    for pid in proxies {
        wait("the end of a proxy", || is_gone(*pid));
    }
    wait("the port to be closed", || is_closed(port));
    assert_eq!(entries(folder), 0, "a socket is left");
}

/// Whether nobody listens. The sockets of a process close a moment after its first thread has ended.
fn is_closed(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

#[test]
fn a_killed_control_process_its_successor_and_a_new_proxy_cost_no_request() {
    let (folder, upstream) = (Place::new(), Upstream::polite());
    let table = table(upstream.address, None);
    let mut control = Control::lingering(&table, folder.path());
    let (port, mut proxies) = (control.port, vec![control.proxy()]);
    let load = Load::on(port, CLIENTS);
    load.goes_on(REQUESTS);
    for _ in 0..2 {
        control.kill();
        load.goes_on(REQUESTS);
        control = Control::lingering(&table, folder.path());
        assert_eq!((control.port, control.proxy()), (port, proxies[proxies.len() - 1]));
        load.goes_on(REQUESTS);
        let replaced = control.tell("replace");
        assert_eq!(replaced.split(' ').nth(1), Some("0"), "connections were cut off: {replaced}");
        proxies.push(control.proxy());
        assert!(is_gone(proxies[proxies.len() - 2]), "the replaced proxy is still there");
        load.goes_on(REQUESTS);
    }
    assert_eq!(load.end(), Outcome::NONE_FAILED);
    control.stop();
    nothing_left(port, folder.path(), &proxies);
}

#[test]
fn a_proxy_that_was_adopted_gets_the_new_table_and_is_restarted_when_it_dies() {
    let folder = Place::new();
    let (first, second) = (Upstream::polite(), Upstream::polite());
    let mut control = Control::lingering(&table(first.address, None), folder.path());
    let (port, old) = (control.port, control.proxy());
    assert_eq!((ask(port, "GET /", ""), second.accepted()), (200, 0));
    assert_eq!(control.tell("leave"), "left");
    assert_eq!((ask(port, "GET /", ""), second.accepted()), (200, 0));
    let mut control = Control::lingering(&table(second.address, None), folder.path());
    assert_eq!((control.port, control.proxy()), (port, old));
    assert_eq!((ask(port, "GET /", ""), second.accepted()), (200, 1));

    kill(old);
    wait("the end of the proxy", || is_gone(old));
    assert_eq!(ask(port, "GET /", ""), 200);
    let new = control.proxy();
    assert_ne!(new, old);
    control.stop();
    nothing_left(port, folder.path(), &[old, new]);
}

#[test]
fn a_control_process_that_dies_within_a_replacement_leaves_one_proxy_to_its_successor() {
    let (folder, upstream) = (Place::new(), Upstream::polite());
    let table = table(upstream.address, None);
    let mut control = Control::lingering(&table, folder.path());
    let (port, old) = (control.port, control.proxy());
    let load = Load::on(port, CLIENTS);
    load.goes_on(REQUESTS);
    control.say("replace");
    wait("the second proxy", || folder.proxies().iter().any(|(pid, _)| *pid != old));
    control.kill();
    load.goes_on(REQUESTS);
    let mut control = Control::lingering(&table, folder.path());
    assert_eq!(control.port, port);
    let pid = control.proxy();
    load.goes_on(REQUESTS);
    // Whichever of the two it is: the second may not have had its table yet, and has ended then.
    wait("one proxy to be left", || pid == old || is_gone(old));
    assert_eq!(load.end(), Outcome::NONE_FAILED);
    control.stop();
    nothing_left(port, folder.path(), &[old, pid]);
}

#[test]
fn a_killed_proxy_refuses_no_connection_and_breaks_what_was_in_flight_only() {
    let upstream = Upstream::polite();
    let mut control = Control::start(&table(upstream.address, None));
    let port = control.port;
    let load = Load::on(port, CLIENTS);
    load.goes_on(REQUESTS);
    let kills = 3;
    for _ in 0..kills {
        kill(control.proxy());
        load.goes_on(REQUESTS);
    }
    let outcome = load.end();
    assert_eq!((outcome.refused, outcome.other), (0, 0));
    assert!(outcome.broken <= kills, "{} requests of one client in {kills} kills", outcome.broken);
    control.stop();
}

#[test]
fn idle_clients_of_a_killed_proxy_and_new_ones_are_all_served() {
    let upstream = Upstream::polite();
    let mut control = Control::start(&table(upstream.address, None));
    let port = control.port;
    for _ in 0..3 {
        let mut idle: Vec<_> = (0..16).map(|_| Client::connect(port).unwrap()).collect();
        for client in &mut idle {
            assert_eq!(client.ask("GET /", "").unwrap(), (200, true));
        }
        let old = control.proxy();
        kill(old);
        wait("the end of the proxy", || is_gone(old));
        // Nobody may serve at this moment; who connects waits for the next one.
        let mut new: Vec<_> = (0..16).map(|_| Client::connect(port).unwrap()).collect();
        for client in &mut new {
            assert_eq!(client.ask("GET /", "").unwrap().0, 200);
        }
        for client in &mut idle {
            assert!(client.is_closed(), "nobody serves this connection, and it seems to be open");
            assert_eq!(ask(port, "GET /", ""), 200);
        }
    }
    control.stop();
}

#[test]
fn a_proxy_lingers_for_as_long_as_it_was_told_to() {
    let (folder, upstream) = (Place::new(), Upstream::polite());
    let mut control = Control::lingering_for(&table(upstream.address, None), folder.path(), 0);
    let (port, proxy) = (control.port, control.proxy());
    control.kill();
    wait("the end of the proxy", || is_gone(proxy));
    nothing_left(port, folder.path(), &[proxy]);
}

#[test]
fn a_proxy_that_is_not_to_linger_ends_with_its_control_process() {
    let upstream = Upstream::polite();
    let mut control = Control::start(&table(upstream.address, None));
    let (port, proxy) = (control.port, control.proxy());
    control.kill();
    wait("the end of the proxy", || is_gone(proxy));
    wait("the port to be closed", || is_closed(port));
}

/// What a control process says that cannot start.
fn complaint(folder: &Path) -> String {
    let place = TempDir::new().unwrap();
    let file = place.path().join("table.json");
    std::fs::write(&file, r#"{"generation": 1, "routes": []}"#).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy-proxy"));
    let output = command.arg("0").arg(&file).arg(folder).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "it started");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_proxy_is_not_taken_from_its_control_process() {
    let (folder, upstream) = (Place::new(), Upstream::polite());
    let mut control = Control::lingering(&table(upstream.address, None), folder.path());
    let proxy = control.proxy();
    let said = complaint(folder.path());
    assert!(said.contains("Attended") && said.contains(&proxy.to_string()), "{said}");
    assert_eq!((ask(control.port, "GET /", ""), control.proxy()), (200, proxy));
    // Who came too early is gone, and whoever comes in time is served.
    control.kill();
    let mut control = Control::lingering(&table(upstream.address, None), folder.path());
    assert_eq!((ask(control.port, "GET /", ""), control.proxy()), (200, proxy));
    control.stop();
}

#[test]
fn what_a_dead_proxy_left_is_removed_and_what_is_none_is_not_believed() {
    let (folder, upstream) = (Place::new(), Upstream::polite());
    let mut control = Control::lingering(&table(upstream.address, None), folder.path());
    let dead = control.proxy();
    control.kill();
    kill(dead);
    wait("the end of the proxy", || is_gone(dead));
    assert_eq!(entries(folder.path()), 1, "a socket that nobody listens on");
    let mut control = Control::lingering(&table(upstream.address, None), folder.path());
    assert_eq!(entries(folder.path()), 1);
    let (port, proxy) = (control.port, control.proxy());
    assert_ne!(proxy, dead);
    control.stop();
    nothing_left(port, folder.path(), &[dead, proxy]);

    // This process, at another time of start: as if a proxy had had its id once. Then another process's id.
    for name in [format!("proxy-{}-1.sock", std::process::id()), "proxy-1-0.sock".to_owned()] {
        let path = folder.path().join(name);
        let listener = UnixListener::bind(&path).unwrap();
        let said = complaint(folder.path());
        assert!(said.contains("Impostor"), "{said}");
        drop(listener);
        std::fs::remove_file(path).unwrap();
    }
}
