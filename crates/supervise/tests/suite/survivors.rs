//! Instances that outlive their control process, and the next one that takes them over.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use seaworthy_model::ProbeAction;
use seaworthy_supervise::exit::Exit;
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::process::Definition;
use seaworthy_supervise::protocol::Report;
use seaworthy_supervise::sighting::Sighting;
use seaworthy_supervise::spec::OnControlLoss;
use seaworthy_supervise::supervisor::GraphError;
use seaworthy_supervise::survivor::{Found, Refusal, Survivor, find};

use crate::field::{Field, block_on, free_port, lines, probe, server, survivors, until};

/// A control process that can be killed: this test binary once more, running the ignored test `control`.
struct Control {
    child: Child,
    folder: PathBuf,
    run: String,
}

impl Control {
    /// Starts it with one process, `api`, that is `script` in `folder`.
    fn start(folder: &Path, script: &str, port: Option<u16>) -> Self {
        Self::start_by(Command::new(std::env::current_exe().unwrap()), folder, script, port)
    }

    fn start_by(mut command: Command, folder: &Path, script: &str, port: Option<u16>) -> Self {
        let run = format!("survivors-{}-{}", std::process::id(), folder.file_name().unwrap().display());
        let child = command
            .args(["--ignored", "--exact", "survivors::control", "--nocapture"])
            .env("CONTROL_FOLDER", folder)
            .env("CONTROL_RUN", &run)
            .env("CONTROL_SCRIPT", script)
            .env("CONTROL_PORT", port.map(|port| port.to_string()).unwrap_or_default())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, folder: folder.to_owned(), run }
    }

    /// The process id of `api`, once it is ready.
    async fn ready(&self) -> i32 {
        let file = self.folder.join("ready");
        until("api is ready", || file.exists()).await;
        fs::read_to_string(file).unwrap().parse().unwrap()
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test: what the tests below kill.
#[test]
#[ignore = "run by the other tests of this file as a process of its own"]
fn control() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let Ok(run) = std::env::var("CONTROL_RUN") else { return };
    block_on(async {
        let folder = PathBuf::from(variable("CONTROL_FOLDER"));
        let mut field = Field::new();
        field.run = run;
        let definition =
            lingering(&field, &folder, &variable("CONTROL_SCRIPT"), variable("CONTROL_PORT").parse().ok());
        field.start(vec![definition]);
        let status = field.until_phase("api", Phase::Ready).await;
        fs::write(folder.join("pid"), status.pid.unwrap().to_string()).unwrap();
        fs::rename(folder.join("pid"), folder.join("ready")).unwrap();
        if folder.join("detach").exists() {
            field.supervisor.detach().await;
            fs::write(folder.join("detached"), "").unwrap();
        }
        std::future::pending::<()>().await;
    });
}

/// What a test that failed leaves behind is gone after `at_most`.
fn linger(folder: &Path, at_most: Duration) -> OnControlLoss {
    OnControlLoss::Linger { folder: folder.join("run"), at_most: Some(at_most) }
}

/// `api` as all control processes of a test define it.
fn lingering(field: &Field, folder: &Path, script: &str, port: Option<u16>) -> Definition {
    let mut api = field.define("api", script);
    folder.clone_into(&mut api.spec.dir);
    api.spec.log.path = folder.join("api.log");
    api.spec.on_control_loss = linger(folder, Duration::from_mins(1));
    api.port = port;
    api.readiness = Some(match port {
        Some(_) => probe(ProbeAction::Http("/".to_owned())).unwrap(),
        None => probe(ProbeAction::Log("up".to_owned())).unwrap(),
    });
    api
}

/// A field whose processes belong to the run of a control process.
fn next(control: &Control) -> Field {
    let mut field = Field::new();
    field.run.clone_from(&control.run);
    field
}

fn found(folder: &Path) -> Found {
    find(&folder.join("run")).unwrap()
}

/// The one survivor that must be there.
fn survivor(folder: &Path) -> Survivor {
    let mut found = found(folder);
    assert_eq!((found.survivors.len(), found.refused.len()), (1, 0), "{:?}", found.refused);
    found.survivors.remove(0)
}

fn sockets(folder: &Path) -> usize {
    fs::read_dir(folder.join("run")).unwrap().count()
}

