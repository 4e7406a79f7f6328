//! Processes that cannot be: each ends in a clear message.

use std::fs;

use seaworthy_supervise::machine::Phase;

use crate::field::{Field, block_on};

async fn fails(field: &Field, name: &str, message: &str) {
    let status = field.until_phase(name, Phase::Failed).await;
    field.until(name, |status| status.detail.contains(message)).await;
    assert_eq!(status.pid, None);
}

#[test]
fn what_cannot_be_started_says_why() {
    block_on(async {
        let field = Field::new();
        fs::write(field.path("script"), "#!/bin/sh\n").unwrap();
        let mut lost = field.define("lost", "sleep 60");
        lost.spec.dir = field.path("nowhere");
        field.start(vec![
            field.define("unknown", "no-such-program --flag"),
            field.define("closed", "./script"),
            lost,
        ]);
        fails(&field, "unknown", "there is no program `no-such-program` on its PATH").await;
        fails(&field, "closed", "try `chmod +x ./script`").await;
        fails(&field, "lost", "nowhere is not there").await;
        field.end().await;
    });
}

#[test]
fn a_shell_script_that_ends_at_once_is_a_crash_loop() {
    block_on(async {
        let field = Field::new();
        field.start(vec![field.define("api", "exit 0")]);
        let status = field.until_phase("api", Phase::CrashLoop).await;
        assert_eq!(status.cause, None);
        field.end().await;
    });
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    block_on(async {
        let field = Field::new();
        fs::write(field.path("logs"), "a file where the folder should be").unwrap();
        field.start(vec![field.define("api", "while :; do echo line; sleep 0.01; done")]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        field.end().await;
    });
}

#[test]
fn a_deleted_working_folder_stops_nothing_that_runs() {
    block_on(async {
        let field = Field::new();
        let home = field.path("home");
        fs::create_dir(&home).unwrap();
        let mut api = field.define("api", "while :; do sleep 0.01; done");
        api.spec.dir.clone_from(&home);
        field.start(vec![api]);
        field.until_phase("api", Phase::Ready).await;
        fs::remove_dir(&home).unwrap();
        field.supervisor.restart("api").unwrap();
        fails(&field, "api", "home is not there").await;
        field.end().await;
    });
}
