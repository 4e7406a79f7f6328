//! `sea ci` from outside: what it says, how it ends, and that generated pipelines are made of commands that run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use seaworthy_detect::{Overrides, Repository, load_from};
use seaworthy_generate::{Input, Options, Templates, find, generate};
use tempfile::TempDir;

use crate::process::{run_in, sea};
use crate::repository::{repository, write};

const CONFIG: &str = "name = \"demo\"

[services.api]
path = \"api\"
runtime = \"node@20\"
start = \"node server.js\"
lint = \"test -s server.js\"
test = \"cat cases.txt ../common/cases.txt\"
port = 3000
readiness = \"/readyz\"

[services.web]
path = \"web\"
build = \"mkdir -p dist && cp index.html dist\"
test = \"grep -q html index.html\"
static = \"dist\"
route = \"/\"
";

fn demo() -> TempDir {
    let dir = repository(&[
        ("seaworthy.toml", CONFIG),
        (
            "api/server.js",
            "require('http').createServer((q, s) => s.end('ok')).listen(process.env.PORT || 3000)\n",
        ),
        ("api/cases.txt", "one\n"),
        ("common/cases.txt", "two\n"),
        ("web/index.html", "<!doctype html>\n<html lang=\"en\"><title>demo</title></html>\n"),
        (".gitignore", "dist/\n"),
    ]);
    // Steps of git's own would differ by the version of git: an empty folder is no repository to it.
    std::fs::remove_dir(dir.path().join(".git")).unwrap();
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    dir
}

