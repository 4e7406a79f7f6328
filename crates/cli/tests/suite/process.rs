//! Running `sea`.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A repository of `examples/`.
pub(crate) fn example(name: &str) -> PathBuf {
    workspace().join("examples").join(name)
}

/// `sea`, as a script would call it: no terminal, no wishes about colours, a fixed width.
pub(crate) fn sea(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sea"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    // What the machine of the tests has shipped is none of their business.
    command.env("COLUMNS", "100").env("SEA_STATE", "/no/such/state").args(arguments);
    command
}

/// What one run of `sea` left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `sea` in a folder.
pub(crate) fn run_in(dir: &Path, arguments: &[&str]) -> Run {
    let output = sea(arguments).current_dir(dir).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
