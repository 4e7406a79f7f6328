//! A shim from the nursery outlives the nursery and its control process as one that was loaded does.
//!
//! A program of its own: the nursery is forked before there are threads, and test harnesses have some.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use seaworthy_model::{Probe, ProbeAction};
use seaworthy_supervise::board::Board;
use seaworthy_supervise::instance::Launcher;
use seaworthy_supervise::log::writer::LogFile;
use seaworthy_supervise::machine::{Backoff, Phase, Restart};
use seaworthy_supervise::nursery::Nursery;
use seaworthy_supervise::process::Definition;
use seaworthy_supervise::reaper::Reaper;
use seaworthy_supervise::spec::{Command, Limits, OnControlLoss, Spec, Stop};
use seaworthy_supervise::supervisor::Supervisor;
use seaworthy_supervise::survivor::find;

const NAME: &str = "a_shim_from_the_nursery_outlives_its_control_process";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |argument: &str| arguments.iter().any(|found| found == argument);
    if has("--list") {
        if !has("--ignored") {
            println!("{NAME}: test");
        }
        return;
    }
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    if has("--ignored") || !filters.is_empty() && !filters.iter().any(|filter| NAME.contains(filter.as_str()))
    {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The control process, which is killed.
    if let Ok(folder) = std::env::var("NURSERY_FOLDER") {
        return control(Path::new(&folder));
    }
    let ready = folder.path().join("ready");
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .env("NURSERY_FOLDER", folder.path())
        .spawn()
        .unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !ready.exists() {
        assert!(std::time::Instant::now() < deadline, "the process never became ready");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let pid: i32 = std::fs::read_to_string(ready).unwrap().parse().unwrap();
    runtime().block_on(async {
        let mut found = find(&folder.path().join("run")).unwrap();
        assert_eq!((found.survivors.len(), found.refused.len()), (1, 0), "{:?}", found.refused);
        assert_eq!(found.survivors[0].pid(), pid);
        let shim = found.survivors[0].shim();
        let title = std::fs::read(format!("/proc/{}/cmdline", shim.pid)).unwrap();
        assert!(title.starts_with(b"sea __shim"), "it was forked: {}", String::from_utf8_lossy(&title));
        let (reaper, _) = Reaper::start().unwrap();
        let supervisor = Supervisor::new(Launcher::new(reaper), Board::default());
        supervisor.adopt(vec![definition(folder.path())], vec![found.survivors.remove(0)]).unwrap();
        until_ready(&supervisor).await;
        supervisor.shut_down().await;
        assert!(!Path::new(&format!("/proc/{pid}/exe")).exists());
    });
    println!("test {NAME} ... ok");
}

/// Starts a process, says its number when it is ready, and stays.
fn control(folder: &Path) {
    let nursery = Nursery::start().unwrap();
    runtime().block_on(async {
        let (reaper, _) = Reaper::start().unwrap();
        reaper.adopt(nursery.pid());
        let launcher = Launcher::with_program("/no/such/program", reaper).with_nursery(Some(nursery));
        let supervisor = Supervisor::new(launcher, Board::default());
        supervisor.add(vec![definition(folder)]).unwrap();
        supervisor.start_all();
        let pid = until_ready(&supervisor).await;
        std::fs::write(folder.join("pid"), pid.to_string()).unwrap();
        std::fs::rename(folder.join("pid"), folder.join("ready")).unwrap();
        std::future::pending::<()>().await;
    });
}

/// The process id, once it is ready.
async fn until_ready(supervisor: &Supervisor) -> i32 {
    let mut changes = supervisor.board().changes();
    let ready = async {
        loop {
            changes.mark_unchanged();
            let status = supervisor.board().get("api").unwrap();
            if status.phase == Phase::Ready {
                return status.pid.unwrap();
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ready).await.expect("it becomes ready")
}

fn definition(folder: &Path) -> Definition {
    let path = std::env::var("PATH").unwrap();
    let spec = Spec {
        name: "api".to_owned(),
        run: format!("nursery-{}", folder.file_name().unwrap().display()),
        command: Command::Shell("echo up; exec sleep 600".to_owned()),
        dir: folder.to_owned(),
        env: BTreeMap::from([("PATH".to_owned(), path)]),
        user: None,
        limits: Limits::default(),
        stop: Stop::default(),
        log: LogFile::new(folder.join("api.log")),
        secrets: Vec::new(),
        // What this leaves behind when it fails is gone after a while.
        on_control_loss: OnControlLoss::Linger {
            folder: folder.join("run"),
            at_most: Some(Duration::from_mins(1)),
        },
    };
    Definition {
        spec,
        restart: Restart::Always,
        backoff: Backoff::default(),
        port: None,
        startup: None,
        readiness: Some(Probe::new(ProbeAction::Log("up".to_owned()))),
        is_lenient: false,
        liveness: None,
        needs: Vec::new(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