/// It runs. One that ended may be there until its parent, which is not this process, looks.
fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// What the app wrote, without our notes.
fn written(folder: &Path) -> Vec<String> {
    let lines = lines(&folder.join("api.log"));
    lines.into_iter().filter_map(|line| line.strip_prefix("stdout ").map(str::to_owned)).collect()
}

/// Counts aloud for ever, many lines a second.
const COUNT: &str = "echo up; n=0; while :; do echo $n; n=$((n+1)); sleep 0.002; done";

#[test]
fn a_killed_control_process_stops_nothing_and_no_line_is_lost_or_doubled() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut control = Control::start(folder.path(), COUNT, None);
        let pid = control.ready().await;
        control.kill();
        let before = written(folder.path()).len();
        until("it counts on", || written(folder.path()).len() > before + 50).await;

        let field = next(&control);
        let survivor = survivor(folder.path());
        assert_eq!((survivor.name(), survivor.run(), survivor.pid()), ("api", control.run.as_str(), pid));
        assert!(survivor.memory().was_ready && survivor.exit().is_none() && !survivor.is_stopping());
        assert!(survivor.started() < jiff::Timestamp::now());
        let mut sightings = field.supervisor.board().sightings();
        let definition = lingering(&field, folder.path(), COUNT, None);
        assert_eq!(*survivor.spec(), definition.spec);
        field.supervisor.adopt(vec![definition], vec![survivor]).unwrap();
        field.supervisor.start_all();
        let status = field.until_phase("api", Phase::Ready).await;
        assert_eq!((status.pid, status.restarts, status.ready_after), (Some(pid), 0, None));
        assert_eq!(sightings.try_recv().unwrap().what, Sighting::Alive);

        let before = written(folder.path()).len();
        until("it counts on", || written(folder.path()).len() > before + 50).await;
        field.supervisor.stop("api").unwrap();
        let status = field.until_phase("api", Phase::Stopped).await;
        assert_eq!(status.last_exit, Some(Exit::Signal(15)));
        let counted: Vec<String> = written(folder.path()).into_iter().skip(1).collect();
        let expected: Vec<String> = (0..counted.len()).map(|number| number.to_string()).collect();
        assert_eq!(counted, expected);
        until("the shim is gone", || sockets(folder.path()) == 0).await;
        field.end().await;
    });
}

#[test]
fn an_adopted_server_answers_all_the_time_and_is_restarted_after_a_crash() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut control = Control::start(folder.path(), &server(port), Some(port));
        let pid = control.ready().await;
        control.kill();
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());

        let field = next(&control);
        let mut sightings = field.supervisor.board().sightings();
        let definition = lingering(&field, folder.path(), &server(port), Some(port));
        field.supervisor.adopt(vec![definition], vec![survivor(folder.path())]).unwrap();
        let status = field.until_phase("api", Phase::Ready).await;
        assert_eq!((status.pid, status.port), (Some(pid), Some(port)));
        let seen: Vec<Sighting> =
            std::iter::from_fn(|| sightings.try_recv().ok()).map(|seen| seen.what).collect();
        assert_eq!(seen, [Sighting::Alive, Sighting::PortOpen, Sighting::Answered(200)]);

        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        let status =
            field.until("api", |status| status.phase == Phase::Ready && status.pid != Some(pid)).await;
        assert_eq!((status.restarts, status.last_exit), (1, Some(Exit::Signal(9))));
        assert_eq!(sightings.try_recv().unwrap().what, Sighting::Restarted(Exit::Signal(9)));
        until("one shim is left", || sockets(folder.path()) == 1).await;

        // The count goes on with the next control process.
        field.supervisor.detach().await;
        let again = survivor(folder.path());
        assert_eq!((again.memory().restarts, again.memory().port), (1, Some(port)));
        let last = next(&control);
        let definition = lingering(&last, folder.path(), &server(port), Some(port));
        last.supervisor.adopt(vec![definition], vec![again]).unwrap();
        let adopted = last.until_phase("api", Phase::Ready).await;
        assert_eq!((adopted.pid, adopted.restarts), (status.pid, 1));
        last.end().await;
    });
}

