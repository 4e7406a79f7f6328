//! Tests that the tools really run: what they tell, how they are split, which of them cannot be trusted.

use std::collections::BTreeSet;
use std::path::Path;

use seaworthy_release::pipeline::{Event, Outcome, StepReport, TestCounts};

use crate::project::{Project, Seen};

/// Debian's pytest runs with Debian's Python.
const PYTEST: &str = "/usr/bin/python3 -m pytest -p no:cacheprovider -q";

/// One service `api` whose test step runs `command`.
fn tested(command: &str, more: &str, files: &[(&str, &str)]) -> Project {
    let config = format!(
        "name = \"demo\"\n[services.api]\npath = \"api\"\nlanguage = \"other\"\nstart = \"true\"\ntest = '''{command}'''\n{more}"
    );
    let mut all = vec![("seaworthy.toml", config.as_str()), (".gitignore", "__pycache__\ntarget\n")];
    all.extend(files);
    Project::new(&all)
}

fn report<'a>(seen: &'a Seen, step: &str) -> &'a StepReport {
    let all = &seen.report.steps;
    all.iter().find(|report| report.step.as_str() == step).unwrap_or_else(|| panic!("{step}: {all:#?}"))
}

fn flaky(report: &StepReport) -> Vec<&str> {
    report.flaky.iter().map(|flaky| flaky.test.as_str()).collect()
}

#[test]
fn pytest_names_the_tests_that_failed() {
    let files = [
        (
            "api/tests/test_sums.py",
            "def test_adds():\n    assert 1 + 1 == 2\n\ndef test_breaks():\n    assert 1 + 1 == 3\n",
        ),
        ("api/tests/test_more.py", "import pytest\n\n@pytest.mark.skip\ndef test_later():\n    pass\n"),
    ];
    let project = tested(PYTEST, "", &files);
    let seen = project.run(&["test"]);
    let failed = report(&seen, "api:test");
    assert_eq!(failed.outcome, Outcome::Failed, "{:#?}", seen.lines);
    assert_eq!(failed.tests, Some(TestCounts { passed: 1, failed: 1, skipped: 1 }));
    assert_eq!(failed.failed_tests.len(), 1);
    let test = &failed.failed_tests[0];
    assert_eq!(test.test, "tests.test_sums > test_breaks");
    assert_eq!(test.file.as_deref(), Some("tests/test_sums.py"));
    assert_eq!(test.message, "assert (1 + 1) == 3");
    project.write("api/tests/test_sums.py", "def test_adds():\n    assert 1 + 1 == 2\n");
    let seen = project.run(&["test"]);
    assert_eq!(report(&seen, "api:test").tests, Some(TestCounts { passed: 1, failed: 0, skipped: 1 }));
    assert_eq!(flaky(report(&seen, "api:test")), [""; 0], "it was mended");
    let seen = project.run(&["test"]);
    let known = report(&seen, "api:test");
    assert_eq!((known.outcome, known.tests.map(|tests| tests.passed)), (Outcome::Hit, Some(1)));
    let left = std::fs::read_dir(project.root().join(".seaworthy/cache/steps/reports")).unwrap().count();
    assert_eq!(left, 0, "no report is left behind");
}

/// A test that fails whenever it finds no note of itself outside of the repository, and one that never does.
fn moody(note: &Path) -> String {
    format!(
        "import os\n\ndef test_moody():\n    note = '{}'\n    was_there = os.path.exists(note)\n    open(note, 'w').close()\n    assert was_there\n\ndef test_steady():\n    pass\n",
        note.display()
    )
}

#[test]
fn a_test_that_passes_on_a_retry_is_flaky_and_stays_known_as_that() {
    let away = tempfile::tempdir().unwrap();
    let note = away.path().canonicalize().unwrap().join("note");
    let project = tested(
        PYTEST,
        "[pipeline.steps.\"api:test\"]\nretries = 1\n",
        &[("api/test_mood.py", &moody(&note))],
    );
    let mut retried = Vec::new();
    let seen = project.run_until(&["test"], &seaworthy_release::pipeline::Cancel::default(), |event| {
        if let Event::Retried { step, attempt } = event {
            retried.push((step.id.to_string(), *attempt));
        }
    });
    assert_eq!(retried, [("api:test".to_owned(), 1)]);
    let done = report(&seen, "api:test");
    assert_eq!((done.outcome, done.attempts), (Outcome::Passed, 2), "{:#?}", seen.lines);
    assert_eq!(flaky(done), ["test_mood > test_moody"]);
    assert_eq!(done.flaky[0].file.as_deref(), Some("test_mood.py"));
    let seen = project.run(&["test"]);
    assert_eq!(report(&seen, "api:test").outcome, Outcome::Hit);
    assert_eq!(flaky(report(&seen, "api:test")), ["test_mood > test_moody"], "what is known hides nothing");
}

