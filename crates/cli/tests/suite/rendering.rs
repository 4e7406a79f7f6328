//! Errors with their line, column and excerpt; no colours where no terminal is; a closed pipe.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::process::{example, run_in, sea};
use crate::repository::{EXPRESS, repository, write};

#[test]
fn a_mistake_is_shown_with_its_place_and_an_excerpt() {
    let repo = repository(EXPRESS);
    write(
        repo.path(),
        "seaworthy.toml",
        "name = \"shop\"\n\n[services.shop]\nprot = 4000\nkind = \"webb\"\ndepends_on = [\"bd\"]\n",
    );
    let run = run_in(repo.path(), &["plan"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!("mistakes", run.stderr);
}

#[test]
fn a_wrong_setting_of_the_command_line_is_shown_as_it_was_typed() {
    let repo = repository(EXPRESS);
    let run = run_in(repo.path(), &["plan", "--set", "services.shop.port=70000"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!("wrong-setting", run.stderr);
    let run = run_in(repo.path(), &["plan", "--set", "services.shop.port"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("error[missing-value]"), "{}", run.stderr);
}

#[test]
fn an_unknown_environment_is_named() {
    let repo = repository(EXPRESS);
    write(repo.path(), "seaworthy.toml", "[environments.staging]\nengine = \"host\"\n");
    let run = run_in(repo.path(), &["plan", "--env", "stagging"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!("unknown-environment", run.stderr);
}

#[test]
fn the_summary_of_an_app() {
    let repo = repository(EXPRESS);
    insta::assert_snapshot!("summary", run_in(repo.path(), &["plan"]).stdout);
}

#[test]
fn an_explanation_shows_every_proposal() {
    let repo = repository(EXPRESS);
    write(repo.path(), "seaworthy.toml", "[services.shop]\nport = 5000\n");
    insta::assert_snapshot!("explanation", run_in(repo.path(), &["plan", "--explain", "shop.port"]).stdout);
}

#[test]
fn nothing_is_coloured_where_there_is_no_terminal() {
    let repo = repository(EXPRESS);
    write(repo.path(), "seaworthy.toml", "prot = 1\n");
    for no_color in [false, true] {
        for arguments in
            [&["plan"][..], &["plan", "--explain", "shop"], &["--help"], &["plan", "--jsno"], &["explain"]]
        {
            let mut command = sea(arguments);
            if no_color {
                command.env("NO_COLOR", "1");
            }
            let output = command.current_dir(repo.path()).output().unwrap();
            for bytes in [output.stdout, output.stderr] {
                assert!(!bytes.contains(&0x1b), "{arguments:?}: {}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    for arguments in [&["plan"][..], &["plan", "--json"], &["schema"], &["explain"], &["completions", "bash"]]
    {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sea"))
            .args(arguments)
            .current_dir(example("artist-dashboard"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
        reader.read_line(&mut line).unwrap();
        drop(reader);
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}
