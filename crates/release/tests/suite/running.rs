//! How pipelines run: in parallel, to the first failure, until they are stopped, and on from there.

use std::collections::BTreeSet;

use seaworthy_release::Error;
use seaworthy_release::pipeline::{Cancel, Event, Outcome, Shard, Stage, derive, select};

use crate::project::{Project, Seen, wait_for, wait_until_gone};

fn two(one: &str, other: &str) -> Project {
    let config = format!(
        "name = \"demo\"\n[services.one]\npath = \"one\"\nstart = \"true\"\n{one}\n\
         [services.two]\npath = \"two\"\nstart = \"true\"\n{other}\n"
    );
    Project::new(&[("seaworthy.toml", &config), ("one/a", ""), ("two/a", ""), (".gitignore", "*.log\n")])
}

#[test]
fn steps_that_do_not_need_each_other_run_at_the_same_time() {
    // Each waits for the other: one after the other, they would never end.
    let meet = |own: &str, other: &str| {
        format!(
            "test = 'touch ../{own}.log; for i in $(seq 3000); do [ -f ../{other}.log ] && exit 0; sleep 0.01; done; exit 1'"
        )
    };
    let project = two(&meet("one", "two"), &meet("two", "one"));
    assert!(project.run(&["test"]).report.ok);
}

#[test]
fn what_needs_a_failed_step_is_left_out_and_the_rest_goes_on() {
    let project = two(
        "install = 'echo cannot reach the registry; exit 3'\ntest = 'true'\nbuild = 'true'",
        "install = 'true'\ntest = 'true'",
    );
    let seen = project.run(&[]);
    assert!(!seen.report.ok);
    assert_eq!(seen.outcome("one:install"), Outcome::Failed);
    assert_eq!(seen.step("one:test"), (Outcome::Skipped, "one:install did not go well".to_owned()));
    assert_eq!(seen.outcome("one:build"), Outcome::Skipped);
    assert_eq!(seen.outcome("two:test"), Outcome::Passed);
    let failed = seen.report.steps.iter().find(|step| step.outcome == Outcome::Failed).unwrap();
    assert_eq!(failed.cause.as_deref(), Some("cannot reach the registry (exit code 3)"));
    assert_eq!(failed.tail, ["cannot reach the registry"]);
    assert_eq!(project.read(failed.log.as_ref().unwrap()), "cannot reach the registry\n");
    // A failure is no result: it is tried again.
    assert_eq!(project.run(&[]).outcome("one:install"), Outcome::Failed);
    assert_eq!(project.run(&[]).outcome("two:test"), Outcome::Hit);
}

#[test]
fn a_pipeline_that_was_stopped_goes_on_where_it_was() {
    let slow = "install = 'echo done >> ../count.log'\ntest = 'if [ ! -f ../go.log ]; then sh -c \"echo \\$\\$ > ../pid.log; exec sleep 600\" & wait; fi'";
    let project = two(slow, "test = 'true'");
    let root = project.root();
    let cancel = Cancel::default();
    let seen = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_for(&root.join("pid.log"));
            while std::fs::read_to_string(root.join("pid.log")).unwrap().is_empty() {}
            cancel.cancel();
        });
        project.run_until(&["one", "two"], &cancel, |_| {})
    });
    assert_eq!(seen.outcome("one:install"), Outcome::Passed);
    assert_eq!(seen.outcome("one:test"), Outcome::Cancelled);
    let pid = project.read("pid.log").trim().to_owned();
    wait_until_gone(&pid);
    project.write("go.log", "");
    let seen = project.run(&["one", "two"]);
    assert_eq!(seen.outcome("one:install"), Outcome::Hit);
    assert_eq!(seen.outcome("one:test"), Outcome::Passed);
    assert_eq!(project.read("count.log"), "done\n", "what was finished is not done again");
}

