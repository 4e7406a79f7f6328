//! `sea check` from outside, in real repositories of git.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Run, run_in};
use crate::repository::write;

const BAD: &str = "app.get('/sum', (req, res) => res.json(eval(req.query.text)));\n";

/// Runs git in a folder, for somebody whose settings do not matter.
fn git(root: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("PATH", path_with_sea())
        .output()
        .unwrap()
}

/// Where the hook finds `sea`.
fn path_with_sea() -> std::ffi::OsString {
    let own = Path::new(env!("CARGO_BIN_EXE_sea")).parent().unwrap().to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&others))).unwrap()
}

/// A repository with one commit of these files.
fn committed(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix("sea-check-").tempdir().unwrap();
    assert!(git(folder.path(), &["init", "-q", "-b", "main"]).status.success());
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    git(folder.path(), &["add", "-A"]);
    assert!(git(folder.path(), &["commit", "-q", "-m", "first", "--allow-empty"]).status.success());
    folder
}

fn found(run: &Run) -> Vec<String> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["schema"], "sea.check/1");
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| format!("{} {}", finding["rule"].as_str().unwrap(), finding["file"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_grave_finding_is_a_no_and_the_threshold_decides() {
    let folder = committed(&[("server.js", BAD)]);
    let run = run_in(folder.path(), &["check"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(
        run.stdout.contains("Text is run as code") && run.stdout.contains("server.js:1:40"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("fix: ") && run.stdout.contains("Readiness"));
    assert_eq!(run_in(folder.path(), &["check", "--fail-on", "never"]).code, 0);
    let json = run_in(folder.path(), &["check", "--json"]);
    assert!(found(&json).contains(&"eval-of-input server.js".to_owned()));
    assert_eq!(json.code, 1);
    let clean = committed(&[("README.md", "# Nothing\n")]);
    assert_eq!(run_in(clean.path(), &["check"]).code, 0);
}

#[test]
fn staged_is_what_would_be_committed_whatever_the_working_tree_has() {
    let folder = committed(&[("old.js", BAD), ("new.js", "let a = 1;\n")]);
    let staged = |folder: &Path| found(&run_in(folder, &["check", "--staged", "--json"]));
    assert_eq!(staged(folder.path()), [""; 0]);
    write(folder.path(), "new.js", BAD);
    assert_eq!(staged(folder.path()), [""; 0], "it is not staged yet");
    git(folder.path(), &["add", "new.js"]);
    write(folder.path(), "new.js", "let a = 2;\n");
    assert_eq!(staged(folder.path()), ["eval-of-input new.js"], "what is staged counts");
    git(folder.path(), &["add", "new.js"]);
    assert_eq!(staged(folder.path()), [""; 0]);
}

#[test]
fn since_a_revision_counts_what_changed_and_what_is_new() {
    let folder = committed(&[("old.js", BAD)]);
    write(folder.path(), "sub/new.js", BAD);
    let run = run_in(folder.path(), &["check", "--since", "main", "--json"]);
    assert_eq!(found(&run), ["eval-of-input sub/new.js"]);
    let unknown = run_in(folder.path(), &["check", "--since", "nowhere"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("git knows no revision `nowhere`"), "{}", unknown.stderr);
    let plain = tempfile::tempdir().unwrap();
    let run = run_in(plain.path(), &["check", "--staged"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
}

#[test]
fn the_hook_keeps_a_grave_finding_out_of_a_commit() {
    let folder = committed(&[]);
    assert_eq!(run_in(folder.path(), &["check", "--install-hook"]).code, 0);
    write(folder.path(), "server.js", BAD);
    git(folder.path(), &["add", "-A"]);
    let refused = git(folder.path(), &["commit", "-q", "-m", "bad"]);
    assert!(!refused.status.success());
    // Git writes what a hook prints to its own standard error.
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Text is run as code"));
    write(folder.path(), "server.js", "let a = 1;\n");
    git(folder.path(), &["add", "-A"]);
    let taken = git(folder.path(), &["commit", "-q", "-m", "good"]);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    // Another hook is never overwritten.
    write(folder.path(), ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    let run = run_in(folder.path(), &["check", "--install-hook"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("sea check --staged"), "{}", run.stderr);
}

#[test]
fn a_baseline_is_old_debt_and_only_what_is_new_is_a_no() {
    let folder = committed(&[("old.js", BAD)]);
    assert_eq!(run_in(folder.path(), &["check", "--update-baseline"]).code, 0);
    let run = run_in(folder.path(), &["check"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("known by the baseline"), "{}", run.stdout);
    write(folder.path(), "new.js", BAD);
    assert_eq!(run_in(folder.path(), &["check"]).code, 1);
    write(folder.path(), ".seaworthy/baseline.json", "{ \"schema\": \"else\" }");
    let run = run_in(folder.path(), &["check"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--update-baseline"), "{}", run.stderr);
}

#[test]
fn every_format_tells_of_the_finding_and_goes_to_a_file_when_asked() {
    let folder = committed(&[("server.js", BAD)]);
    let told = |format: &str| run_in(folder.path(), &["check", "--format", format]).stdout;
    let sarif: Value = serde_json::from_str(&told("sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let result =
        &run["results"].as_array().unwrap().iter().find(|one| one["ruleId"] == "eval-of-input").unwrap();
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "eval-of-input");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "server.js");
    assert!(told("github").contains("::error file=server.js,line=1,"));
    assert!(told("html").starts_with("<!doctype html>"));
    let run = run_in(folder.path(), &["check", "--format", "html", "--output", "report.html"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("Text is run as code"));
}

#[test]
fn a_fix_is_shown_first_and_made_with_consent_alone() {
    let before = "services:\n  db:\n    image: postgres:16\n    ports:\n      - \"5432:5432\"\n";
    let folder = committed(&[("compose.yaml", before)]);
    let text = || std::fs::read_to_string(folder.path().join("compose.yaml")).unwrap();
    let shown = run_in(folder.path(), &["check", "--fix"]);
    assert!(shown.stderr.contains("+      - \"127.0.0.1:5432:5432\""), "{}", shown.stderr);
    assert!(shown.stderr.contains("sea check --fix --yes"), "{}", shown.stderr);
    assert_eq!(text(), before);
    let made = run_in(folder.path(), &["check", "--fix", "--yes", "--json"]);
    assert!(!found(&made).contains(&"compose-database-published compose.yaml".to_owned()));
    assert!(text().contains("\"127.0.0.1:5432:5432\""), "{}", text());
}

#[test]
fn a_fix_leaves_alone_what_is_staged_in_another_text() {
    let open = "services:\n  db:\n    image: postgres:16\n    ports:\n      - \"5432:5432\"\n";
    let folder = committed(&[("compose.yaml", "services: {}\n")]);
    write(folder.path(), "compose.yaml", open);
    git(folder.path(), &["add", "compose.yaml"]);
    let edited = format!("# The database of the shop.\n{open}");
    write(folder.path(), "compose.yaml", &edited);
    let run = run_in(folder.path(), &["check", "--staged", "--fix", "--yes"]);
    assert!(run.stderr.contains("compose.yaml is not as it was checked"), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(folder.path().join("compose.yaml")).unwrap(), edited);
}

#[test]
fn what_is_excluded_is_no_part_of_the_app_and_that_is_said() {
    let config = "[check]\nexclude = [\"bad\", \"gone\"]\n";
    let folder = committed(&[("bad/old.js", BAD), ("server.js", BAD), ("seaworthy.toml", config)]);
    let json = run_in(folder.path(), &["check", "--json"]);
    let evals: Vec<String> =
        found(&json).into_iter().filter(|one| one.starts_with("eval-of-input")).collect();
    assert_eq!(evals, ["eval-of-input server.js"]);
    let told = run_in(folder.path(), &["check", "--fail-on", "never"]);
    assert!(told.stdout.contains("files that `check.exclude` leaves out: 1"), "{}", told.stdout);
    assert!(told.stdout.contains("`gone` is excluded, and there is no such file"), "{}", told.stdout);
}

#[test]
fn this_repository_is_checked_and_nothing_grave_is_found() {
    let run = run_in(&crate::process::workspace(), &["check"]);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
}

#[test]
fn a_secret_that_was_taken_out_is_found_in_the_history() {
    // Put together here, so that no scanner stops at this file.
    let key = format!("{}_live_{}", "sk", "51Hq8LkZpW3vXn7RtYbC2dFgJ");
    let folder = committed(&[("pay.js", &format!("const key = \"{key}\";\n"))]);
    write(folder.path(), "pay.js", "const key = process.env.KEY;\n");
    git(folder.path(), &["add", "-A"]);
    assert!(git(folder.path(), &["commit", "-q", "-m", "taken out"]).status.success());
    let now = run_in(folder.path(), &["check", "--json"]);
    assert!(!now.stdout.contains("payment-key"), "{}", now.stdout);
    let past = run_in(folder.path(), &["check", "--history", "--json"]);
    let secrets: Vec<String> = found(&past).into_iter().filter(|one| one.ends_with(" pay.js")).collect();
    assert_eq!((past.code, secrets.len()), (1, 1), "{}", past.stdout);
    assert!(!past.stdout.contains(&key), "the key itself is never shown");
}