#[test]
fn how_it_ended_while_nobody_looked_is_told_to_the_next_one() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "echo up; while [ ! -e end ]; do sleep 0.01; done; echo 'Error: it was the end' >&2; exit 7";
        let mut control = Control::start(folder.path(), script, None);
        control.ready().await;
        control.kill();
        fs::write(folder.path().join("end"), "").unwrap();
        until("its end is in the log", || {
            lines(&folder.path().join("api.log")).iter().any(|line| line == "sea exited with code 7")
        })
        .await;
        // To look and to leave changes nothing.
        for _ in 0..3 {
            assert_eq!(survivor(folder.path()).exit(), Some(Exit::Code(7)));
        }
        fs::remove_file(folder.path().join("end")).unwrap();
        let field = next(&control);
        let mut sightings = field.supervisor.board().sightings();
        let definition = lingering(&field, folder.path(), script, None);
        field.supervisor.adopt(vec![definition], vec![survivor(folder.path())]).unwrap();
        let status = field.until_phase("api", Phase::Ready).await;
        assert_eq!((status.restarts, status.last_exit), (1, Some(Exit::Code(7))));
        assert_eq!(sightings.try_recv().unwrap().what, Sighting::Restarted(Exit::Code(7)));
        assert_eq!(status.cause.as_deref(), Some("Error: it was the end"));
        field.end().await;
        until("no shim is left", || sockets(folder.path()) == 0).await;
    });
}

#[test]
fn an_end_that_was_told_and_not_read_is_told_again_and_one_that_was_read_is_not() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let field = Field::new();
        for is_read in [false, true] {
            let spec = lingering(&field, folder.path(), "echo up; exec sleep 600", None).spec;
            let mut instance = field.supervisor.launcher().launch(spec).unwrap();
            let pid = loop {
                if let Report::Started { pid, .. } = instance.report().await {
                    break pid;
                }
            };
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
            let ends = || {
                lines(&folder.path().join("api.log")).iter().filter(|line| line.contains("SIGKILL")).count()
            };
            until("its end is in the log", || ends() == 1 + usize::from(is_read)).await;
            if is_read {
                while !matches!(instance.report().await, Report::Exited { .. }) {}
                until("the shim is gone", || sockets(folder.path()) == 0).await;
            } else {
                drop(instance);
                let survivor = survivor(folder.path());
                assert_eq!((survivor.pid(), survivor.exit()), (pid, Some(Exit::Signal(9))));
                let mut instance = field.supervisor.launcher().adopt(survivor).unwrap();
                let report = instance.report().await;
                assert!(matches!(report, Report::Exited { exit: Exit::Signal(9), .. }), "{report:?}");
            }
        }
        field.end().await;
    });
}

#[test]
fn secrets_stay_out_of_log_and_folder_while_nobody_is_there_and_files_are_rotated() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let field = Field::new();
        // The second half comes when the first is in the log: a file is rotated between two writings.
        let script = "echo up; n=0; for go in one two; do while [ ! -e $go ]; do sleep 0.01; done; \
                      m=$((n+150)); while [ $n -lt $m ]; do echo $n $TOKEN; n=$((n+1)); done; done; exec sleep 600";
        let mut definition = lingering(&field, folder.path(), script, None);
        definition.spec.env.insert("TOKEN".to_owned(), "s3cr3t-value".to_owned());
        definition.spec.secrets = vec!["s3cr3t-value".to_owned()];
        definition.spec.log.max_size = 4 << 10;
        definition.spec.log.keep = 15;
        field.start(vec![definition]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.detach().await;
        for (go, count) in [("one", 150), ("two", 300)] {
            fs::write(folder.path().join(go), "").unwrap();
            until("it is in the log", || written(folder.path()).len() == 1 + count).await;
        }
        assert!(folder.path().join("api.log.1").exists());
        let expected: Vec<String> = (0..300).map(|number| format!("{number} ***")).collect();
        assert_eq!(written(folder.path())[1..], expected);
        for entry in fs::read_dir(folder.path().join("run")).unwrap() {
            let kind = entry.unwrap().file_type().unwrap();
            assert!(std::os::unix::fs::FileTypeExt::is_socket(&kind), "sockets alone: {kind:?}");
        }
        let survivor = survivor(folder.path());
        assert_eq!(survivor.spec().secrets, ["s3cr3t-value"]);
        assert!(!format!("{survivor:?}").contains("s3cr3t"));
        let definition = lingering(&field, folder.path(), script, None);
        field.supervisor.adopt(vec![definition], vec![survivor]).unwrap();
        field.end().await;
    });
}