#[test]
fn secrets_are_not_seen() {
    let mut project = two(
        "test = 'echo \"token $API_TOKEN\"; echo \"other $OTHER_TOKEN\"'\nenv = { API_TOKEN = \"${secrets.API_TOKEN}\" }",
        "",
    );
    project.variables.insert("API_TOKEN".to_owned(), "hunter2hunter2".to_owned());
    project.variables.insert("OTHER_TOKEN".to_owned(), "nobody declares it".to_owned());
    let seen = project.run(&["one:test"]);
    assert_eq!(seen.lines, ["token ***", "other "]);
    let found = std::process::Command::new("grep")
        .args(["-r", "hunter2"])
        .current_dir(project.root().join(".seaworthy"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "", "nor in what is kept");
    project.variables.insert("API_TOKEN".to_owned(), "hunter3hunter3".to_owned());
    assert_eq!(project.run(&["one:test"]).step("one:test").1, "API_TOKEN changed");
}

#[test]
fn a_step_ends_with_what_it_left_in_the_background() {
    let project = two("test = 'sleep 600 & echo $!'", "");
    let seen = project.run(&["one:test"]);
    let pid = &seen.lines[0];
    wait_until_gone(pid);
}

#[test]
fn output_that_is_no_text_or_has_no_end_of_line_is_shown() {
    let project = two("test = 'printf \"a\\377b\\r\\nlast\"'", "");
    assert_eq!(project.run(&["one:test"]).lines, ["a\u{fffd}b", "last"]);
}

#[test]
fn the_result_of_an_install_decides_about_what_needs_it() {
    let project = two("package_manager = \"npm\"\ninstall = 'mkdir -p node_modules/a'\ntest = 'true'", "");
    project.write("one/package.json", "{}");
    project.run(&["one"]);
    project.write("one/package.json", "{ }");
    let seen = project.run(&["one"]);
    assert_eq!(seen.step("one:install").1, "one/package.json changed");
    // What is installed by hand is not what the lockfile says.
    std::fs::create_dir(project.root().join("one/node_modules/b")).unwrap();
    assert_eq!(project.run(&["one"]).step("one:install").1, "one/node_modules is not as it was left");
}

#[test]
fn a_change_in_one_service_runs_only_what_depends_on_it() {
    let steps = "install = 'true'\nlint = 'true'\ntest = 'true'\nbuild = 'mkdir -p dist && cp a dist'";
    let more = format!(
        "{steps}\n[pipeline.steps.e2e]\nrun = 'cat ../one/dist/a ../two/dist/a'\nservice = \"two\"\nafter = \"build\"\n"
    );
    let project = two(steps, &more);
    assert!(project.run(&[]).report.ok);
    let ran = |seen: &Seen| -> Vec<String> {
        let ran = seen.report.steps.iter().filter(|step| step.outcome == Outcome::Passed);
        ran.map(|step| step.step.to_string()).collect()
    };
    assert_eq!(ran(&project.run(&[])), [""; 0]);
    project.write("one/a", "changed\n");
    // The rules look at all files, and what comes after a build that made something else runs again.
    let seen = project.run(&[]);
    assert_eq!(ran(&seen), ["one:lint", "one:test", "check", "scan", "one:build", "e2e"]);
    assert!(seen.lines.contains(&"changed".to_owned()));
    project.write("two/b", "of no build\n");
    assert_eq!(ran(&project.run(&[])), ["two:lint", "two:test", "check", "scan", "two:build", "e2e"]);
}

#[test]
fn shards_leave_no_test_out_and_run_none_twice() {
    let mut app = seaworthy_model::App::default();
    for index in 0..7 {
        let mut service = seaworthy_model::Service::default();
        let origin = || seaworthy_model::Origin::new(seaworthy_model::Layer::Config, "test");
        service.test.propose("true".to_owned(), origin());
        service.build.propose("true".to_owned(), origin());
        app.services.insert(seaworthy_model::Name::parse(&format!("s{index}")).unwrap(), service);
    }
    let steps = derive(&app, &std::collections::BTreeMap::new(), &|_| None).unwrap();
    let mut seen = BTreeSet::new();
    for index in 1..=3 {
        let shard: Shard = format!("{index}/3").parse().unwrap();
        for step in select(&steps, &["test".to_owned()], Some(shard)).unwrap() {
            assert_eq!(step.stage, Stage::Test);
            assert!(seen.insert(step.id.clone()), "{} runs twice", step.id);
        }
    }
    assert_eq!(seen.len(), 7);
    for wrong in ["0/3", "4/3", "1", "1/0", "x/y", "-1/2"] {
        assert!(matches!(wrong.parse::<Shard>(), Err(Error::Shard(_))), "{wrong}");
    }
    let unknown = select(&steps, &["s1:tets".to_owned()], None);
    assert_eq!(unknown.unwrap_err().to_string(), "there is no step s1:tets; did you mean s1:test?");
    assert_eq!(
        select(&steps, &["lint".to_owned()], None).unwrap(),
        [],
        "a stage without steps is no mistake"
    );
}

#[test]
fn events_come_in_an_order_that_can_be_shown() {
    let project = two("install = 'true'\ntest = 'echo hello'", "");
    let mut told = Vec::new();
    project.run_until(&["one"], &Cancel::default(), |event| {
        told.push(match event {
            Event::Started { step, reason } => format!("{} {reason}", step.id),
            Event::Line { step, text } => format!("{} | {text}", step.id),
            Event::Ended { step, report } => format!("{} {:?}", step.id, report.outcome),
            other => format!("{other:?}"),
        });
    });
    assert_eq!(
        told,
        [
            "one:install no result is known",
            "one:install Passed",
            "one:test no result is known",
            "one:test | hello",
            "one:test Passed"
        ]
    );
}

#[test]
fn a_failed_step_says_why() {
    let project = two(
        "test = 'echo \"Error: listen EADDRINUSE: address already in use 127.0.0.1:3000\"; echo \"npm error code 1\"; exit 1'",
        "test = 'cat words; exit $(cat status)'",
    );
    project.write("two/words", "built in 12 ms\n");
    project.write("two/status", "0");
    let seen = project.run(&["test"]);
    let failure = |seen: &Seen, step: &str| {
        let report = seen.report.steps.iter().find(|report| report.step.as_str() == step).unwrap();
        report.failure.clone()
    };
    let cause = failure(&seen, "one:test").unwrap().cause.unwrap();
    assert_eq!((cause.signature.as_str(), cause.line.number), ("ports/in-use", 1));
    assert_eq!(cause.title, "The address 127.0.0.1:3000 is taken");
    assert_eq!(failure(&seen, "two:test"), None);

    // What nobody knows is compared with what the step wrote when it last went well.
    project.write("two/words", "built in 34 ms\nthe page of prices has no layout\n");
    project.write("two/status", "1");
    let unknown = failure(&project.run(&["two"]), "two:test").unwrap();
    assert_eq!((unknown.category.as_str(), unknown.cause), ("unknown", None));
    let differs: Vec<String> = unknown.differs.unwrap().into_iter().map(|line| line.text).collect();
    assert_eq!(differs, ["the page of prices has no layout"]);
}
