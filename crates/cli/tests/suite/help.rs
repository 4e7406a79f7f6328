//! What every command says about itself.

use crate::process::{run_in, workspace};

/// Every command, by what is typed before `--help`.
pub(crate) const COMMANDS: [&[&str]; 45] = [
    &[],
    &["up"],
    &["status"],
    &["logs"],
    &["start"],
    &["stop"],
    &["restart"],
    &["exec"],
    &["wait"],
    &["open"],
    &["down"],
    &["check"],
    &["advisories"],
    &["advisories", "update"],
    &["generate"],
    &["drift"],
    &["ci"],
    &["ship"],
    &["rollback"],
    &["serve"],
    &["scale"],
    &["maintenance"],
    &["history"],
    &["show"],
    &["audit"],
    &["dora"],
    &["secrets"],
    &["secrets", "init"],
    &["secrets", "set"],
    &["secrets", "get"],
    &["secrets", "list"],
    &["secrets", "check"],
    &["secrets", "remove"],
    &["secrets", "edit"],
    &["secrets", "rotate"],
    &["secrets", "recipient"],
    &["secrets", "recipient", "add"],
    &["secrets", "recipient", "remove"],
    &["secrets", "recipient", "list"],
    &["secrets", "export-key"],
    &["plan"],
    &["init"],
    &["schema"],
    &["explain"],
    &["completions"],
];

/// The help of one command.
pub(crate) fn help(command: &[&str]) -> String {
    let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
    let run = run_in(&workspace(), &arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{command:?}");
    run.stdout
}

#[test]
fn every_command_helps() {
    for command in COMMANDS {
        let name = ["help"].iter().chain(command).copied().collect::<Vec<_>>().join("-");
        insta::assert_snapshot!(name, help(command));
    }
}

#[test]
fn no_visible_command_is_missing_here() {
    let listed: Vec<String> = help(&[])
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    let known: Vec<&str> = COMMANDS
        .iter()
        .filter_map(|command| command.first().copied().filter(|_| command.len() == 1))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_version_is_that_of_the_package() {
    let run = run_in(&workspace(), &["--version"]);
    assert_eq!(run.stdout, format!("sea {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = run_in(&workspace(), &["completions", shell]);
        assert_eq!(run.code, 0);
        assert!(run.stdout.contains("explain"), "{shell}");
    }
}

#[test]
fn man_pages_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path(), &["man", "man1"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(dir.path().join("man1/sea.1").exists());
    assert!(dir.path().join("man1/sea-plan.1").exists());
}