#[test]
fn what_was_being_stopped_is_not_started_again() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let script = "trap 'while [ ! -e end ]; do sleep 0.01; done; exit 0' TERM; echo up; while :; do sleep 0.01; done";
        let field = Field::new();
        let mut definition = lingering(&field, folder.path(), script, None);
        definition.spec.stop.grace = Duration::from_mins(1);
        field.supervisor.add(vec![definition.clone()]).unwrap();
        field.supervisor.start_all();
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopping).await;
        field.supervisor.detach().await;
        let survivor = survivor(folder.path());
        assert!(survivor.is_stopping());
        field.supervisor.adopt(vec![definition], vec![survivor]).unwrap();
        fs::write(folder.path().join("end"), "").unwrap();
        let status = field.until_phase("api", Phase::Stopped).await;
        assert_eq!((status.restarts, status.last_exit), (0, Some(Exit::Code(0))));
        field.end().await;
    });
}

#[test]
fn what_a_killed_shim_left_is_found_and_ended() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let script = "setsid sleep 600 & sleep 600 & echo up; wait";
        let mut control = Control::start(folder.path(), script, None);
        let pid = control.ready().await;
        control.kill();
        let shim = survivor(folder.path()).shim();
        kill(Pid::from_raw(shim.pid), Signal::SIGKILL).unwrap();
        until("the process ended with its shim", || !is_alive(pid) && !shim.is_alive()).await;
        until("two are left", || survivors(&control.run).len() == 2).await;
        // Told as often as it is looked, until it is ended.
        for _ in 0..2 {
            let found = found(folder.path());
            assert_eq!((found.survivors.len(), found.orphans.len(), found.refused.len()), (0, 1, 0));
            assert_eq!(found.orphans[0].marker, format!("{}/api", control.run));
            assert_eq!(found.orphans[0].shim, shim);
        }
        for orphan in found(folder.path()).orphans {
            orphan.end();
        }
        assert_eq!(survivors(&control.run), Vec::<String>::new());
        assert_eq!(sockets(folder.path()), 0);
        assert!(found(folder.path()).orphans.is_empty());
    });
}

#[test]
fn an_adopted_shim_that_is_killed_is_seen_and_what_it_left_is_ended() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let script = "setsid sleep 600 & echo up; wait";
        let mut control = Control::start(folder.path(), script, None);
        let pid = control.ready().await;
        control.kill();
        let field = next(&control);
        let definition = lingering(&field, folder.path(), script, None);
        field.supervisor.adopt(vec![definition], vec![survivor(folder.path())]).unwrap();
        let status = field.until_phase("api", Phase::Ready).await;
        kill(Pid::from_raw(status.shim.unwrap()), Signal::SIGKILL).unwrap();
        let status =
            field.until("api", |status| status.phase == Phase::Ready && status.pid != Some(pid)).await;
        assert_eq!((status.restarts, status.last_exit), (1, Some(Exit::Unknown)));
        until("those of the new one are left", || survivors(&control.run).len() == 2).await;
        field.end().await;
        assert!(found(folder.path()).survivors.is_empty());
        assert_eq!(sockets(folder.path()), 0);
    });
}

#[test]
fn one_of_two_that_want_the_same_wins_and_the_other_is_told() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut control = Control::start(folder.path(), COUNT, None);
        let pid = control.ready().await;
        // It still has its own.
        let attended = found(folder.path());
        assert!(attended.survivors.is_empty());
        let by = i32::try_from(control.child.id()).unwrap();
        assert!(matches!(attended.refused[..], [Refusal::Attended { by: found, .. }] if found == by));
        control.kill();

        let path = folder.path().to_owned();
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || found(&path))
            })
            .collect();
        let mut results: Vec<Found> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
        let own = i32::try_from(std::process::id()).unwrap();
        let refused = results.iter().flat_map(|found| &found.refused);
        for refusal in refused.clone() {
            assert!(matches!(refusal, Refusal::Attended { by, .. } if *by == own), "{refusal}");
            assert!(refusal.to_string().contains("belongs to another control process"));
        }
        assert_eq!(refused.count(), 7);
        let mut winners: Vec<Survivor> =
            results.iter_mut().flat_map(|found| std::mem::take(&mut found.survivors)).collect();
        assert_eq!(winners.len(), 1);

        let field = next(&control);
        let definition = lingering(&field, folder.path(), COUNT, None);
        field.supervisor.adopt(vec![definition], vec![winners.remove(0)]).unwrap();
        assert_eq!(field.until_phase("api", Phase::Ready).await.pid, Some(pid));
        field.end().await;
    });
}

