//! What cannot run says why, and leaves a clean machine.

use std::fs;
use std::process::Command;

use crate::running::{SEA, Up, demo, folder, free_port, until};

fn fails(root: &std::path::Path, code: i32, words: &[&str]) {
    let done = Command::new(SEA).arg("up").current_dir(root).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(code), "{told}");
    for word in words {
        assert!(told.contains(word), "{word} in {told}");
    }
}

#[test]
fn nothing_to_run_is_said() {
    fails(folder(&[("notes.txt", "nothing")]).path(), 2, &["nothing to run", "sea init"]);
}

#[test]
fn a_wrong_model_is_shown_with_its_place() {
    fails(
        folder(&[("seaworthy.toml", "[services.web]\nprot = 1\n")]).path(),
        2,
        &["seaworthy.toml:2", "prot"],
    );
}

#[test]
fn a_state_directory_that_cannot_be_used_is_named() {
    let folder = demo();
    fs::write(folder.path().join(".seaworthy"), "a file").unwrap();
    fails(folder.path(), 3, &[".seaworthy"]);
}

#[test]
fn a_service_that_exits_at_once_is_a_crash_loop_with_its_first_error() {
    let config = "name = \"demo\"\n[services.worker]\nstart = \"python3 worker.py\"\n";
    let folder = folder(&[("seaworthy.toml", config), ("worker.py", "import no_such_module\n")]);
    let mut up = Up::start(folder.path());
    let member = up.until_phase("worker", "crash-loop");
    assert_eq!(member["cause"], "ModuleNotFoundError: No module named 'no_such_module'");
    up.end();
}

#[test]
fn a_service_that_forks_away_is_told_to_stay() {
    let config = "name = \"demo\"\n[services.worker]\nstart = \"sh run.sh\"\n";
    let folder = folder(&[("seaworthy.toml", config), ("run.sh", "setsid sleep 600 & sleep 0.1")]);
    let mut up = Up::start(folder.path());
    let member = up.until_phase("worker", "restarting");
    assert!(member["detail"].as_str().unwrap().contains("must stay in the foreground"), "{member}");
    up.end();
}

#[test]
fn a_service_that_listens_elsewhere_is_followed_there() {
    let (wanted, real) = (free_port(), free_port());
    let config = format!(
        "name = \"demo\"\n[services.web]\nstart = \"python3 server.py\"\nport = {wanted}\nroute = \"/\"\nenv = {{ WHERE = \"{real}\" }}\n"
    );
    let server = crate::running::SERVER.replace("PORT", "WHERE");
    let folder = folder(&[("seaworthy.toml", &config), ("server.py", &server)]);
    let mut up = Up::start(folder.path());
    let port = up.port();
    assert_eq!(crate::running::get(port, "localhost", "/").0, 200);
    up.end();
}

#[test]
fn a_corrupt_state_directory_is_made_anew() {
    let folder = demo();
    for file in ["cache/ports.json", "secrets.json", "cache/jobs.json", "run/run.json"] {
        let path = folder.path().join(".seaworthy").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{ not json \u{0}").unwrap();
    }
    let mut up = Up::start(folder.path());
    up.until_ready();
    up.end();
}

#[test]
fn a_deleted_folder_is_said_and_leaves_a_clean_machine() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("app");
    let made = demo();
    fs::rename(made.path(), &root).unwrap();
    let mut up = Up::start(&root);
    up.until_ready();
    let run = up.run();
    fs::remove_dir_all(&root).unwrap();
    // Either the watcher says so, or whatever is started again in a folder that is gone.
    let gone = ["root-gone", "is not a folder", "is not there", "No such file"];
    up.until("it is told", |event| gone.iter().any(|word| event.to_string().contains(word)));
    up.signal("INT");
    assert!(up.child.wait().unwrap().success());
    until("nothing is left", || crate::running::survivors(&run).is_empty());
}

#[test]
fn a_missing_runtime_is_named_with_what_to_type() {
    let folder = folder(&[
        ("Procfile", "web: python3 -m http.server $PORT\n"),
        (
            "mix.exs",
            "defmodule A.MixProject do\n  use Mix.Project\n  def project, do: [app: :a, version: \"0.1.0\", elixir: \"~> 1.16\"]\nend\n",
        ),
    ]);
    let mut command = Command::new(SEA);
    command.args(["up", "--json"]).current_dir(folder.path()).stdout(std::process::Stdio::piped());
    let mut up = Up::spawn(command, folder.path());
    let problem = up.until("the runtime is named", |event| event["event"] == "problem");
    assert!(problem["data"]["message"].as_str().unwrap().contains("elixir"), "{problem}");
    up.end();
}
