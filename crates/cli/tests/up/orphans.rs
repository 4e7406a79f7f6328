//! Nothing is left behind, however `sea up` ends.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::running::{SEA, Up, descendants, folder, free_port, send, survivors, until};

/// A service whose children left its group and its session.
fn family() -> tempfile::TempDir {
    let port = free_port();
    let script = "sleep 600 & setsid sleep 601 & (setsid sh -c 'sleep 602 & exec setsid sleep 603' &) ; exec python3 server.py";
    let config = format!(
        "name = \"demo\"\n[services.web]\nstart = \"sh family.sh\"\nport = {port}\nenv = {{ PORT = \"{port}\" }}\n"
    );
    folder(&[("seaworthy.toml", &config), ("server.py", crate::running::SERVER), ("family.sh", script)])
}

/// Runs the family, does something to it, and expects an empty machine.
fn ends_clean(end: impl FnOnce(&mut Up)) {
    let folder = family();
    let mut up = Up::start(folder.path());
    up.until_ready();
    let run = up.run();
    assert!(survivors(&run).len() >= 5, "{:?}", survivors(&run));
    end(&mut up);
    up.child.wait().unwrap();
    until("everything is gone", || survivors(&run).is_empty());
    until("the helpers are gone", || {
        let marks = [format!("__guardian\0{run}")];
        !fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            marks.iter().any(|mark| line.contains(mark))
        })
    });
    // The next start is not kept from anything.
    let mut again = Up::start(folder.path());
    again.until_ready();
    again.end();
}

#[test]
fn after_ctrl_c() {
    ends_clean(|up| up.signal("INT"));
}

#[test]
fn after_two_ctrl_c() {
    ends_clean(|up| {
        up.signal("INT");
        up.signal("INT");
    });
}

#[test]
fn after_sigterm_and_a_closed_terminal() {
    ends_clean(|up| up.signal("TERM"));
    ends_clean(|up| up.signal("HUP"));
}

#[test]
fn after_kill_of_the_control_process() {
    ends_clean(|up| up.signal("KILL"));
}

#[test]
fn after_kill_of_every_process_of_sea_at_once() {
    ends_clean(|up| {
        let ours: Vec<u32> = descendants(up.child.id())
            .into_iter()
            .filter(|(_, line)| line.contains("__shim") || line.contains("__proxy"))
            .map(|(pid, _)| pid)
            .collect();
        assert!(ours.len() >= 2);
        for pid in ours {
            send(pid, "KILL");
        }
        up.signal("KILL");
    });
}

#[test]
fn a_killed_shim_proxy_or_guardian_harms_nobody() {
    let folder = family();
    let mut up = Up::start(folder.path());
    let port = up.port();
    let of = |up: &Up, mark: &str| {
        let all = descendants(up.child.id());
        all.into_iter().find(|(_, line)| line.contains(mark)).map(|(pid, _)| pid)
    };
    send(of(&up, "__guardian").unwrap(), "KILL");
    send(of(&up, "__proxy").unwrap(), "KILL");
    until("the proxy is back", || of(&up, "__proxy").is_some());
    assert_eq!(crate::running::get(port, "web.demo.localhost", "/").0, 200);
    let shim = descendants(up.child.id())
        .into_iter()
        .find(|(pid, line)| line.contains("__shim") && !descendants(*pid).is_empty())
        .unwrap();
    send(shim.0, "KILL");
    up.until_phase("web", "restarting");
    up.until_phase("web", "ready");
    let run = up.run();
    let count = survivors(&run).iter().filter(|line| line.starts_with("sleep")).count();
    assert_eq!(count, 4, "those of the new one only: {:?}", survivors(&run));
    up.end();
}

#[test]
fn after_the_terminal_is_gone() {
    // `script` gives a terminal; killing it hangs the terminal up.
    let script = Command::new("script").arg("--version").stdout(Stdio::null()).status();
    assert!(script.is_ok(), "`script` (util-linux) is needed");
    let folder = family();
    let log = folder.path().join("typescript");
    let mut terminal = Command::new("script")
        .args(["-q", "-c", &format!("{SEA} up"), log.to_str().unwrap()])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let record = folder.path().join(".seaworthy/run/run.json");
    until("it runs", || record.exists());
    let record: serde_json::Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    let run = record["run"].as_str().unwrap().to_owned();
    until("the family is up", || survivors(&run).len() >= 5);
    send(terminal.id(), "KILL");
    terminal.wait().unwrap();
    until("everything is gone", || survivors(&run).is_empty());
}
