//! Saves: what restarts, how often, and what else a changed file leads to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::running::{SEA, Up, demo, folder, free_port, get, one, until};

/// The process id in an answer of the server.
fn pid(port: u16) -> Option<u32> {
    let (status, body) = get(port, "web.demo.localhost", "/");
    // An answer that ends early, as its process does, names none.
    (status == 200).then(|| body.split(' ').nth(1)?.parse().ok()).flatten()
}

#[test]
fn a_save_restarts_the_service() {
    let folder = demo();
    let mut up = Up::start(folder.path());
    let port = up.port();
    let before = pid(port).unwrap();
    let server = folder.path().join("server.py");
    let text = fs::read_to_string(&server).unwrap();
    // Until the folder is watched, saves are nobody's business.
    let mut count = 0;
    until("another process answers", || {
        count += 1;
        fs::write(&server, format!("{text}\n# {count}\n")).unwrap();
        let end = std::time::Instant::now() + Duration::from_secs(2);
        while std::time::Instant::now() < end {
            // A request that the old process was answering when it was stopped is lost.
            if pid(port).is_some_and(|pid| pid != before) {
                return true;
            }
        }
        false
    });
    up.end();
}

#[test]
fn many_saves_give_few_restarts_and_the_last_one_counts() {
    let folder = demo();
    let mut up = Up::start(folder.path());
    let port = up.port();
    let server = folder.path().join("server.py");
    let text = fs::read_to_string(&server).unwrap().replace("\"hello\"", "WORD");
    let save = |word: &str| fs::write(&server, format!("WORD = {word:?}\n{text}")).unwrap();
    until("saves are noticed", || {
        save("first");
        std::thread::sleep(Duration::from_millis(300));
        get(port, "web.demo.localhost", "/").1.starts_with("first")
    });
    let log = folder.path().join(".seaworthy/logs/web.log");
    let starts = || fs::read_to_string(&log).unwrap().matches(" sea F started").count();
    // What was saved while it was waited for has had its restart.
    std::thread::sleep(Duration::from_secs(2));
    let (before, began) = (starts(), std::time::Instant::now());
    for number in 0..200 {
        save(&format!("word{number}"));
        std::thread::sleep(Duration::from_millis(10));
    }
    // On a busy machine the saves take longer than the two seconds of the promise, which is three restarts for these.
    let promised = (3 * began.elapsed().as_millis()).div_ceil(2_000).max(3);
    until("the last save is there", || get(port, "web.demo.localhost", "/").1.starts_with("word199 "));
    // One more batch could still come.
    std::thread::sleep(Duration::from_secs(1));
    let restarts = (starts() - before) as u128;
    assert!(restarts <= promised, "{restarts} restarts, {promised} were promised");
    up.end();
}

#[test]
fn a_broken_save_is_shown_and_the_next_one_mends_it() {
    let folder = demo();
    let mut up = Up::start(folder.path());
    let port = up.port();
    let server = folder.path().join("server.py");
    let text = fs::read_to_string(&server).unwrap();
    until("the broken file is noticed", || {
        fs::write(&server, format!("{text}\nthis is no python {:?}\n", std::time::Instant::now())).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        get(port, "web.demo.localhost", "/").0 == 503
    });
    let failed = up.until("the reason is told", |event| {
        event["event"] == "member"
            && event["data"]["detail"].as_str().is_some_and(|detail| detail.contains("SyntaxError"))
    });
    assert_eq!(failed["data"]["name"], "web");
    fs::write(&server, &text).unwrap();
    until("it is back", || get(port, "web.demo.localhost", "/").0 == 200);
    up.end();
}

