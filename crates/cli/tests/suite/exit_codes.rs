//! 0 done, 2 the command or `seaworthy.toml` is wrong, 3 something outside failed.

use crate::process::{example, run_in, workspace};
use crate::repository::{EXPRESS, repository};

fn code(arguments: &[&str]) -> i32 {
    run_in(&workspace(), arguments).code
}

#[test]
fn what_works_ends_with_0() {
    assert_eq!(code(&["plan", example("artist-dashboard").to_str().unwrap()]), 0);
    assert_eq!(code(&["schema"]), 0);
    assert_eq!(code(&["schema", "plan"]), 0);
    assert_eq!(code(&["explain"]), 0);
    assert_eq!(code(&["explain", "unknown-key"]), 0);
    assert_eq!(code(&["--help"]), 0);
}

#[test]
fn a_wrong_command_ends_with_2() {
    assert_eq!(code(&[]), 2);
    assert_eq!(code(&["plna"]), 2);
    assert_eq!(code(&["plan", "--jsno"]), 2);
    assert_eq!(code(&["plan", "--json", "--explain", "api"]), 2);
    assert_eq!(code(&["schema", "colour"]), 2);
    assert_eq!(code(&["plan", "no/such/folder"]), 2);
    assert_eq!(code(&["-C", "no/such/folder", "init", "--stdout"]), 2);
    assert_eq!(code(&["explain", "unknown-kee"]), 2);
}

#[test]
fn a_wrong_seaworthy_toml_ends_with_2_and_is_planned_as_far_as_it_goes() {
    let repo = repository(EXPRESS);
    crate::repository::write(repo.path(), "seaworthy.toml", "[services.shop]\nprot = 1\n");
    let run = run_in(repo.path(), &["plan"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("error[unknown-key]"), "{}", run.stderr);
    assert!(run.stdout.contains("npm start"), "{}", run.stdout);
}

#[test]
fn an_odd_seaworthy_toml_ends_with_0() {
    let repo = repository(&[("seaworthy.toml", "[environments.production]\ncontext = \"production\"\n")]);
    let run = run_in(repo.path(), &["plan"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("warning[kubernetes-only]"), "{}", run.stderr);
}

#[test]
fn a_mistake_says_what_to_type_next() {
    let run = run_in(&workspace(), &["explain", "unknown-kee"]);
    assert_eq!(
        run.stderr,
        "error: there is no code or rule `unknown-kee`\n  next: sea explain unknown-key\n"
    );
    let repo = repository(EXPRESS);
    let run = run_in(repo.path(), &["plan", "--explain", "web"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("next: sea plan --explain"), "{}", run.stderr);
}

#[test]
fn a_file_that_cannot_be_written_ends_with_3() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let run = run_in(dir.path(), &["man", "file/below"]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.starts_with("error: cannot write man pages"), "{}", run.stderr);
    assert!(run.stderr.contains("because: "), "{}", run.stderr);
}

#[test]
fn an_empty_folder_is_no_mistake() {
    let repo = repository(&[]);
    let run = run_in(repo.path(), &["plan"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("Nothing that runs was found here"), "{}", run.stdout);
}