#[test]
fn a_test_that_fails_after_it_passed_with_the_same_inputs_is_flaky() {
    let away = tempfile::tempdir().unwrap();
    let note = away.path().canonicalize().unwrap().join("note");
    let mut project = tested(PYTEST, "", &[("api/test_mood.py", &moody(&note))]);
    std::fs::write(&note, "").unwrap();
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Passed);
    std::fs::remove_file(&note).unwrap();
    project.options = |options| options.cache = false;
    let seen = project.run(&["test"]);
    assert_eq!(seen.outcome("api:test"), Outcome::Failed);
    assert_eq!(flaky(report(&seen, "api:test")), ["test_mood > test_moody"]);
}

#[test]
fn a_retry_that_helps_nobody_fails() {
    let project = tested("echo no; exit 3", "[pipeline.steps.\"api:test\"]\nretries = 2\n", &[("api/a", "")]);
    let seen = project.run(&["test"]);
    let failed = report(&seen, "api:test");
    assert_eq!((failed.outcome, failed.attempts, seen.lines.len()), (Outcome::Failed, 3, 3));
}

/// Test files that each write down that they ran.
fn recorded(count: usize, away: &Path) -> Vec<(String, String)> {
    let text = |name: &str, seconds: f64| {
        format!(
            "import time\n\ndef test_it():\n    time.sleep({seconds})\n    open('{}/{name}', 'a').write('ran\\n')\n",
            away.display()
        )
    };
    (0..count)
        .map(|index| {
            let name = format!("test_{index}");
            // The last takes as long as all others, and is the smallest.
            let seconds = if index + 1 == count { 1.0 } else { 0.3 };
            let padding = if index + 1 == count { String::new() } else { "# longer\n".repeat(20) };
            (format!("api/{name}.py"), format!("{}{padding}", text(&name, seconds)))
        })
        .collect()
}

fn ran(away: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(away)
        .unwrap()
        .flatten()
        .flat_map(|entry| {
            let lines = std::fs::read_to_string(entry.path()).unwrap().lines().count();
            vec![entry.file_name().to_string_lossy().into_owned(); lines]
        })
        .collect();
    names.sort();
    for entry in std::fs::read_dir(away).unwrap().flatten() {
        std::fs::remove_file(entry.path()).unwrap();
    }
    names
}

#[test]
fn shards_run_each_test_file_once_and_are_as_long_as_one_another() {
    let away = tempfile::tempdir().unwrap();
    let folder = away.path().canonicalize().unwrap();
    let files = recorded(4, &folder);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let all = ["test_0", "test_1", "test_2", "test_3"];
    let mut project = tested(PYTEST, "", &files);
    let shares = |project: &mut Project| -> Vec<(BTreeSet<String>, Option<String>)> {
        let share = |index: usize, project: &mut Project| {
            project.shard = Some(format!("{index}/2").parse().unwrap());
            let seen = project.run(&["test"]);
            assert!(seen.report.ok, "{:#?}", seen.lines);
            let share = report(&seen, "api:test").share.clone().unwrap();
            assert_eq!((share.index, share.count, share.of), (index, 2, 4));
            (share.files.unwrap().into_iter().collect(), share.timings)
        };
        vec![share(1, project), share(2, project)]
    };
    // Nothing is recorded yet: sizes decide.
    let by_size = shares(&mut project);
    assert_eq!(ran(&folder), all);
    assert_eq!((&by_size[0].1, &by_size[1].1), (&None, &None));
    assert_eq!(by_size[0].0.len(), 2);
    // What this machine has seen meanwhile is not what others have: nothing changes.
    project.options = |options| options.cache = false;
    assert_eq!(shares(&mut project), by_size);
    assert_eq!(ran(&folder), all);
    // The long one is as long as the others together, which all machines know once it is committed.
    project.write_timings();
    let by_time = shares(&mut project);
    assert_eq!(ran(&folder), all);
    assert!(
        by_time.iter().any(|(files, _)| *files == BTreeSet::from(["test_3.py".to_owned()])),
        "{by_time:?}"
    );
    assert!(by_time[0].1.is_some() && by_time[0].1 == by_time[1].1);
    // And nothing changes any more: shares whose tests ran are known.
    project.options = |_| {};
    project.shard = Some("1/2".parse().unwrap());
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Hit);
}

