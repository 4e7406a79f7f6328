//! Nothing outlives its process, whoever is killed.

use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use seaworthy_model::ProbeAction;
use seaworthy_supervise::instance::Launcher;
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::reaper::Reaper;
use seaworthy_supervise::spec::{MARKER, Spec};
use seaworthy_supervise::sweep::{Guardian, sweep};

use crate::field::{Field, SHIM, block_on, probe, survivors, until};

/// Starts daemons of every sort and stays: in the group, in a session of its own, and one that has hidden its marker.
const FAMILY: &str = "sleep 71 & setsid sleep 72 & (setsid sh -c 'sleep 73 & exec setsid sleep 74' &); \
                      env -i setsid /bin/sleep 75 & sleep 0.1; echo up; wait";

/// Processes with one of the durations of the family that descend from this test.
fn family(unique: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(unique) && line.contains("sleep") && !line.contains("sh -c") {
            found.push(line);
        }
    }
    found
}

/// The family with durations that no other test uses, and how they are recognised.
fn unique(number: u32) -> (String, String) {
    let tail = format!(".{}{number:02}", std::process::id());
    let script = ["71", "72", "73", "74", "75"].iter().fold(FAMILY.to_owned(), |script, duration| {
        script.replace(&format!("sleep {duration}"), &format!("sleep {duration}{tail}"))
    });
    (script, tail)
}

#[test]
fn daemons_end_with_a_stop() {
    block_on(async {
        let (script, tail) = unique(1);
        let field = Field::new();
        let mut api = field.define("api", &script);
        api.readiness = probe(ProbeAction::Log("up".to_owned()));
        field.start(vec![api]);
        field.until_phase("api", Phase::Ready).await;
        assert_eq!(family(&tail).len(), 5, "{:?}", family(&tail));
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        assert_eq!(family(&tail), Vec::<String>::new());
        field.end().await;
    });
}

#[test]
fn a_process_that_forks_away_is_ended_and_said() {
    block_on(async {
        let (_, tail) = unique(2);
        let field = Field::new();
        field.start(vec![field.define("api", &format!("setsid sleep 80{tail} & sleep 0.2"))]);
        let status = field.until("api", |status| status.detail.contains("left sleep running")).await;
        assert!(status.detail.contains("must stay in the foreground"), "{}", status.detail);
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        assert_eq!(family(&tail), Vec::<String>::new());
        field.end().await;
    });
}

#[test]
fn a_killed_shim_takes_everything_with_it_and_the_process_is_restarted() {
    block_on(async {
        let (script, tail) = unique(3);
        let field = Field::new();
        let mut api = field.define("api", &script);
        api.readiness = probe(ProbeAction::Log("up".to_owned()));
        field.start(vec![api]);
        let before = field.until_phase("api", Phase::Ready).await;
        kill(Pid::from_raw(before.shim.unwrap()), Signal::SIGKILL).unwrap();
        let after =
            field.until("api", |status| status.phase == Phase::Ready && status.pid != before.pid).await;
        assert_eq!(after.restarts, 1);
        assert_eq!(family(&tail).len(), 5, "those of the new one only: {:?}", family(&tail));
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        assert_eq!(family(&tail), Vec::<String>::new());
        field.end().await;
    });
}

/// The control process of the tests below: this test binary once more, running the ignored test `control`.
fn start_control(folder: &std::path::Path, run: &str, script: &str, guarded: bool) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "orphans::control", "--nocapture"])
        .env("CONTROL_FOLDER", folder)
        .env("CONTROL_RUN", run)
        .env("CONTROL_SCRIPT", script)
        .env("CONTROL_GUARDED", if guarded { "yes" } else { "no" })
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test: what the tests below kill.
#[test]
#[ignore = "run by the other tests of this file as a process of its own"]
fn control() {
    let variable = |name: &str| std::env::var(name).unwrap();
    if std::env::var("CONTROL_RUN").is_err() {
        return;
    }
    block_on(async {
        let mut field = Field::new();
        field.run = variable("CONTROL_RUN");
        let (reaper, _) = Reaper::start().unwrap();
        let _guardian = (variable("CONTROL_GUARDED") == "yes")
            .then(|| Guardian::start(SHIM, &field.run, &reaper).unwrap());
        let launcher = Launcher::with_program(SHIM, reaper);
        let folder = std::path::PathBuf::from(variable("CONTROL_FOLDER"));
        let mut spec: Spec = field.spec("api", &variable("CONTROL_SCRIPT"));
        spec.dir.clone_from(&folder);
        spec.log.path = folder.join("api.log");
        let mut instance = launcher.launch(spec).unwrap();
        loop {
            instance.report().await;
        }
    });
}

fn children_named_shim(parent: u32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap().flatten();
    let children: Vec<String> =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok()).collect();
    children
        .iter()
        .flat_map(|text| text.split_whitespace())
        .map(|pid| pid.parse().unwrap())
        .filter(|pid| {
            std::fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.windows(6).any(|part| part == b"__shim"))
        })
        .collect()
}

/// Starts a control process with the family below it, calls `end` on it, and expects an empty machine.
fn ends_clean(number: u32, guarded: bool, end: impl FnOnce(u32)) {
    block_on(async {
        let (script, tail) = unique(number);
        let run = format!("orphans-{}-{number}", std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let mut control = start_control(folder.path(), &run, &script, guarded);
        until("the family is up", || family(&tail).len() == 5).await;
        end(control.id());
        control.wait().unwrap();
        until("the family is gone", || family(&tail).is_empty() && survivors(&run).is_empty()).await;
    });
}

#[test]
fn nothing_survives_a_killed_control_process() {
    ends_clean(4, false, |pid| kill(pid_of(pid), Signal::SIGKILL).unwrap());
}

#[test]
fn nothing_survives_a_terminated_control_process() {
    ends_clean(5, false, |pid| kill(pid_of(pid), Signal::SIGTERM).unwrap());
}

#[test]
fn nothing_that_carries_the_marker_survives_when_all_are_killed_at_once() {
    // What left its session *and* emptied its environment cannot be known any more when both processes that watched it
    // die in the same instant, so it is not part of this family.
    block_on(async {
        let tail = format!(".{}06", std::process::id());
        let script = format!("sleep 71{tail} & setsid sleep 72{tail} & sleep 0.1; echo up; wait");
        let run = format!("orphans-{}-6", std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let mut control = start_control(folder.path(), &run, &script, true);
        until("the family is up", || family(&tail).len() == 2).await;
        // One that waits for the next instance may be there already.
        let shims = children_named_shim(control.id());
        assert!((1..=2).contains(&shims.len()), "{shims:?}");
        for pid in shims.into_iter().chain([i32::try_from(control.id()).unwrap()]) {
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        }
        control.wait().unwrap();
        until("the family is gone", || family(&tail).is_empty() && survivors(&run).is_empty()).await;
    });
}

#[test]
fn the_next_start_sweeps_what_an_earlier_run_left() {
    let run = format!("swept-{}", std::process::id());
    let mut child = Command::new("sleep").arg("60").env(MARKER, format!("{run}/api")).spawn().unwrap();
    while survivors(&run).is_empty() {}
    assert_eq!(sweep(&run), 1);
    assert!(child.wait().unwrap().code().is_none());
    assert_eq!(sweep(&run), 0);
}

fn pid_of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap())
}
