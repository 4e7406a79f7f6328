//! Ports and worktrees: nobody is in anybody's way.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::running::{SEA, Up, demo, folder, get, one, port_of};

#[test]
fn a_taken_port_is_moved_and_its_holder_named() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().port();
    let server = "const http = require('http');\nhttp.createServer((q, s) => s.end('moved')).listen(process.env.PORT || PORT);\n"
        .replace("PORT)", &format!("{taken})"));
    let folder = folder(&[
        ("package.json", r#"{"name": "mover", "scripts": {"start": "node server.js"}}"#),
        ("server.js", &server),
    ]);
    let mut up = Up::start(folder.path());
    let problem = up.until("the move is told", |event| event["event"] == "problem");
    assert_eq!(problem["data"]["code"], "port-moved");
    let message = problem["data"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains(&taken.to_string()) && message.contains(&std::process::id().to_string()),
        "{message}"
    );
    let port = up.port();
    assert_eq!(get(port, "localhost", "/"), (200, "moved".to_owned()));
    up.end();
}

#[test]
fn who_waits_before_the_app_is_up_waits_for_that_too() {
    let folder = demo();
    let wait = |more: &[&str]| {
        let mut command = Command::new(SEA);
        command
            .arg("wait")
            .args(more)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let late = wait(&["--timeout", "0"]).output().unwrap();
    assert_eq!(late.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&late.stderr).contains("nothing is up"), "{late:?}");
    let waiting = wait(&["--timeout", "60"]).spawn().unwrap();
    let mut up = Up::start(folder.path());
    let waited = waiting.wait_with_output().unwrap();
    assert_eq!(waited.status.code(), Some(0), "{waited:?}");
    assert!(String::from_utf8_lossy(&waited.stdout).contains("web"), "{waited:?}");
    up.until_ready();
    up.end();
}

#[test]
fn two_worktrees_run_side_by_side_with_their_own_data() {
    let (left, right) = (demo(), demo());
    std::fs::write(left.path().join("word"), "left").unwrap();
    std::fs::write(right.path().join("word"), "right").unwrap();
    let (mut first, mut second) = (Up::start(left.path()), Up::start(right.path()));
    let ports = [port_of(&first.until_ready()), port_of(&second.until_ready())];
    assert_ne!(ports[0], ports[1]);
    assert!(get(ports[0], "demo.localhost", "/").1.starts_with("left"));
    assert!(get(ports[1], "demo.localhost", "/").1.starts_with("right"));
    first.end();
    assert!(get(ports[1], "demo.localhost", "/").1.starts_with("right"), "the other one goes on");
    second.end();
    let mut again = Up::start(left.path());
    assert_eq!(port_of(&again.until_ready()), ports[0], "its address stays");
    again.end();
}

#[test]
fn two_worktrees_with_the_same_wish_both_get_a_port() {
    let port = crate::running::free_port();
    let server = "const http = require('http');\nhttp.createServer((q, s) => s.end('hi')).listen(process.env.PORT || 3000);\n";
    let make = || {
        folder(&[
            ("package.json", r#"{"name": "twin", "scripts": {"start": "node server.js"}}"#),
            ("server.js", &server.replace("3000", &port.to_string())),
        ])
    };
    let (left, right) = (make(), make());
    let (mut first, mut second) = (Up::start(left.path()), Up::start(right.path()));
    for up in [&mut first, &mut second] {
        let port = up.port();
        assert_eq!(get(port, "localhost", "/"), (200, "hi".to_owned()));
    }
    first.end();
    second.end();
}

#[test]
fn a_second_run_in_the_same_worktree_is_refused_and_says_where_the_first_is() {
    let folder = demo();
    let mut up = Up::start(folder.path());
    up.until_ready();
    let second = Command::new(SEA).arg("up").current_dir(folder.path()).output().unwrap();
    assert_eq!(second.status.code(), Some(3));
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(told.contains("already up") && told.contains(&up.child.id().to_string()), "{told}");
    up.end();
    let _ = one(1);
}
