//! Output: all of it, in order, without secrets, and never more than the machine can take.

use seaworthy_model::ProbeAction;
use seaworthy_supervise::machine::{Phase, Restart};

use crate::field::{Field, block_on, probe, until};

#[test]
fn streams_are_told_apart_and_secrets_never_reach_the_disk() {
    block_on(async {
        let field = Field::new();
        let mut job = field.define("job", "echo out $TOKEN; echo err $TOKEN >&2; printf 'no end'");
        job.spec.env.insert("TOKEN".to_owned(), "s3cr3t-value".to_owned());
        job.spec.secrets = vec!["s3cr3t-value".to_owned()];
        job.restart = Restart::Never;
        field.start(vec![job]);
        field.until_phase("job", Phase::Completed).await;
        let log = field.log("job");
        for line in ["stdout out ***", "stderr err ***", "stdout no end", "sea exited with code 0"] {
            assert!(log.iter().any(|found| found == line), "{line} in {log:?}");
        }
        let raw = std::fs::read_to_string(field.path("logs/job.log")).unwrap();
        assert!(!raw.contains("s3cr3t"));
        field.end().await;
    });
}

#[test]
fn a_prompt_without_a_line_end_is_shown() {
    block_on(async {
        let field = Field::new();
        let mut api = field.define("api", "printf 'Password: '; sleep 60");
        api.readiness = probe(ProbeAction::Log("Password: ".to_owned()));
        field.start(vec![api]);
        field.until_phase("api", Phase::Ready).await;
        field.end().await;
    });
}

#[test]
fn a_long_line_is_read_back_whole() {
    block_on(async {
        let field = Field::new();
        let mut job = field.define("job", "head -c 200000 /dev/zero | tr '\\0' x; echo");
        job.restart = Restart::Never;
        field.start(vec![job]);
        field.until_phase("job", Phase::Completed).await;
        let longest = field.log("job").iter().map(String::len).max().unwrap();
        assert_eq!(longest, "stdout ".len() + 200_000);
        field.end().await;
    });
}

#[test]
fn a_flood_is_slowed_down_said_and_bounded_on_the_disk() {
    block_on(async {
        let field = Field::new();
        let mut api =
            field.define("api", "yes 0123456789012345678901234567890123456789012345678901234567890123456789");
        api.spec.log.max_size = 1 << 20;
        api.spec.log.keep = 2;
        field.start(vec![api]);
        let is_slowed = || {
            let folder = std::fs::read_dir(field.path("logs")).into_iter().flatten().flatten();
            folder
                .filter_map(|file| std::fs::read_to_string(file.path()).ok())
                .any(|text| text.contains("is slowed down"))
        };
        until("it is said", is_slowed).await;
        let size = |name: &str| std::fs::metadata(field.path(name)).map_or(0, |metadata| metadata.len());
        let size: u64 =
            ["logs/api.log", "logs/api.log.1", "logs/api.log.2", "logs/api.log.3"].map(size).iter().sum();
        assert!(size < 4 << 20, "{size}");
        field.supervisor.stop("api").unwrap();
        field.until_phase("api", Phase::Stopped).await;
        field.end().await;
    });
}

#[test]
fn every_line_of_a_burst_is_kept_in_order() {
    block_on(async {
        let field = Field::new();
        let mut job = field.define("job", "seq 1 100000");
        job.restart = Restart::Never;
        field.start(vec![job]);
        field.until_phase("job", Phase::Completed).await;
        let log = field.log("job");
        let numbers: Vec<u32> =
            log.iter().filter_map(|line| line.strip_prefix("stdout ")?.parse().ok()).collect();
        assert_eq!(numbers, (1..=100_000).collect::<Vec<_>>());
        field.end().await;
    });
}
