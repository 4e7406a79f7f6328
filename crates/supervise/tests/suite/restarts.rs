//! Processes that end by themselves, and processes that are stopped.

use std::time::Duration;

use seaworthy_model::ProbeAction;
use seaworthy_supervise::exit::Exit;
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::protocol::{Order, Report};

use crate::field::{Field, block_on, probe};

#[test]
fn a_crash_loop_shows_the_first_error() {
    block_on(async {
        let field = Field::new();
        let script = "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; echo starting; \
                      if [ $n = 0 ]; then echo 'Error: the first cause' >&2; fi; echo 'Error: port in use' >&2; exit 3";
        field.start(vec![field.define("api", script)]);
        let status = field.until_phase("api", Phase::CrashLoop).await;
        assert_eq!(status.cause.as_deref(), Some("Error: the first cause"));
        assert_eq!(status.last_exit, Some(Exit::Code(3)));
        assert_eq!(status.restarts, 4);
        field
            .until("api", |status| status.detail.contains("exited with code 3: Error: the first cause"))
            .await;
        field.end().await;
    });
}

#[test]
fn what_failed_before_is_not_ready_for_an_instant_at_every_try() {
    block_on(async {
        let field = Field::new();
        let mut notices = field.supervisor.board().notices();
        let script =
            "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; [ $n -lt 3 ] && exit 3; exec sleep 60";
        field.start(vec![field.define("api", script)]);
        let status = field.until("api", |status| status.phase == Phase::Ready && status.restarts == 3).await;
        assert_eq!(status.detail, "");
        field.end().await;
        let mut ready = 0;
        while let Ok(notice) = notices.try_recv() {
            ready += usize::from(notice.phase == Phase::Ready);
        }
        // The first time, when nothing is known of it yet, and the last.
        assert_eq!(ready, 2);
    });
}

#[test]
fn a_process_that_ignores_sigterm_is_killed_after_its_grace_period() {
    block_on(async {
        let field = Field::new();
        let mut api = field.define("api", "trap '' TERM; echo up; while :; do sleep 0.05; done");
        api.spec.stop.grace = Duration::from_millis(200);
        api.readiness = probe(ProbeAction::Log("up".to_owned()));
        field.start(vec![api]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.stop("api").unwrap();
        let status = field.until_phase("api", Phase::Stopped).await;
        assert_eq!(status.last_exit, Some(Exit::Signal(9)));
        field.end().await;
    });
}

#[test]
fn an_order_that_follows_the_start_at_once_is_not_lost() {
    block_on(async {
        let field = Field::new();
        field.start(vec![field.define("api", "exec sleep 60")]);
        // Both orders reach the shim before it runs.
        field.supervisor.restart("api").unwrap();
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        for _ in 0..5 {
            field.supervisor.restart("api").unwrap();
            field.supervisor.restart("api").unwrap();
            field.until_phase("api", Phase::Ready).await;
        }
        field.end().await;
    });
}

#[test]
fn the_signal_that_was_asked_for_is_sent_to_the_whole_group() {
    block_on(async {
        let field = Field::new();
        // A shell starts background commands with SIGINT ignored, which cannot be undone; Python does not.
        let script = r#"exec python3 -c '
import signal, subprocess
signal.signal(signal.SIGINT, lambda *_: None)
child = subprocess.Popen(["sh", "-c", "trap \"echo child got it; exit\" INT; echo child up; while :; do sleep 0.01; done"])
child.wait()
print("parent got it", flush=True)'"#;
        let mut api = field.define("api", script);
        api.spec.stop.signal = 2;
        api.readiness = probe(ProbeAction::Log("child up".to_owned()));
        field.start(vec![api]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.stop("api").unwrap();
        let status = field.until_phase("api", Phase::Stopped).await;
        assert_eq!(status.last_exit, Some(Exit::Code(0)));
        let log = field.log("api");
        assert!(
            log.contains(&"stdout child got it".to_owned())
                && log.contains(&"stdout parent got it".to_owned()),
            "{log:?}"
        );
        field.end().await;
    });
}

#[test]
fn a_restart_starts_a_new_process_after_the_old_one_is_gone() {
    block_on(async {
        let field = Field::new();
        // The lock is taken by the second only when the first is gone.
        let mut api = field.define("api", "exec flock -n lock sh -c 'echo up; exec sleep 60'");
        api.readiness = probe(ProbeAction::Log("up".to_owned()));
        field.start(vec![api]);
        let mut pid = field.until_phase("api", Phase::Ready).await.pid;
        for _ in 0..5 {
            field.supervisor.restart("api").unwrap();
            let status = field.until("api", |status| status.phase == Phase::Ready && status.pid != pid).await;
            pid = status.pid;
        }
        assert_eq!(field.status("api").restarts, 0, "asked-for restarts are not failures");
        field.end().await;
    });
}

#[test]
fn a_stopped_process_stays_stopped_and_can_be_started_again() {
    block_on(async {
        let field = Field::new();
        field.start(vec![field.define("api", "sleep 60")]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        field.supervisor.start("api").unwrap();
        field.until_phase("api", Phase::Ready).await;
        assert!(field.supervisor.start("nobody").is_err());
        field.end().await;
    });
}

#[test]
fn an_order_to_stop_right_after_the_one_to_start_is_not_lost() {
    block_on(async {
        let field = Field::new();
        for _ in 0..20 {
            let spec = field.spec("api", "sleep 600");
            let mut instance = field.supervisor.launcher().launch(spec).unwrap();
            instance.order(&Order::Stop);
            let ended = async {
                loop {
                    if let Report::Exited { exit, .. } = instance.report().await {
                        return exit;
                    }
                }
            };
            let exit = tokio::time::timeout(crate::field::LONG, ended).await.unwrap();
            assert_eq!(exit, Exit::Signal(15));
        }
        field.end().await;
    });
}

#[test]
fn killing_does_not_wait_for_the_grace_period() {
    block_on(async {
        let field = Field::new();
        let mut api = field.define("api", "trap '' TERM; echo up; while :; do sleep 0.05; done");
        api.spec.stop.grace = Duration::from_hours(1);
        api.readiness = probe(ProbeAction::Log("up".to_owned()));
        field.start(vec![api]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.kill_all();
        field.end().await;
    });
}