/// What `sea status --json` says a person should act on, by code.
fn problems(root: &Path) -> Vec<String> {
    let asked = Command::new(SEA).args(["status", "--json"]).current_dir(root).output().unwrap();
    let app: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let problems = app["problems"].as_array().unwrap().iter();
    problems.map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_problem_is_taken_back_when_what_it_is_about_succeeds() {
    let config =
        "name = \"demo\"\n[services.web]\nbuild = \"sh build.sh\"\nstatic = \"out\"\nroute = \"/\"\n";
    let folder = folder(&[
        ("seaworthy.toml", config),
        ("build.sh", "echo 'Error: no template' >&2; exit 1"),
        ("out/index.html", "old"),
    ]);
    let mut up = Up::start(folder.path());
    let problem = up.until("the build fails", |event| event["event"] == "problem");
    assert_eq!(problem["data"]["code"], "command-failed");
    assert_eq!(problems(folder.path()), ["command-failed"]);
    let mut count = 0;
    until("the problem is gone", || {
        count += 1;
        let script = format!("# {count}\necho new > out/index.html");
        fs::write(folder.path().join("build.sh"), script).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        problems(folder.path()).is_empty()
    });
    let port = up.port();
    assert_eq!(get(port, "web.demo.localhost", "/"), (200, "new\n".to_owned()));
    up.end();
}

#[test]
fn a_schema_that_is_corrected_lets_those_start_who_waited_for_it() {
    let config = "name = \"demo\"\n[services.worker]\nstart = \"sleep 600\"\nenv = { DATABASE_URL = \"${resources.db.url}\" }\n\
                  [resources.db]\ntype = \"postgres\"\nschema = \"db/schema.sql\"\n";
    let folder = folder(&[("seaworthy.toml", config), ("db/schema.sql", "CREATE TABEL works ();")]);
    // The user that PostgreSQL runs as, when this is root, has to get in.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut up = Up::start(folder.path());
    up.until_phase("worker", "failed");
    assert_eq!(problems(folder.path()), ["sql-failed"]);
    let mut count = 0;
    until("the problem is gone", || {
        count += 1;
        let schema = format!("-- {count}\nCREATE TABLE works ();");
        fs::write(folder.path().join("db/schema.sql"), schema).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        problems(folder.path()).is_empty()
    });
    up.until_phase("worker", "ready");
    up.end();
}

#[test]
fn an_env_file_reaches_the_service() {
    let port = free_port();
    let server = crate::running::SERVER.replace("\"hello\"", "os.environ.get(\"WORD\", \"none\")");
    let folder = folder(&[("seaworthy.toml", &one(port)), ("server.py", &server), (".env", "WORD=first\n")]);
    let mut up = Up::start(folder.path());
    let port = up.port();
    assert!(get(port, "web.demo.localhost", "/").1.starts_with("first "));
    let mut count = 0;
    until("the new value is there", || {
        count += 1;
        fs::write(folder.path().join(".env"), format!("# {count}\nWORD=second\n")).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        get(port, "web.demo.localhost", "/").1.starts_with("second ")
    });
    up.end();
}

#[test]
fn the_model_is_read_again_and_only_its_difference_applied() {
    let folder = demo();
    let config = fs::read_to_string(folder.path().join("seaworthy.toml")).unwrap();
    fs::create_dir(folder.path().join("second")).unwrap();
    fs::write(folder.path().join("second/other.py"), crate::running::SERVER).unwrap();
    let mut up = Up::start(folder.path());
    let port = up.port();
    let before = pid(port).unwrap();
    let other = free_port();
    let second = format!(
        "{config}\n[services.second]\npath = \"second\"\nstart = \"python3 other.py\"\nport = {other}\nenv = {{ PORT = \"{other}\" }}\n"
    );
    let mut count = 0;
    until("the second service answers", || {
        count += 1;
        fs::write(folder.path().join("seaworthy.toml"), format!("# {count}\n{second}")).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        get(port, "second.demo.localhost", "/").0 == 200
    });
    assert_eq!(pid(port), Some(before), "the first one was left alone");
    fs::write(folder.path().join("seaworthy.toml"), "this is = = no toml").unwrap();
    up.until("the mistake is told", |event| {
        event["event"] == "problem" && event["data"]["code"] == "model-wrong"
    });
    assert_eq!(get(port, "second.demo.localhost", "/").0, 200);
    fs::write(folder.path().join("seaworthy.toml"), &config).unwrap();
    until("the second service is gone", || {
        get(port, "second.demo.localhost", "/").1.split(' ').nth(1) == Some(&before.to_string())
            || get(port, "second.demo.localhost", "/").0 != 200
    });
    assert_eq!(pid(port), Some(before));
    up.end();
}
