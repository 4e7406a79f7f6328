//! What happened, asked from outside of ledgers that the library wrote.

mod shop;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use seaworthy_ledger::body::{Outcome, Step};
use seaworthy_ledger::{Draft, Durability, Key};
use serde_json::Value;

use crate::process::{Run, sea};
use shop::{Machine, Scribe, name};

/// `sea` with the state of a machine, in a time zone that all have.
fn on(machine: &Machine, arguments: &[&str]) -> Run {
    let output = sea(arguments)
        .current_dir(machine.state())
        .env("SEA_STATE", machine.state())
        .env("TZ", "UTC")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn good(machine: &Machine, arguments: &[&str]) -> String {
    let run = on(machine, arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
    run.stdout
}

fn json(machine: &Machine, arguments: &[&str]) -> Value {
    serde_json::from_str(&good(machine, arguments)).unwrap()
}

/// The numbers of the events, in the order shown.
fn numbers(machine: &Machine, arguments: &[&str]) -> Vec<u64> {
    let history = json(machine, &[&["history", "--json"], arguments].concat());
    assert_eq!(history["schema"], "sea.history/1");
    history["events"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect()
}

#[test]
fn what_a_person_reads() {
    let machine = Machine::with_history();
    for (name, arguments) in [
        ("history", &["history"][..]),
        ("history-all-of-r42", &["history", "--release", "r42", "--all"]),
        ("show-r41", &["show", "r41"]),
        ("show-r42", &["show", "r42"]),
        ("show-r43", &["show", "r43"]),
        ("audit", &["audit"]),
    ] {
        insta::assert_snapshot!(name, good(&machine, arguments));
    }
    insta::assert_snapshot!("verify", good(&machine, &["history", "--verify"]));
}

#[test]
fn nothing_was_shipped_yet() {
    let machine = Machine::new();
    for arguments in [
        &["history"][..],
        &["show", "r1"],
        &["audit"],
        &["history", "--verify"],
        &["history", "--repair", "--yes"],
    ] {
        let run = on(&machine, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{arguments:?}");
        assert!(run.stderr.contains("nothing was shipped from or to this machine yet"), "{}", run.stderr);
    }
    assert_eq!(numbers(&machine, &[]), [0_u64; 0]);
    assert_eq!(json(&machine, &["audit", "--json"])["rows"], Value::Array(Vec::new()));
    assert_eq!(json(&machine, &["show", "r1", "--json"]), Value::Null);
    assert_eq!(good(&machine, &["audit", "--csv"]).lines().count(), 1, "headings alone");
    assert!(!machine.file().exists(), "asking makes no ledger");
}

#[test]
fn the_state_is_where_it_is_said_to_be() {
    let (here, elsewhere) = (Machine::with_history(), tempfile::tempdir().unwrap());
    let events = |arguments: &[&str], variable: &Path| {
        let mut command = sea(&[&["history", "--json"], arguments].concat());
        let output = command.current_dir(elsewhere.path()).env("SEA_STATE", variable).output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["events"].as_array().unwrap().len()
    };
    assert_eq!(events(&[], elsewhere.path()), 0);
    assert!(events(&[], here.state()) > 0);
    let named = ["--state", here.state().to_str().unwrap()];
    assert!(events(&named, elsewhere.path()) > 0, "what is typed wins over what is set");
}

#[test]
fn filters_and_pages() {
    let machine = Machine::with_history();
    let all = numbers(&machine, &["--all", "-n", "1000"]);
    assert!(all.len() > 40, "{}", all.len());
    assert!(all.is_sorted_by(|a, b| a > b), "newest first");
    // Pages join without seam.
    let mut paged = Vec::new();
    let mut before = "9999".to_owned();
    loop {
        let page = json(&machine, &["history", "--json", "--all", "-n", "7", "--before", &before]);
        paged.extend(page["events"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()));
        let Some(next) = page["next"].as_u64() else { break };
        before = next.to_string();
    }
    assert_eq!(paged, all);
    assert!(
        on(&machine, &["history", "-n", "3"]).stderr.contains("--before"),
        "a person is told of the rest"
    );

    let kinds = |arguments: &[&str]| {
        let history = json(&machine, &[&["history", "--json"], arguments].concat());
        let kinds = history["events"].as_array().unwrap().iter();
        kinds.map(|event| event["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(!kinds(&[]).contains(&"transition".to_owned()));
    assert_eq!(kinds(&["--kind", "rollback", "--kind", "abort"]), ["rollback", "abort"]);
    assert_eq!(kinds(&["--app", "admin"]), ["backup", "promotion", "release"]);
    assert_eq!(kinds(&["--env", "staging"]), [""; 0]);
    assert_eq!(kinds(&["--since", "2026-03-09", "--until", "2026-03-10"]), ["flag", "config"]);
    assert_eq!(kinds(&["--release", "r43", "--kind", "promotion"]), ["promotion"]);
}

#[test]
fn mistakes_are_named_with_what_to_type() {
    let machine = Machine::with_history();
    for (arguments, said) in [
        (&["history", "--kind", "promotoin"][..], "--kind build, test"),
        (&["history", "--since", "soon"], "--since 10m"),
        (&["history", "--app", "No App"], "sea history"),
        (&["show", "r4"], "sea show r40"),
        (&["show", "r44"], "sea show r4"),
        (&["show", "prodution"], "sea show production"),
        (&["show", "r40", "--app", "admin"], "of admin"),
        (&["show", "production"], "--app admin"),
    ] {
        let run = on(&machine, arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(run.stderr.contains(said), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_release_is_found_by_its_beginning_and_by_where_it_serves() {
    let machine = Machine::with_history();
    let shown = |arguments: &[&str]| {
        let report = json(&machine, &[&["show", "--json"], arguments].concat());
        assert_eq!(report["schema"], "sea.show/1");
        report["release"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown(&["r41"]), "r41", "an id wins over those that begin with it");
    assert_eq!(shown(&["r41-"]), "r41-admin");
    assert_eq!(shown(&["production", "--app", "admin"]), "r41-admin");
    assert_eq!(shown(&["production", "--app", "shop"]), "r41", "what was taken back does not serve");
    let report = json(&machine, &["show", "r42", "--json"]);
    let stay = &report["environments"][0];
    assert_eq!((&stay["state"], &stay["serving"]), (&"aborted".into(), &"r41".into()));
    assert_eq!(stay["transitions"].as_array().unwrap().len(), 7);
    assert_eq!(stay["transitions"][0]["duration_ms"], 21_400);
    let canary = &stay["transitions"][5];
    assert_eq!((&canary["to"], canary["stayed_ms"].as_u64().unwrap() / 1000), (&"canary:10".into(), 64));
}

#[test]
fn the_trail_is_read_by_python() {
    let machine = Machine::with_history();
    let csv = machine.state().join("trail.csv");
    fs::write(&csv, good(&machine, &["audit", "--csv", "--since", "2026-03-01", "--app", "shop"])).unwrap();
    let script =
        "import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='')))))";
    let output = Command::new("python3").args(["-c", script]).arg(&csv).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let trail = json(&machine, &["audit", "--json", "--app", "shop"]);
    let rows = trail["rows"].as_array().unwrap();
    assert_eq!(read.len(), rows.len());
    for (read, row) in read.iter().zip(rows) {
        for column in ["time", "actor", "action", "app", "detail", "hash"] {
            assert_eq!(read[column], row[column]);
        }
        assert_eq!(read["seq"].as_str().unwrap(), row["seq"].to_string());
    }
    assert!(read[0]["gates"].as_str().unwrap().contains("scan=skipped (waived by ana: \"known\")"));
    let actions: Vec<&str> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["promotion", "promotion", "config", "flag", "abort", "promotion", "rollback"]);
}

#[test]
fn the_metrics_come_from_the_ledger_when_it_knows_the_app() {
    let machine = Machine::with_history();
    fs::write(machine.state().join("seaworthy.toml"), "name = \"shop\"\n").unwrap();
    // The window holds March 2026 until 2036.
    let asked = ["dora", "--days", "3660", "--zone", "UTC"];
    let report = json(&machine, &[&asked[..], &["--json"]].concat());
    assert_eq!((&report["schema"], &report["origin"]), (&"sea.dora/1".into(), &"ledger".into()));
    // r40, r41, the canary r42, and r43; the canary and the one that was rolled back failed.
    assert_eq!(report["deployment_frequency"]["now"]["deployments"], 4);
    let failed = &report["change_fail_rate"]["now"];
    assert_eq!((&failed["count"], &failed["of"]), (&2.into(), &4.into()));
    assert_eq!(report["failed_deployment_recovery_time"]["now"]["times"]["count"], 2);
    let text = good(&machine, &asked);
    assert!(text.contains("from the ledger") && text.contains("50 %"), "{text}");

    let none = on(&machine, &["dora", "--env", "staging", "--from", "ledger"]);
    assert_eq!(none.code, 2, "{}", none.stdout);
    assert!(none.stderr.contains("sea dora --from tags"), "{}", none.stderr);
    // The folder has no git, so there is nowhere else to look.
    let elsewhere = on(&machine, &["-C", ".", "dora", "--env", "staging"]);
    assert_eq!(elsewhere.code, 3, "{}", elsewhere.stderr);
}

/// Changes one letter of an event that was written long ago.
fn damage(file: &Path, letters: &str, others: &str) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.windows(letters.len()).position(|window| window == letters.as_bytes()).unwrap();
    bytes[at..at + letters.len()].copy_from_slice(others.as_bytes());
    fs::write(file, bytes).unwrap();
}

#[test]
fn damage_is_found_and_repaired_when_that_is_wanted() {
    let machine = Machine::with_history();
    assert!(good(&machine, &["history", "--repair"]).contains("and nothing to repair"));
    let noted = json(&machine, &["history", "--json", "-n", "1"])["events"][0].clone();
    let noted = format!("{}:{}", noted["seq"], noted["hash"].as_str().unwrap());
    good(&machine, &["history", "--verify", "--noted", &noted]);
    let other = format!("{}1", &noted[..noted.len() - 1]);
    let other = if other == noted { format!("{}2", &noted[..noted.len() - 1]) } else { other };
    let rewritten = on(&machine, &["history", "--verify", "--noted", &other]);
    assert_eq!(rewritten.code, 1, "{}", rewritten.stderr);
    assert_eq!(on(&machine, &["history", "--verify", "--noted", "12"]).code, 2);

    let events = numbers(&machine, &["--all", "-n", "1000"]).len();
    damage(&machine.file(), "orders: by the week", "orders: by the yeak");
    let verified = on(&machine, &["history", "--verify"]);
    assert_eq!(verified.code, 1, "{}", verified.stdout);
    assert!(verified.stderr.contains("error[ledger-damaged]"), "{}", verified.stderr);
    assert!(verified.stderr.contains("was changed after it was written"), "{}", verified.stderr);
    assert!(verified.stderr.contains("sea history --repair"), "{}", verified.stderr);

    let before = fs::read(machine.file()).unwrap();
    let asked = on(&machine, &["history", "--repair"]);
    assert_eq!(asked.code, 1);
    assert!(asked.stdout.contains(&format!("keeps {} events and loses 1", events - 1)), "{}", asked.stdout);
    assert!(asked.stdout.contains("sea history --repair --yes"), "{}", asked.stdout);
    assert_eq!(fs::read(machine.file()).unwrap(), before, "nothing was done");

    let repaired = good(&machine, &["history", "--repair", "--yes"]);
    assert!(repaired.contains(&format!("{} events are kept, 1 are lost", events - 1)), "{repaired}");
    assert!(good(&machine, &["history", "--verify"]).contains("were taken out"));
    let newest = json(&machine, &["history", "--json", "-n", "1"])["events"][0].clone();
    assert_eq!(newest["kind"], "checkpoint");
    assert!(Path::new(newest["body"]["set_aside"].as_str().unwrap()).join("ledger.db").exists());
}

#[test]
fn other_files_are_left_alone() {
    let machine = Machine::new();
    fs::create_dir_all(machine.file().parent().unwrap()).unwrap();
    fs::write(machine.file(), "no ledger at all, but a text that is longer than its header would be, by far")
        .unwrap();
    let run = on(&machine, &["history"]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert!(run.stderr.contains("error[ledger-foreign]"), "{}", run.stderr);
    assert_eq!(on(&machine, &["history", "--repair", "--yes"]).code, 3);
}

#[cfg(unix)]
#[test]
fn who_may_not_write_reads_all_the_same() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let machine = Machine::with_history();
    let expected = good(&machine, &["history"]);
    let folder = machine.file().parent().unwrap().to_owned();
    fs::set_permissions(machine.state(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write whatever the permissions say.
    let is_root = fs::metadata(&folder).unwrap().uid() == 0;
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sea"));
        command.args(arguments).env("SEA_STATE", machine.state()).env("TZ", "UTC").current_dir("/");
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().unwrap()
    };
    let read = ask(&["history"]);
    assert_eq!(
        String::from_utf8(read.stdout).unwrap(),
        expected,
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    assert!(ask(&["history", "--verify"]).status.success());
    assert!(ask(&["show", "r41"]).status.success());
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_happens_is_followed() {
    let machine = Machine::with_history();
    let mut follow = Command::new(env!("CARGO_BIN_EXE_sea"))
        .args(["history", "--follow", "--json", "-n", "2"])
        .env("SEA_STATE", machine.state())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let (first, second) = (next()["seq"].as_u64().unwrap(), next()["seq"].as_u64().unwrap());
    assert!(first < second, "oldest first");
    let scribe = Scribe::new(&machine.file());
    scribe.ledger.append(&step(0)).unwrap();
    assert_eq!((next()["kind"].as_str().unwrap(), second), ("step", second));
    follow.kill().unwrap();
    follow.wait().unwrap();
}

fn step(number: u32) -> Draft {
    let body = Step {
        step: format!("step-{number}"),
        outcome: Outcome::Passed,
        duration_ms: 12,
        cache: None,
        because: None,
        commit: None,
    };
    Draft::new(name("shop"), Key::parse(&format!("step/{number}")).unwrap(), body.into())
}

/// A page of many events is one of few: nothing is read that is not shown.
#[test]
fn a_hundred_thousand_events() {
    let machine = Machine::new();
    let scribe = Scribe::new(&machine.file());
    let drafts: Vec<Draft> = (0..100_000).map(step).collect();
    for batch in drafts.chunks(10_000) {
        scribe.ledger.append_all(batch, Durability::Relaxed).unwrap();
    }
    drop(scribe);
    assert_eq!(numbers(&machine, &["-n", "3"]), [100_000, 99_999, 99_998]);
    assert_eq!(numbers(&machine, &["-n", "2500"]).len(), 2_500);
    assert_eq!(numbers(&machine, &["--kind", "promotion"]), [0_u64; 0]);
    assert!(good(&machine, &["history", "--verify"]).contains("100000 events"));
}
