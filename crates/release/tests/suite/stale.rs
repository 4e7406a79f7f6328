//! No result outlives what it was made from: the nine rows, and what else a build may read without saying so.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use seaworthy_release::pipeline::{Outcome, Verdict};

use crate::project::Project;

const STEP: &str = "api:build";

/// A build that reads a script outside its folder, a file that git ignores and a variable that nobody declares.
fn project() -> Project {
    let mut project = Project::new(&[
        (
            "seaworthy.toml",
            "name = \"demo\"\n[services.api]\npath = \"api\"\nstart = \"true\"\nbuild = \"sh ../tools/build.sh\"\nenv = { MODE = \"plain\" }\n",
        ),
        ("tools/build.sh", SCRIPT),
        ("api/src/in.txt", "one\n"),
        (".gitignore", "dist\n.env\n"),
    ]);
    project.variables.insert("HIDDEN".to_owned(), "first".to_owned());
    project
}

const SCRIPT: &str = "mkdir -p dist\n\
    { cat src/*.txt; echo \"mode $MODE hidden $HIDDEN\"; [ -f .env ] && cat .env || true; } > dist/out\n";

/// Runs, and expects what a build that knows nothing would make.
fn expect(project: &Project, outcome: Outcome, because: &str, out: &str) {
    let seen = project.run(&[STEP]);
    assert_eq!(seen.step(STEP), (outcome, because.to_owned()), "{:#?}", seen.report);
    assert_eq!(project.read("api/dist/out"), out);
}

const HIT: &str = "nothing that it depends on changed";

#[test]
fn nine_rows_without_a_stale_hit() {
    let mut project = project();
    let plain = "one\nmode plain hidden \n";
    // Cold.
    expect(&project, Outcome::Passed, "no result is known", plain);
    // No change.
    expect(&project, Outcome::Hit, HIT, plain);
    // Touched.
    let input = File::options().write(true).open(project.dir.path().join("api/src/in.txt")).unwrap();
    input.set_modified(SystemTime::now() + Duration::from_mins(1)).unwrap();
    drop(input);
    expect(&project, Outcome::Hit, HIT, plain);
    // An input changed.
    project.write("api/src/in.txt", "two\n");
    expect(&project, Outcome::Passed, "api/src/in.txt changed", "two\nmode plain hidden \n");
    project.write("api/src/more.txt", "more\n");
    expect(&project, Outcome::Passed, "api/src/more.txt is new", "two\nmore\nmode plain hidden \n");
    project.remove("api/src/more.txt");
    // That was built before: the result is known still, and what was made is brought back.
    expect(&project, Outcome::Hit, HIT, "two\nmode plain hidden \n");
    // An undeclared script changed.
    project.write("tools/build.sh", &SCRIPT.replace("mode", "MODE"));
    let because = "tools/build.sh changed, which it read without declaring it";
    expect(&project, Outcome::Passed, because, "two\nMODE plain hidden \n");
    // An undeclared variable changed: it does not reach the step, so what is known is what would be made.
    project.variables.insert("HIDDEN".to_owned(), "second".to_owned());
    expect(&project, Outcome::Hit, HIT, "two\nMODE plain hidden \n");
    // A declared one does.
    project.variables.insert("MODE".to_owned(), "loud".to_owned());
    expect(&project, Outcome::Passed, "MODE changed", "two\nMODE loud hidden \n");
    // An undeclared `.env` appears, changes, goes.
    project.write("api/.env", "A=1\n");
    let because = |how: &str| format!("api/.env {how}, which it read without declaring it");
    expect(&project, Outcome::Passed, &because("is new"), "two\nMODE loud hidden \nA=1\n");
    project.write("api/.env", "A=2\n");
    expect(&project, Outcome::Passed, &because("changed"), "two\nMODE loud hidden \nA=2\n");
    project.remove("api/.env");
    expect(&project, Outcome::Hit, HIT, "two\nMODE loud hidden \n");
    // The output is deleted.
    project.remove("api/dist");
    expect(&project, Outcome::Hit, HIT, "two\nMODE loud hidden \n");
    // The output is altered.
    project.write("api/dist/out", "mine\n");
    expect(&project, Outcome::Hit, HIT, "two\nMODE loud hidden \n");
    // Something is in it that was not made: the build decides.
    project.write("api/dist/extra", "");
    expect(&project, Outcome::Passed, "api/dist/extra is not as it was left", "two\nMODE loud hidden \n");
}

