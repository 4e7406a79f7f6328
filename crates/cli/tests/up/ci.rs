//! `sea up --ci`: waits, runs, stops, and hands the code on.

use std::process::{Command, Output};

use crate::running::{SEA, demo, folder, free_port};

fn ci(root: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(SEA).arg("up").args(arguments).current_dir(root).output().unwrap()
}

#[test]
fn the_command_sees_a_ready_app_and_its_code_is_handed_on() {
    let folder = demo();
    let script = "import os, sys, urllib.request as u\nrequest = u.Request(os.environ['SEA_URL'].replace('demo.localhost', '127.0.0.1'))\nprint(u.urlopen(request).read().decode())\nsys.exit(7)";
    let done = ci(folder.path(), &["--ci", "python3", "-c", script]);
    assert_eq!(done.status.code(), Some(7), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("hello"));
    assert_eq!(ci(folder.path(), &["--ci", "true"]).status.code(), Some(0));
    let line = ci(folder.path(), &["--ci", "test -n \"$SEA_URL\" && exit 9"]);
    assert_eq!(line.status.code(), Some(9), "{}", String::from_utf8_lossy(&line.stderr));
    let wrong = ci(folder.path(), &["--ci", "no-such-program", "now"]);
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(wrong.status.code() == Some(2) && told.contains("no-such-program now cannot be run"), "{told}");
}

#[test]
fn an_app_that_does_not_become_ready_is_said() {
    let port = free_port();
    let config = format!("name = \"demo\"\n[services.web]\nstart = \"sleep 600\"\nport = {port}\n");
    let folder = folder(&[("seaworthy.toml", &config)]);
    let done = ci(folder.path(), &["--timeout", "1", "--ci", "true"]);
    assert_eq!(done.status.code(), Some(3));
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(told.contains(&format!("nothing listens on port {port}")), "{told}");
}
