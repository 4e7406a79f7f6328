//! Limits through control groups, where this machine lets us; said where not.

use seaworthy_model::ProbeAction;
use seaworthy_supervise::exit::Exit;
use seaworthy_supervise::machine::{Phase, Restart};
use seaworthy_supervise::spec::{Limits, User};

use crate::field::{Field, block_on, probe};

#[test]
fn a_process_over_its_memory_is_killed_and_said_or_the_missing_limit_is() {
    block_on(async {
        let field = Field::new();
        let script =
            "exec python3 -c 'import time; x = b\"x\" * (200 << 20); print(len(x)); time.sleep(0.2)'";
        let mut job = field.define("job", script);
        job.restart = Restart::Never;
        job.spec.limits = Limits { memory: Some(32 << 20), cpu: Some(0.5), ..Limits::default() };
        field.start(vec![job]);
        let status = field
            .until("job", |status| {
                status.unlimited.is_some() || !status.phase.is_running() && status.last_exit.is_some()
            })
            .await;
        if let Some(reason) = status.unlimited {
            assert!(reason.contains("control group") || reason.contains("may not limit"), "{reason}");
            field.until_phase("job", Phase::Completed).await;
        } else {
            assert_eq!(status.last_exit, Some(Exit::OutOfMemory));
            field.until_phase("job", Phase::Failed).await;
        }
        field.end().await;
    });
}

/// What a process with these limits says of its own, what is said of those that do not hold, and whether its shim kept its
/// own.
async fn inherited(limits: Limits, user: Option<User>) -> (Vec<String>, Option<String>) {
    let field = Field::new();
    let script = "ulimit -Sn; cat /proc/self/oom_score_adj; echo up; exec sleep 60";
    let mut job = field.define("job", script);
    job.spec.limits = limits;
    job.spec.user = user;
    job.spec.dir = "/".into();
    job.readiness = probe(ProbeAction::Log("up".to_owned()));
    field.start(vec![job]);
    let status = field.until_phase("job", Phase::Ready).await;
    let read = |pid: &str| std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap();
    assert_eq!(read(&status.shim.unwrap().to_string()), read("self"));
    let lines =
        field.log("job").iter().filter_map(|line| Some(line.strip_prefix("stdout ")?.to_owned())).collect();
    field.end().await;
    (lines, status.unlimited)
}

#[test]
fn open_files_and_the_kernels_choice_are_set_for_the_process_alone() {
    block_on(async {
        let limits = Limits { open_files: Some(100), oom_score: Some(500), ..Limits::default() };
        assert_eq!(inherited(limits, None).await, (vec!["100".into(), "500".into(), "up".into()], None));
        if nix::unistd::geteuid().is_root() {
            let nobody = Some(User { uid: 65534, gid: 65534 });
            assert_eq!(
                inherited(limits, nobody).await,
                (vec!["100".into(), "500".into(), "up".into()], None)
            );
        }
    });
}

#[test]
fn limits_that_this_account_may_not_set_do_not_stop_anything_and_are_said() {
    block_on(async {
        let (_, hard) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap();
        let limits = Limits { open_files: Some(hard + 1), oom_score: Some(-1000), ..Limits::default() };
        let (lines, unlimited) = inherited(limits, None).await;
        let wanted = [(hard + 1).to_string(), "-1000".to_owned()];
        match unlimited {
            // All of it was allowed.
            None => assert_eq!(lines[..2], wanted),
            Some(reason) => {
                let is_kept = |line: &str, wanted: &str| line == wanted;
                assert!(reason.contains("open files") || is_kept(&lines[0], &wanted[0]), "{reason}");
                assert!(reason.contains("oom_score") || is_kept(&lines[1], &wanted[1]), "{reason}");
                if reason.contains("open files") {
                    // As many as there may be.
                    assert_eq!(lines[0], hard.to_string());
                }
            }
        }
    });
}