#[test]
fn sockets_of_others_are_refused_and_dead_ones_removed() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run");
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
    // Listens under its own name, as this user or, with root's rights, as another one.
    let script = "import os, socket, sys, time\n\
        started = open('/proc/self/stat').read().rsplit(')', 1)[1].split()[19]\n\
        pid = os.getpid() if sys.argv[1] != 'name' else 1\n\
        s = socket.socket(socket.AF_UNIX)\n\
        s.bind('shim-%d-%s.sock' % (pid, started))\n\
        if sys.argv[1] == 'user': os.setgid(65534); os.setuid(65534)\n\
        s.listen()\n\
        print('up', flush=True)\n\
        c, _ = s.accept()\n\
        if sys.argv[1] == 'future': c.send(b'{\"welcome\":{\"protocol\":99,\"spec\":{\"name\":\"api\"}}}\\n')\n\
        if sys.argv[1] == 'noise': c.send(b'\\xff\\x00hello\\n')\n\
        time.sleep(60)";
    let is_root = nix::unistd::geteuid().is_root();
    for role in ["name", "user", "future", "noise"].into_iter().filter(|role| is_root || *role != "user") {
        let mut child = Command::new("python3")
            .args(["-c", script, role])
            .current_dir(&place)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0; 2]).unwrap();
        let found = found(folder.path());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.survivors.is_empty() && found.orphans.is_empty(), "{role}: {found:?}");
        let [refusal] = &found.refused[..] else { panic!("{role}: {:?}", found.refused) };
        match role {
            "name" | "user" => assert!(matches!(refusal, Refusal::Impostor { .. }), "{role}: {refusal:?}"),
            "future" => assert!(
                matches!(refusal, Refusal::Version { spoken: Some(99), name: Some(name), .. } if name == "api"),
                "{refusal:?}"
            ),
            _ => assert!(matches!(refusal, Refusal::Silent { .. }), "{role}: {refusal:?}"),
        }
        assert!(self::found(folder.path()).refused.is_empty(), "{role}");
        assert_eq!(sockets(folder.path()), 0, "{role}");
    }
    fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(find(&place).unwrap_err().to_string().contains("nobody else may write in it"));
}

#[test]
fn a_terminal_that_closes_does_no_harm() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        // `script` gives its command a terminal of its own, and both end when it is killed.
        let mut command = Command::new("python3");
        command.args([
            "-c",
            "import os, pty, sys, time\n\
             pid, terminal = pty.fork()\n\
             if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
             while not os.path.exists('hang-up'): time.sleep(0.01)\n\
             os.close(terminal)\n\
             os.waitpid(pid, 0)",
        ]);
        command.arg(std::env::current_exe().unwrap()).current_dir(folder.path());
        let mut control = Control::start_by(command, folder.path(), COUNT, None);
        let pid = control.ready().await;
        fs::write(folder.path().join("hang-up"), "").unwrap();
        // The hang-up ends the control process.
        assert!(control.child.wait().unwrap().success());
        let before = written(folder.path()).len();
        until("it counts on", || written(folder.path()).len() > before + 20).await;
        let survivor = survivor(folder.path());
        assert_eq!(survivor.pid(), pid);
        let hung_up = survivor.shim();
        drop(survivor);
        kill(Pid::from_raw(hung_up.pid), Signal::SIGHUP).unwrap();
        let before = written(folder.path()).len();
        until("it counts on", || written(folder.path()).len() > before + 20).await;

        // Who wants it gone says so.
        kill(Pid::from_raw(hung_up.pid), Signal::SIGTERM).unwrap();
        until("all is gone", || !is_alive(pid) && sockets(folder.path()) == 0).await;
        assert_eq!(lines(&folder.path().join("api.log")).last().unwrap(), "sea was ended by SIGTERM");
    });
}