#[test]
fn what_a_step_reads_without_saying_so_is_told_once_it_is_seen() {
    let project = project();
    project.write("api/.env", "A=1\n");
    let seen = project.run(&[STEP]);
    assert_eq!(seen.undeclared, ["api/.env", "tools/build.sh"]);
    assert_eq!(project.run(&[STEP]).undeclared, Vec::<String>::new(), "only when it runs");
}

#[test]
fn a_plan_tells_and_changes_nothing() {
    let project = project();
    project.run(&[STEP]);
    project.remove("api/dist/out");
    let restored = vec!["api/dist/out".to_owned()];
    assert_eq!(project.plan(&[STEP])[STEP], Verdict::Hit { restored });
    assert!(!project.dir.path().join("api/dist/out").exists());
}

/// One service whose test is `command`.
fn tested(command: &str, more: &[(&str, &str)]) -> Project {
    let config = format!(
        "name = \"demo\"\n[services.api]\npath = \"api\"\nstart = \"true\"\ntest = '''{command}'''\n"
    );
    let mut files =
        vec![("seaworthy.toml", config.as_str()), ("api/a.txt", "a\n"), (".gitignore", "*.log\n")];
    files.extend(more);
    Project::new(&files)
}

#[test]
fn a_file_that_appears_in_a_folder_that_was_listed_counts() {
    let project = tested("cat ../common/*.sql", &[("common/a.sql", "a\n")]);
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Passed);
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Hit);
    project.write("common/b.sql", "b\n");
    let seen = project.run(&["test"]);
    assert_eq!(
        seen.step("api:test"),
        (Outcome::Passed, "common changed, which it read without declaring it".to_owned())
    );
    assert!(seen.lines.contains(&"b".to_owned()));
}

#[test]
fn a_look_up_that_failed_counts_even_when_its_whole_folder_was_absent() {
    let project = tested("cat ../config/deep/settings.ini || echo none", &[]);
    assert!(project.run(&["test"]).lines.contains(&"none".to_owned()));
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Hit);
    project.write("config/deep/settings.ini", "here\n");
    assert!(project.run(&["test"]).lines.contains(&"here".to_owned()));
}

#[test]
fn a_link_out_of_dependencies_leads_to_the_file_that_counts() {
    let project = tested("cat node_modules/lib/index.js", &[("lib/index.js", "one\n")]);
    std::fs::create_dir(project.dir.path().join("api/node_modules")).unwrap();
    symlink("../../lib", project.dir.path().join("api/node_modules/lib")).unwrap();
    assert_eq!(project.run(&["test"]).undeclared, ["lib/index.js"]);
    project.write("lib/index.js", "two\n");
    assert!(project.run(&["test"]).lines.contains(&"two".to_owned()), "the workspace's own package changed");
}

#[test]
fn a_script_that_is_executed_counts_as_a_file_that_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = tested("../tools/run", &[("tools/run", "#!/bin/sh\necho one\n")]);
    let tool = project.dir.path().join("tools/run");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(project.run(&["test"]).undeclared, ["tools/run"]);
    project.write("tools/run", "#!/bin/sh\necho two\n");
    assert!(project.run(&["test"]).lines.contains(&"two".to_owned()));
}

#[test]
fn where_git_stands_counts_only_for_who_looks() {
    let project = tested("cat ../.git/HEAD", &[(".git/HEAD", "ref: refs/heads/main\n"), (".git/index", "1")]);
    project.run(&["test"]);
    project.write(".git/index", "2");
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Hit);
    project.write(".git/HEAD", "ref: refs/heads/other\n");
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Passed);
}

