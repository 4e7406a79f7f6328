//! `sea dora` on a real repository.

use std::path::Path;
use std::process::Command;

use crate::process::run_in;

/// Runs git at a time of `day` in November 2026.
fn git(root: &Path, day: u8, arguments: &[&str]) {
    let at = format!("2026-11-{day:02}T12:00:00+00:00");
    let status = Command::new("git")
        .arg("-C")
        .arg(root)
        .args([
            "-c",
            "user.name=Ana",
            "-c",
            "user.email=ana@example.org",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "tag.gpgsign=false",
        ])
        .args(arguments)
        .env("GIT_AUTHOR_DATE", &at)
        .env("GIT_COMMITTER_DATE", &at)
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}");
}

#[test]
fn tags_tell_how_often_and_how_fast() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    std::fs::write(root.join("seaworthy.toml"), "name = \"shop\"\n").unwrap();
    git(root, 1, &["init", "-q", "-b", "main"]);
    git(root, 1, &["add", "."]);
    git(root, 1, &["commit", "-q", "-m", "one"]);
    git(root, 1, &["tag", "v1.0.0"]);
    git(root, 3, &["commit", "-q", "--allow-empty", "-m", "two"]);
    git(root, 5, &["commit", "-q", "--allow-empty", "-m", "three"]);
    git(root, 6, &["tag", "-a", "-m", "out", "v1.1.0"]);
    git(root, 6, &["tag", "nightly"]);
    // The window is as long as it may be, so that it holds November 2026 for years.
    let run = run_in(root, &["dora", "--json", "--days", "3660", "--zone", "UTC"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&report["schema"], &report["app"]), (&"sea.dora/1".into(), &"shop".into()));
    assert_eq!(report["origin"], "tags");
    assert_eq!(report["deployment_frequency"]["now"]["deployments"], 2);
    // Two changes reached people with v1.1.0 after three days and after one.
    let lead = &report["lead_time_for_changes"]["now"];
    assert_eq!((&lead["count"], &lead["median_seconds"]), (&2.into(), &(2 * 86_400).into()));
    assert_eq!(report["change_fail_rate"]["now"]["rate"], serde_json::Value::Null, "tags do not tell");
    let text = run_in(root, &["dora", "--days", "3660", "--zone", "UTC"]).stdout;
    assert!(text.contains("lead time for changes") && text.contains("2 d"), "{text}");
    assert!(text.contains("2 deployments are known from tags alone"), "{text}");
}

#[test]
fn what_cannot_be_told_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let none = run_in(dir.path(), &["-C", ".", "dora"]);
    assert_eq!(none.code, 3, "{}", none.stderr);
    git(dir.path(), 1, &["init", "-q", "-b", "main"]);
    git(dir.path(), 1, &["commit", "-q", "--allow-empty", "-m", "one"]);
    let untagged = run_in(dir.path(), &["dora"]);
    assert_eq!(untagged.code, 2);
    assert!(untagged.stderr.contains("git tag v1.2.0"), "{}", untagged.stderr);
    git(dir.path(), 1, &["tag", "v1.0.0"]);
    let zone = run_in(dir.path(), &["dora", "--zone", "Moon/Base"]);
    assert_eq!(zone.code, 2, "{}", zone.stderr);
}
