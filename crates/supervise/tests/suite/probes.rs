//! Probes against real servers.

use std::fs;

use seaworthy_model::quantity::Duration;
use seaworthy_model::{Probe, ProbeAction};
use seaworthy_supervise::exit::Exit;
use seaworthy_supervise::machine::{Phase, Restart};
use seaworthy_supervise::sighting::Sighting;
use seaworthy_supervise::spec::Command;

use crate::field::{Field, block_on, free_port, probe, server};

#[test]
fn tcp_and_http_probes_find_the_server_and_say_where() {
    block_on(async {
        let field = Field::new();
        let ports = [free_port(), free_port()];
        let mut tcp = field.define("tcp", &server(ports[0]));
        tcp.port = Some(ports[0]);
        tcp.readiness = probe(ProbeAction::Tcp(0));
        let mut http = field.define("http", &server(ports[1]));
        http.port = Some(ports[1]);
        http.readiness = probe(ProbeAction::Http("/health".to_owned()));
        field.start(vec![tcp, http]);
        for (name, port) in [("tcp", ports[0]), ("http", ports[1])] {
            let status = field.until_phase(name, Phase::Ready).await;
            assert_eq!(status.address.unwrap().to_string(), format!("127.0.0.1:{port}"));
            assert!(status.ready_after.is_some());
        }
        field.end().await;
    });
}

#[test]
fn an_answer_of_500_is_not_ready_and_is_said() {
    block_on(async {
        let field = Field::new();
        let port = free_port();
        let script = server(port).replace(
            "send_response(200)",
            "send_response(200 if __import__(\"os\").path.exists(\"well\") else 500)",
        );
        let mut api = field.define("api", &script);
        api.port = Some(port);
        api.readiness = probe(ProbeAction::Http("/health".to_owned()));
        field.start(vec![api]);
        let status = field
            .until("api", |status| status.detail == "GET /health answers 500 Internal Server Error")
            .await;
        assert_eq!(status.phase, Phase::Starting);
        fs::write(field.path("well"), "").unwrap();
        field.until_phase("api", Phase::Ready).await;
        field.end().await;
    });
}

fn quick(action: ProbeAction) -> Option<Probe> {
    let mut probe = Probe::new(action);
    probe.period = Some(Duration::from_millis(50));
    probe.failure_threshold = Some(2);
    Some(probe)
}

#[test]
fn exec_probes_run_in_the_folder_and_environment_and_readiness_comes_and_goes() {
    block_on(async {
        let field = Field::new();
        let mut api = field.define("api", "sleep 60");
        api.spec.env.insert("WORD".to_owned(), "well".to_owned());
        api.readiness = quick(ProbeAction::Exec("test -e $WORD".to_owned()));
        field.start(vec![api]);
        field.until("api", |status| status.detail.contains("ended with exit status: 1")).await;
        fs::write(field.path("well"), "").unwrap();
        field.until_phase("api", Phase::Ready).await;
        fs::remove_file(field.path("well")).unwrap();
        field.until_phase("api", Phase::Unready).await;
        fs::write(field.path("well"), "").unwrap();
        field.until_phase("api", Phase::Ready).await;
        assert_eq!(field.status("api").restarts, 0);
        field.end().await;
    });
}

#[test]
fn a_failing_liveness_probe_restarts_the_process() {
    block_on(async {
        let field = Field::new();
        let mut api = field.define("api", "touch alive; sleep 60");
        api.readiness = quick(ProbeAction::Exec("test -e alive".to_owned()));
        api.liveness = quick(ProbeAction::Exec("test -e alive".to_owned()));
        field.start(vec![api]);
        let first = field.until_phase("api", Phase::Ready).await.pid;
        fs::remove_file(field.path("alive")).unwrap();
        let status = field.until("api", |status| status.phase == Phase::Ready && status.pid != first).await;
        assert_eq!(status.restarts, 1);
        field.end().await;
    });
}

#[test]
fn the_other_probes_wait_for_the_startup_probe() {
    block_on(async {
        let field = Field::new();
        let mut api = field.define("api", "sleep 60");
        api.startup = quick(ProbeAction::Exec("test -e started".to_owned()));
        api.readiness = quick(ProbeAction::Exec("touch looked".to_owned()));
        field.start(vec![api]);
        field.until("api", |status| status.detail.contains("exit status")).await;
        assert!(!field.path("looked").exists());
        fs::write(field.path("started"), "").unwrap();
        field.until_phase("api", Phase::Ready).await;
        assert!(field.path("looked").exists());
        field.end().await;
    });
}

