//! Every signature knows the log that was produced for it, and no other one.
//!
//! `tests/failures/produce` makes the logs by running the tools; `produced.toml` says which command ended how.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use seaworthy_release::failure::{Catalogue, Failure, Ran, analyse};
use seaworthy_release::pipeline::Stage;
use serde::Deserialize;

#[derive(Deserialize)]
struct Produced {
    exit: i32,
}

struct Log {
    /// The signature that has to know it: its name up to a variant.
    signature: String,
    name: String,
    text: Vec<u8>,
    status: i32,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/failures")
}

fn logs() -> Vec<Log> {
    let text = fs::read_to_string(folder().join("produced.toml")).unwrap();
    let produced: BTreeMap<String, Produced> = toml::from_str(&text).unwrap();
    produced
        .into_iter()
        .map(|(name, produced)| {
            let (category, rest) = name.split_once('/').unwrap();
            let stem = rest.split('.').next().unwrap();
            Log {
                signature: format!("{category}/{stem}"),
                text: fs::read(folder().join(format!("{name}.log"))).unwrap(),
                name,
                status: produced.exit,
            }
        })
        .collect()
}

fn of(text: &[u8], status: Option<i32>, good: Option<&[u8]>) -> Failure {
    let ran = Ran { stage: None, status };
    analyse(Catalogue::built_in(), &ran, || Ok(Cursor::new(text)), || good.map(Cursor::new)).unwrap()
}