#[test]
fn shares_of_one_machine_run_beside_each_other_and_are_known_one_by_one() {
    let away = tempfile::tempdir().unwrap();
    let folder = away.path().canonicalize().unwrap();
    let files = recorded(3, &folder);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let more = "[pipeline.steps.\"api:test\"]\nshards = 5\n[pipeline.steps.after]\nrun = \"true\"\nafter = \"api:test\"\n";
    let project = tested(PYTEST, more, &files);
    let seen = project.run(&["test"]);
    let steps: Vec<&str> = seen.report.steps.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(steps, ["api:test/1", "api:test/2", "api:test/3", "api:test/4", "api:test/5", "after"]);
    assert!(seen.report.ok, "{:#?}", seen.lines);
    assert_eq!(ran(&folder), ["test_0", "test_1", "test_2"]);
    // The durations that were recorded make other shares once, and the same ones from then on.
    assert!(project.run(&["api:test"]).report.ok);
    let seen = project.run(&["api:test"]);
    assert!(seen.report.steps.iter().all(|step| step.outcome == Outcome::Hit), "{:#?}", seen.report);
}

#[test]
fn tests_that_cannot_be_told_apart_are_a_step_of_one_shard() {
    let mut project = tested("echo all of them", "", &[("api/a", "")]);
    let mut lines = Vec::new();
    for index in 1..=3 {
        project.shard = Some(format!("{index}/3").parse().unwrap());
        lines.extend(project.run(&["test"]).lines);
    }
    assert_eq!(lines, ["all of them"]);
}

#[test]
fn node_tells_through_npm_which_file_a_test_is_in() {
    let files = [
        ("api/package.json", "{\"name\": \"api\", \"scripts\": {\"test\": \"node --test\"}}"),
        (
            "api/test/a.test.js",
            "const { test, describe, it } = require('node:test')\nconst assert = require('node:assert')\n\
             describe('sums', () => { it('breaks', () => { assert.equal(1, Number(process.env.TOKEN ? 2 : 1), process.env.TOKEN) }) })\ntest('adds', () => {})\n",
        ),
        ("api/test/b.test.js", "require('node:test').test.skip('later', () => {})\n"),
    ];
    let more = "runtime = \"node@20\"\npackage_manager = \"npm\"\nenv = { TOKEN = \"${secrets.TOKEN}\" }\n[pipeline.steps.\"api:install\"]\nskip = true\n";
    let mut project = tested("npm test", more, &files);
    let seen = project.run(&["test"]);
    let done = report(&seen, "api:test");
    assert_eq!(done.tests, Some(TestCounts { passed: 2, failed: 0, skipped: 1 }), "{:#?}", seen.lines);
    project.variables.insert("TOKEN".to_owned(), "hunter2hunter2".to_owned());
    let seen = project.run(&["test"]);
    let failed = &report(&seen, "api:test").failed_tests;
    assert_eq!(failed.len(), 1, "{:#?}", seen.lines);
    assert_eq!((failed[0].test.as_str(), failed[0].message.as_str()), ("sums > breaks", "***"));
    assert_eq!(failed[0].file.as_deref(), Some("test/a.test.js"));
    // A shard of it is given its files.
    project.variables.remove("TOKEN");
    let mut counts = (0, 0);
    for index in 1..=2 {
        project.shard = Some(format!("{index}/2").parse().unwrap());
        let seen = project.run(&["test"]);
        let tests = report(&seen, "api:test").tests.unwrap_or_else(|| panic!("{:#?}", seen.lines));
        counts = (counts.0 + tests.passed, counts.1 + tests.skipped);
    }
    assert_eq!(counts, (2, 1));
}

#[test]
fn nextest_is_given_a_profile_that_tells() {
    let files = [
        (
            "api/Cargo.toml",
            "[package]\nname = \"api\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
        ),
        ("api/Cargo.lock", "version = 4\n\n[[package]]\nname = \"api\"\nversion = \"0.1.0\"\n"),
        ("api/src/lib.rs", "#[test]\nfn adds() {}\n\n#[test]\nfn breaks() {\n    panic!(\"no sum\")\n}\n"),
    ];
    let has_nextest = std::process::Command::new("cargo").args(["nextest", "--version"]).output();
    if !has_nextest.is_ok_and(|output| output.status.success()) {
        // It is the runner of these tests where it is there, and nothing needs it where it is not.
        return;
    }
    let project = tested("cargo nextest run --offline", "", &files);
    let seen = project.run(&["test"]);
    let done = report(&seen, "api:test");
    assert_eq!(done.tests, Some(TestCounts { passed: 1, failed: 1, skipped: 0 }), "{:#?}", seen.lines);
    assert_eq!(done.failed_tests[0].test, "api > breaks");
}
