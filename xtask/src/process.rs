//! Running other programs from the root of the workspace, with their output passed through.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a task says at its end: a summary, or why it failed.
pub(crate) type Outcome = Result<String, String>;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// A program, to run in the root.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo of the workspace's toolchain.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(env!("CARGO"), arguments)
}

/// The cargo of the nightly toolchain, whatever toolchain runs this.
pub(crate) fn nightly(arguments: &[&str]) -> Command {
    let mut command = program("rustup", &["run", "nightly", "cargo"]);
    command.args(arguments).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env_remove("RUSTC");
    command
}

/// Runs it to its end.
pub(crate) fn run(mut command: Command) -> Result<(), String> {
    let line = line(&command);
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` ended with {status}")),
        Err(error) => Err(format!("`{line}` cannot be run: {error}")),
    }
}

/// What it prints, when it succeeds.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let line = line(&command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{line}` cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{line}` ended with {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// It can be run and succeeds; what it prints is of no interest.
pub(crate) fn works(mut command: Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// As it would be typed.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(std::ffi::OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