#[test]
fn every_log_gives_its_signature_as_the_first_cause() {
    let mut wrong = Vec::new();
    for log in logs() {
        let failure = of(&log.text, Some(log.status), None);
        let cause = failure.cause.as_ref();
        let found = cause.map_or("unknown", |cause| cause.signature.as_str());
        if found != log.signature {
            wrong.push(format!("{}: {found} at {:?}", log.name, cause.map(|cause| &cause.line)));
        }
        let Some(cause) = cause else { continue };
        for words in [&cause.title, &cause.recommendation] {
            if words.contains('…') {
                wrong.push(format!("{}: {words}", log.name));
            }
        }
        if !cause.excerpt.contains(&cause.line) {
            wrong.push(format!("{}: the line is not in its excerpt", log.name));
        }
        for other in &failure.others {
            wrong.push(format!("{}: {} beside it at {:?}", log.name, other.signature, other.line));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_signature_has_a_log_and_every_log_a_signature() {
    let signatures: BTreeSet<String> =
        Catalogue::built_in().signatures().map(|signature| signature.id.clone()).collect();
    let logs: BTreeSet<String> = logs().into_iter().map(|log| log.signature).collect();
    assert_eq!(signatures, logs);
    assert!(signatures.len() >= 80, "{}", signatures.len());
}

#[test]
fn no_log_lies_beside_the_list_of_produced_ones() {
    let listed: BTreeSet<String> = logs().into_iter().map(|log| log.name).collect();
    let mut found = BTreeSet::new();
    for category in fs::read_dir(folder()).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(category.path()).unwrap().flatten() {
            let file = file.file_name().into_string().unwrap();
            if let Some(stem) = file.strip_suffix(".log") {
                found.insert(format!("{}/{stem}", category.file_name().to_string_lossy()));
            }
        }
    }
    assert_eq!(found, listed);
}

#[test]
fn words_use_only_groups_that_the_signature_has() {
    for signature in Catalogue::built_in().signatures() {
        let expressions = [signature.patterns.clone(), signature.context.clone()].concat().concat();
        for words in [&signature.title, &signature.recommendation] {
            for name in words.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
            {
                let name = name.split('|').next().unwrap();
                assert!(expressions.contains(&format!("(?P<{name}>")), "{}: {{{name}}}", signature.id);
            }
        }
        assert!(!signature.title.ends_with('.'), "{}: {}", signature.id, signature.title);
    }
}

#[test]
fn the_cause_wins_over_what_follows_from_it() {
    let log = b"> build\n> tsc && vite build\n\nsrc/shop.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.\nnpm error Lifecycle script `build` failed with error:\nnpm error code 2\nnpm error path /home/dev/app\nmake: *** [Makefile:2: app] Error 1\n";
    let cause = of(log, Some(2), None).cause.unwrap();
    assert_eq!((cause.signature.as_str(), cause.line.number), ("typescript/type-error", 4));
    assert_eq!(cause.recommendation, "correct src/shop.ts(1,14)");
}

#[test]
fn a_full_disk_explains_what_failed_before_it_was_said() {
    let log = b"FAILED test_shop.py::test_saves - OSError\nsrc/shop.ts(1,14): error TS2322: wrong\nError: ENOSPC: no space left on device, write\n";
    let failure = of(log, Some(1), None);
    assert_eq!(failure.cause.unwrap().signature, "disk/full");
    assert!(failure.others.is_empty());
}

#[test]
fn causes_that_have_nothing_to_do_with_each_other_are_all_named() {
    let between = "compiling\n".repeat(40);
    let log = format!(
        "src/shop.ts(1,14): error TS2322: wrong\n{between}sh: 1: protoc: not found\n{between}error[E0308]: mismatched types\n --> src/main.rs:2:22\n"
    );
    let failure = of(log.as_bytes(), Some(1), None);
    assert_eq!(failure.cause.unwrap().signature, "typescript/type-error");
    let others: Vec<&str> = failure.others.iter().map(|other| other.signature.as_str()).collect();
    assert_eq!(others, ["system/command-missing", "cargo/compile-error"]);
}

#[test]
fn a_signature_that_demands_a_status_needs_it() {
    let log = b"loading\nKilled\n";
    assert_eq!(of(log, Some(137), None).category, "memory");
    assert_eq!(of(log, Some(0), None).category, "unknown");
}

#[test]
fn a_failed_test_far_from_what_looks_like_a_cause_is_named_beside_it() {
    let between = "ok\n".repeat(40);
    let log = format!(
        "Error: connect ECONNREFUSED 127.0.0.1:9\n{between}FAILED test_shop.py::test_total - assert 2 == 3\n"
    );
    let failure = of(log.as_bytes(), Some(1), None);
    assert_eq!(failure.cause.unwrap().signature, "network/refused");
    assert_eq!(failure.others[0].signature, "tests/pytest-failed");
}

#[test]
fn lines_that_only_talk_of_errors_are_no_cause() {
    for line in [
        "  ok 12 handles ENOSPC and EMFILE",
        "NOTICE:  relation \"orders\" does not exist, skipping",
        "NOTICE:  relation \"orders\" already exists, skipping",
        "GET /login 429 Too Many Requests 3ms",
        "test retries_after_connection_reset_by_peer ... ok",
        "network timeout not found in the settings",
        "Killed 3 idle workers",
        "0 failing",
        "npm error code 1",
        "make: *** [Makefile:2: app] Error 1",
    ] {
        let failure = of(format!("{line}\n").as_bytes(), Some(1), None);
        assert_eq!(failure.category, "unknown", "{line}");
    }
}

#[test]
fn a_signature_of_one_stage_is_unknown_in_another() {
    let of = |stage| {
        let ran = Ran { stage: Some(stage), status: Some(1) };
        let log = b"No tests found, exiting with code 1\n";
        let open = || Ok(Cursor::new(log));
        analyse(Catalogue::built_in(), &ran, open, || None::<Cursor<&[u8]>>).unwrap().category
    };
    assert_eq!((of(Stage::Test).as_str(), of(Stage::Build).as_str()), ("tests", "unknown"));
}

#[test]
fn an_unknown_failure_shows_what_the_last_success_did_not_write() {
    let good =
        b"[10:00:01] building 12 pages\nwrote /tmp/out-81f/index.html in 1.2s\nimage 9f86d081884c\ndone\n";
    let bad = b"[11:30:59] building 13 pages\nwrote /tmp/out-99a/index.html in 987ms\nimage 60303ae22b99\npage /prices has no layout\nnpm error Lifecycle script `build` failed with error:\nnpm error code 1\n";
    let failure = of(bad, Some(1), Some(good));
    assert_eq!(failure.category, "unknown");
    assert_eq!(failure.cause, None);
    let differs: Vec<(usize, String)> =
        failure.differs.unwrap().into_iter().map(|line| (line.number, line.text)).collect();
    assert_eq!(differs, [(4, "page /prices has no layout".to_owned())]);
    assert_eq!(of(bad, Some(1), None).differs, None);
}

#[test]
fn a_log_of_fifty_megabytes_is_read_in_one_pass_without_being_held() {
    // What is written here is never in memory as a whole: it is made while it is read.
    let line = b"2026-11-21T10:00:00Z worker 17 handled request 550e8400 in 12ms, status 200\n";
    let count = 50 * 1024 * 1024 / line.len();
    let open = || {
        let many = Repeat { line, left: count, at: 0 };
        let end: &[u8] = b"Error: listen EADDRINUSE: address already in use 127.0.0.1:3000\n";
        Ok(BufReader::new(std::io::Read::chain(many, end)))
    };
    let ran = Ran::default();
    let failure = analyse(Catalogue::built_in(), &ran, open, || None::<Cursor<&[u8]>>).unwrap();
    let cause = failure.cause.unwrap();
    assert_eq!((cause.signature.as_str(), cause.line.number), ("ports/in-use", count + 1));
}

/// A line, over and over.
struct Repeat<'a> {
    line: &'a [u8],
    left: usize,
    at: usize,
}

impl std::io::Read for Repeat<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let piece = &self.line[self.at..];
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        self.at += count;
        if self.at == self.line.len() {
            self.at = 0;
            self.left -= 1;
        }
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_survive(log in proptest::collection::vec(any::<u8>(), 0..4000), good in proptest::collection::vec(any::<u8>(), 0..500)) {
        let failure = of(&log, Some(1), Some(&good));
        prop_assert!(serde_json::to_string(&failure).is_ok());
    }

    /// Real logs, cut and put together anywhere, with noise in between.
    #[test]
    fn pieces_of_logs_survive(picks in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let logs = logs();
        let mut text = Vec::new();
        for (which, at, noise) in picks {
            let log = &logs[which.index(logs.len())].text;
            text.extend_from_slice(&log[at.index(log.len().max(1)).min(log.len())..]);
            text.push(noise);
        }
        let failure = of(&text, Some(1), None);
        let line = failure.cause.map_or(1, |cause| cause.line.number);
        prop_assert!(line <= text.split(|byte| *byte == b'\n').count());
    }
}