#[test]
fn what_a_step_leaves_behind_is_no_reason_to_run_it_again() {
    // Nothing ignores these: a report, a cache that is read and written, a temporary file that is moved.
    let command =
        "cat state || true; date +%N > state; echo report > coverage.xml; echo x > tmp && mv tmp done";
    let project = tested(command, &[]);
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Passed);
    assert_eq!(project.run(&["test"]).step("api:test"), (Outcome::Hit, HIT.to_owned()));
    project.write("api/coverage.xml", "written by a person\n");
    assert_eq!(
        project.run(&["test"]).step("api:test"),
        (Outcome::Passed, "api/coverage.xml is new".to_owned())
    );
}

#[test]
fn a_result_is_not_kept_when_its_input_changed_meanwhile() {
    let project = tested("cat a.txt; : > ../started.log; while [ ! -f ../go.log ]; do sleep 0.01; done", &[]);
    let root = project.root();
    let seen = std::thread::scope(|scope| {
        let edits = scope.spawn(|| {
            crate::project::wait_for(&root.join("started.log"));
            std::fs::write(root.join("api/a.txt"), "b\n").unwrap();
            std::fs::write(root.join("go.log"), "").unwrap();
        });
        let seen = project.run(&["test"]);
        edits.join().unwrap();
        seen
    });
    assert_eq!((seen.outcome("api:test"), seen.not_kept), (Outcome::Passed, vec!["api/a.txt".to_owned()]));
    let seen = project.run(&["test"]);
    assert_eq!(seen.outcome("api:test"), Outcome::Passed);
    assert!(seen.lines.contains(&"b".to_owned()));
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Hit);
}

#[test]
fn a_program_that_was_replaced_counts() {
    let mut project = tested("hello", &[]);
    let bin = tempfile::tempdir().unwrap();
    let install = |text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = bin.path().join("hello");
        std::fs::write(&path, format!("#!/bin/sh\necho {text}\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let path = format!("{}:{}", bin.path().display(), project.variables["PATH"]);
    project.variables.insert("PATH".to_owned(), path);
    install("one");
    assert!(project.run(&["test"]).lines.contains(&"one".to_owned()));
    assert_eq!(project.run(&["test"]).outcome("api:test"), Outcome::Hit);
    install("second");
    assert!(project.run(&["test"]).lines.contains(&"second".to_owned()));
}

#[test]
fn a_damaged_cache_costs_time_and_nothing_else() {
    let project = project();
    project.run(&[STEP]);
    let cache = project.root().join(".seaworthy/cache/steps");
    for folder in ["results", "trees", "copies", "logs", "."] {
        for entry in std::fs::read_dir(cache.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::write(path, "{\"no\":").unwrap();
            }
        }
    }
    project.remove("api/dist");
    expect(&project, Outcome::Passed, "no result is known", "one\nmode plain hidden \n");
    expect(&project, Outcome::Hit, HIT, "one\nmode plain hidden \n");
    // Copies alone: what cannot be brought back is made anew.
    for entry in std::fs::read_dir(cache.join("copies")).unwrap() {
        std::fs::write(entry.unwrap().path(), "damaged").unwrap();
    }
    project.remove("api/dist");
    expect(&project, Outcome::Passed, "api/dist/out is not as it was left", "one\nmode plain hidden \n");
}

#[test]
fn rules_depend_on_the_day_on_what_git_tracks_and_on_what_a_project_says_of_them() {
    let mut project = tested("true", &[]);
    let git = |arguments: &[&str]| {
        let output =
            std::process::Command::new("git").args(arguments).current_dir(project.dir.path()).output();
        assert!(output.unwrap().status.success(), "git {arguments:?}");
    };
    git(&["init", "--quiet"]);
    let because = |project: &Project| project.run(&["check"]).step("check").1;
    assert_eq!(because(&project), "no result is known");
    assert_eq!(because(&project), HIT);
    git(&["add", "api/a.txt"]);
    assert_eq!(because(&project), "git tracks other files");
    project.write(".seaworthy/baseline.json", "{}");
    assert_eq!(because(&project), ".seaworthy/baseline.json is new");
    project.write(".seaworthy/rules/own.yaml", "");
    assert_eq!(because(&project), ".seaworthy/rules/own.yaml is new");
    assert_eq!(because(&project), HIT);
    project.options = |options| options.today = "2026-11-22".to_owned();
    assert_eq!(because(&project), "it is another day");
}