#[test]
fn a_wait_that_is_bounded_ends_with_the_process_stopped() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let field = Field::new();
        let mut definition = lingering(
            &field,
            folder.path(),
            "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.01; done",
            None,
        );
        definition.spec.on_control_loss = linger(folder.path(), Duration::from_millis(200));
        field.start(vec![definition]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.detach().await;
        until("all is gone", || survivors(&field.run).is_empty() && sockets(folder.path()) == 0).await;
        assert_eq!(written(folder.path()), ["up", "bye"]);
    });
}

#[test]
fn how_it_ended_is_not_kept_for_ever() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let field = Field::new();
        let script = "echo up; while [ ! -e end ]; do sleep 0.01; done";
        let mut definition = lingering(&field, folder.path(), script, None);
        definition.spec.on_control_loss = linger(folder.path(), Duration::from_secs(1));
        field.start(vec![definition]);
        field.until_phase("api", Phase::Ready).await;
        let shim = field.status("api").shim.unwrap();
        field.supervisor.detach().await;
        fs::write(folder.path().join("end"), "").unwrap();
        until("all is gone", || !is_alive(shim) && sockets(folder.path()) == 0).await;
        assert_eq!(lines(&folder.path().join("api.log")).last().unwrap(), "sea exited with code 0");
    });
}

#[test]
fn to_detach_leaves_those_that_linger_and_stops_the_others() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("detach"), "").unwrap();
        let mut control = Control::start(folder.path(), COUNT, None);
        let pid = control.ready().await;
        until("it left", || folder.path().join("detached").exists()).await;
        // Nothing holds it although the process still lives.
        let held = survivor(folder.path());
        assert_eq!(held.pid(), pid);
        drop(held);
        control.kill();

        let field = next(&control);
        let other = field.define("other", "echo up; exec sleep 600");
        let definition = lingering(&field, folder.path(), COUNT, None);
        field.supervisor.add(vec![other]).unwrap();
        field.supervisor.start_all();
        let ended = field.until_phase("other", Phase::Ready).await.pid.unwrap();
        field.supervisor.adopt(vec![definition.clone()], vec![survivor(folder.path())]).unwrap();
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.detach().await;
        assert!(is_alive(pid) && !is_alive(ended));

        // A sweep of the run leaves it alone as well.
        assert_eq!(seaworthy_supervise::sweep::sweep(&control.run), 0);
        assert!(is_alive(pid));
        let last = next(&control);
        last.supervisor.adopt(vec![definition], vec![survivor(folder.path())]).unwrap();
        last.end().await;
        assert!(!is_alive(pid));
    });
}

#[test]
fn a_survivor_without_a_place_lingers_on() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut control = Control::start(folder.path(), COUNT, None);
        let pid = control.ready().await;
        control.kill();
        let field = next(&control);
        let unknown = field.supervisor.adopt(Vec::new(), vec![survivor(folder.path())]);
        assert_eq!(unknown, Err(GraphError::Unknown("api".to_owned())));
        let definition = lingering(&field, folder.path(), COUNT, None);
        field.supervisor.add(vec![definition.clone()]).unwrap();
        let known = field.supervisor.adopt(vec![definition.clone()], vec![survivor(folder.path())]);
        assert_eq!(known, Err(GraphError::Known("api".to_owned())));
        field.supervisor.remove("api").await;
        assert!(is_alive(pid));

        // What it shall be from now on does not touch what runs; the next start obeys it.
        let mut changed = definition;
        changed.spec.command =
            seaworthy_supervise::spec::Command::Shell("echo up; exec sleep 600".to_owned());
        let survivor = survivor(folder.path());
        assert_ne!(*survivor.spec(), changed.spec);
        field.supervisor.adopt(vec![changed], vec![survivor]).unwrap();
        assert_eq!(field.until_phase("api", Phase::Ready).await.pid, Some(pid));
        field.supervisor.restart("api").unwrap();
        let status =
            field.until("api", |status| status.phase == Phase::Ready && status.pid != Some(pid)).await;
        let program = format!("/proc/{}/comm", status.pid.unwrap());
        until("it is the new one", || fs::read_to_string(&program).unwrap() == "sleep\n").await;
        field.end().await;
    });
}