#[test]
fn a_process_that_listens_on_another_port_is_found_there() {
    block_on(async {
        let field = Field::new();
        let (expected, real) = (free_port(), free_port());
        let mut notices = field.supervisor.board().notices();
        let mut api = field.define("api", &server(real));
        api.port = Some(expected);
        api.readiness = probe(ProbeAction::Tcp(0));
        field.start(vec![api]);
        let status = field.until_phase("api", Phase::Ready).await;
        assert_eq!((status.port, status.address.unwrap().port()), (Some(real), real));
        let said = format!("listens on port {real} instead of {expected}; requests go there");
        assert!(std::iter::from_fn(|| notices.try_recv().ok()).any(|notice| notice.text == said));
        field.end().await;
    });
}

#[test]
fn a_pattern_that_cannot_be_read_is_said() {
    block_on(async {
        let field = Field::new();
        let mut api = field.define("api", "sleep 60");
        api.readiness = probe(ProbeAction::Log("(".to_owned()));
        field.start(vec![api]);
        field.until("api", |status| status.detail.starts_with("the log pattern `(` is wrong")).await;
        field.end().await;
    });
}

#[test]
fn every_look_is_told_to_who_judges() {
    block_on(async {
        let field = Field::new();
        let mut sightings = field.supervisor.board().sightings();
        let port = free_port();
        // Answers 500 until the third request.
        let script = server(port).replace(
            "s.send_response(200)",
            "global n; n = globals().get(\"n\", 0) + 1; s.send_response(500 if n < 3 else 204)",
        );
        let mut api = field.define("api", &script);
        api.port = Some(port);
        api.readiness = quick(ProbeAction::Http("/".to_owned()));
        api.readiness.as_mut().unwrap().success_threshold = Some(3);
        field.start(vec![api]);
        field.until_phase("api", Phase::Ready).await;
        let mut seen = Vec::new();
        while let Ok(sighted) = sightings.try_recv() {
            assert_eq!(sighted.name, "api");
            seen.push(sighted.what);
        }
        let nothing_listens = Sighting::NoAnswer(format!("nothing listens on port {port}"));
        let expected = [
            Sighting::Alive,
            nothing_listens,
            Sighting::PortOpen,
            Sighting::Answered(500),
            Sighting::Answered(500),
            Sighting::Answered(204),
            Sighting::Answered(204),
            Sighting::Answered(204),
        ];
        assert_eq!(seen, expected);
        // And goes on after that.
        let next = sightings.recv().await.unwrap();
        assert_eq!(next.what, Sighting::Answered(204));
        field.end().await;
    });
}

#[test]
fn ends_are_told_by_what_follows_and_those_that_were_asked_for_are_not() {
    block_on(async {
        let field = Field::new();
        let mut sightings = field.supervisor.board().sightings();
        let mut job = field.define("job", "exit 3");
        job.restart = Restart::Never;
        let mut nothing = field.define("nothing", "/no/such/program");
        nothing.spec.command = Command::Program(vec!["/no/such/program".to_owned()]);
        let mut api = field.define("api", "echo up; exec sleep 600");
        api.readiness = probe(ProbeAction::Log("up".to_owned()));
        field.start(vec![job, nothing, api]);
        field.until_phase("job", Phase::Failed).await;
        field.until_phase("nothing", Phase::Failed).await;
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        let mut seen = std::collections::BTreeMap::<String, Vec<Sighting>>::new();
        while let Ok(sighted) = sightings.try_recv() {
            seen.entry(sighted.name).or_default().push(sighted.what);
        }
        assert_eq!(seen["job"], [Sighting::Alive, Sighting::Ended(Exit::Code(3))]);
        assert!(matches!(&seen["nothing"][..], [Sighting::NotStarted(why)] if why.contains("no program")));
        seen.get_mut("api").unwrap().retain(|what| !matches!(what, Sighting::NoAnswer(_)));
        // A log is looked at whenever it grows.
        seen.get_mut("api").unwrap().dedup();
        assert_eq!(seen["api"], [Sighting::Alive, Sighting::Passed]);
        field.end().await;
    });
}