#[test]
fn a_plan_tells_what_would_run_and_why() {
    let dir = demo();
    let before = run_in(dir.path(), &["ci", "lint", "test", "build", "--plan"]);
    assert_eq!((before.code, before.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("ci-plan-cold", before.stdout);
    assert_eq!(run_in(dir.path(), &["ci", "lint", "test", "build"]).code, 0);
    write(dir.path(), "common/cases.txt", "three\n");
    std::fs::remove_dir_all(dir.path().join("web/dist")).unwrap();
    insta::assert_snapshot!(
        "ci-plan-warm",
        run_in(dir.path(), &["ci", "lint", "test", "build", "--plan"]).stdout
    );
    let json = run_in(dir.path(), &["ci", "test", "--plan", "--json"]).stdout;
    let plan: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(plan["schema"], "sea.ci-plan/1");
    assert_eq!(plan["steps"][0]["step"], "api:test");
    assert_eq!(plan["steps"][0]["runs"], true);
    assert_eq!(plan["steps"][1]["runs"], false);
}

#[test]
fn a_run_shows_lines_warnings_and_what_was_known() {
    let dir = demo();
    let cold = run_in(dir.path(), &["ci", "api:test"]);
    assert_eq!((cold.code, cold.stderr.as_str()), (0, ""));
    let shown = |text: &str| {
        let seconds = regex::Regex::new(r"in \d+\.\d s").unwrap();
        seconds.replace_all(text, "in N s").into_owned()
    };
    insta::assert_snapshot!("ci-cold", shown(&cold.stdout));
    insta::assert_snapshot!("ci-warm", run_in(dir.path(), &["ci", "api:test", "--logs"]).stdout);
    let explained = run_in(dir.path(), &["ci", "--explain", "api:test"]);
    assert_eq!(explained.code, 0);
    assert!(explained.stdout.contains("undeclared  common/cases.txt"), "{}", explained.stdout);
}

#[test]
fn a_failed_step_is_a_no() {
    let dir = demo();
    write(dir.path(), "web/index.html", "nothing\n");
    let run = run_in(dir.path(), &["ci", "test"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.contains("2 steps: 1 failed, 1 passed"), "{}", run.stdout);
    let json = run_in(dir.path(), &["ci", "test", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &report["ok"]), (1, &false.into()));
    let outcomes: Vec<&str> =
        report["steps"].as_array().unwrap().iter().map(|step| step["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["hit", "failed"]);
}

#[test]
fn what_cannot_be_meant_is_a_mistake() {
    let dir = demo();
    for (arguments, message) in [
        (&["ci", "api:tset"][..], "error: there is no step api:tset; did you mean api:test?"),
        (
            &["ci", "test", "--shard", "3/2"][..],
            "error: 3/2 is no share of the tests: write I/N with I from 1 to N",
        ),
        (&["ci", "--explain", "test"][..], "error: test is no single step"),
    ] {
        let run = run_in(dir.path(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.starts_with(message), "{}", run.stderr);
    }
    let empty = repository(&[("notes.txt", "")]);
    let run = run_in(empty.path(), &["ci", "build"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "nothing to do\n"));
}

/// Starts `sea ci api` with a test that never ends, and waits until that runs; the id of its shell, too.
fn started(dir: &TempDir) -> (std::process::Child, String) {
    let slow = CONFIG.replace("cat cases.txt ../common/cases.txt", "echo $$ > pid.txt; sleep 600 & wait");
    write(
        dir.path(),
        "seaworthy.toml",
        &slow.replace("[services.web]", "install = \"echo done >> ../count.log\"\n[services.web]"),
    );
    write(dir.path(), ".gitignore", "dist/\n*.log\npid.txt\n");
    let program = sea(&[]).get_program().to_owned();
    let mut child = Command::new(program)
        .args(["ci", "api:test"])
        .current_dir(dir.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let file = dir.path().join("api/pid.txt");
    loop {
        match std::fs::read_to_string(&file) {
            Ok(text) if text.ends_with('\n') => return (child, text.trim().to_owned()),
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
        assert_eq!(child.try_wait().unwrap(), None, "it ended before the step began");
    }
}

fn wait_until_gone(pid: &str) {
    let lives = || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    for _ in 0..3000 {
        if !lives() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{pid} lives");
}

#[test]
fn ctrl_c_ends_every_step() {
    let dir = demo();
    let (mut child, pid) = started(&dir);
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    wait_until_gone(&pid);
}

#[test]
fn a_killed_pipeline_goes_on_where_it_was() {
    let dir = demo();
    let (mut child, pid) = started(&dir);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until_gone(&pid);
    let plan = run_in(dir.path(), &["ci", "api:test", "--plan"]).stdout;
    assert!(plan.contains("api:install  known"), "{plan}");
    assert_eq!(std::fs::read_to_string(dir.path().join("count.log")).unwrap(), "done\n");
    // What the shell left behind is not ours to find: it is ended here, so that nothing outlives the test.
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).output();
}

/// The files of a target for the app in a folder.
fn generated(dir: &Path, target: &str) -> BTreeMap<String, String> {
    let repository = Repository::open(dir).unwrap();
    let app = load_from(&repository, &Overrides::default()).app;
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let input = Input {
        app: &app,
        environments: &BTreeMap::new(),
        sources: &repository,
        templates: &templates,
        options: &Options::default(),
    };
    let output = generate(&input, &[find(target).unwrap()]).unwrap();
    output.files.into_iter().map(|file| (file.path, file.text)).collect()
}

/// What a pipeline tells a shell to do with `sea`, in order: lines that begin with it, whatever the format around them.
fn commands(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.trim().trim_start_matches("- ");
        let script = line.strip_prefix("run: ").or_else(|| line.strip_prefix("sh '")).unwrap_or(line);
        if script.starts_with("sea ci") || script.starts_with("sea check") {
            commands.push(script.trim_end_matches('\'').to_owned());
        }
        // A value that is given to the command before it, by its environment.
        if let Some((_, count)) = line.split_once("SHARD: ${{ matrix.shard }}/") {
            let command = commands.pop().unwrap();
            let count: usize = count.parse().unwrap();
            commands.extend((1..=count).map(|shard| format!("SHARD={shard}/{count}; {command}")));
        }
    }
    commands
}

#[test]
fn generated_pipelines_run_here_as_they_are() {
    for (target, file) in
        [("github", ".github/workflows/ci.yml"), ("gitlab", ".gitlab-ci.yml"), ("jenkins", "Jenkinsfile")]
    {
        let dir = demo();
        let commands = commands(&generated(dir.path(), target)[file]);
        assert!(commands.len() >= 4, "{target}: {commands:?}");
        let plan = run_in(dir.path(), &["ci", "--plan", "--json"]).stdout;
        let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        let mut left: BTreeSet<String> = plan["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["step"].as_str().unwrap().to_owned())
            .collect();
        let program = sea(&[]).get_program().to_owned();
        let folder = Path::new(&program).parent().unwrap().to_owned();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        for command in &commands {
            let output = Command::new("sh")
                .args(["-c", command])
                .env("PATH", &path)
                .current_dir(dir.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                output.status.success(),
                "{target}: {command}: {said}{}",
                String::from_utf8_lossy(&output.stderr)
            );
            if command.contains("sea check") {
                left.remove("check");
                // A part of it.
                left.remove("scan");
            }
            // Each step is run by one of them: none is left out, and none is made twice.
            left.retain(|step| {
                let ran = said.lines().any(|line| {
                    line.split_once(' ')
                        .is_some_and(|(name, rest)| name == step && rest.trim().starts_with("passed"))
                });
                !ran
            });
        }
        assert!(left.is_empty(), "{target} never runs {left:?}: {commands:#?}");
    }
}

#[test]
fn rules_have_nothing_against_generated_pipelines() {
    let dir = demo();
    for target in ["github", "gitlab", "jenkins"] {
        for (path, text) in generated(dir.path(), target) {
            write(dir.path(), &path, &text);
        }
    }
    let report = run_in(dir.path(), &["check", "--json", "--fail-on", "never"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        let text = finding.to_string();
        let is_about = [".github/", ".gitlab-ci.yml", "Jenkinsfile"].iter().any(|name| text.contains(name));
        assert!(!is_about, "{finding:#}");
    }
}
