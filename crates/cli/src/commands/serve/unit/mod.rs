//! The unit that makes systemd start the server with the machine.

mod text;

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seaworthy_engine::serve::find;

use super::background;
use crate::args::StateArgs;
use crate::commands::state;
use crate::exit::{self, Outside};
use crate::output::style::{self, paint};
use text::Unit;

/// Where units of the administrator are.
const FILE: &str = "/etc/systemd/system/seaworthy.service";
const NAME: &str = "seaworthy.service";

/// Writes the unit, and has systemd start it where systemd runs: it takes over from the server that serves.
pub(super) fn install(args: &StateArgs, arguments: &[String]) -> anyhow::Result<u8> {
    let program = std::env::current_exe()?;
    // systemd starts it in another folder than this one.
    let state = std::path::absolute(folder(args, &program)?)?;
    let unit = Unit {
        program: &lasting(&program, &state),
        state: &state,
        user: std::fs::metadata(&state)
            .map_or_else(|_| rustix::process::geteuid().as_raw(), |state| state.uid()),
        arguments,
    };
    if let Err(error) = std::fs::write(FILE, unit.text()) {
        return Err(Outside {
            message: format!("{FILE}: {error}"),
            help: Some(format!("sudo {} serve --install", program.display())),
        }
        .into());
    }
    anstream::println!("wrote {FILE}");
    if !systemd_runs() {
        anstream::println!("systemd does not run on this machine; where it does, it starts the unit at boot");
        return Ok(exit::DONE);
    }
    for arguments in [["daemon-reload"].as_slice(), &["enable", NAME]] {
        if !Command::new("systemctl").args(arguments).status()?.success() {
            let message = format!("systemctl {} failed", arguments.join(" "));
            return Err(Outside { message, help: Some(format!("systemctl status {NAME}")) }.into());
        }
    }
    // One that was started in the background holds the state; it leaves what it runs to the unit's. The unit's own is
    // replaced by one with these arguments.
    if let Some(record) = find(&state).filter(|record| main_process() != Some(record.pid)) {
        background::end(&state, &record)?;
    }
    let is_started = Command::new("systemctl").args(["restart", NAME]).status()?.success();
    let record = if is_started { background::until_it_serves(&state, || Ok(false))? } else { None };
    let record = record.ok_or_else(does_not_serve)?;
    anstream::println!(
        "{} on http://localhost:{}, kept by systemd: {}",
        paint(style::NAME, "serving"),
        record.http,
        paint(style::HINT, "systemctl status seaworthy")
    );
    Ok(exit::DONE)
}

/// Whether systemd is to keep the server of this state folder.
pub(super) fn is_to_serve(state: &Path) -> bool {
    let (Ok(state), Ok(text)) = (std::path::absolute(state), std::fs::read_to_string(FILE)) else {
        return false;
    };
    systemd_runs() && text::is_of(&text, &state)
}

/// Has systemd start the unit, and tells whether it did; who is not root may not be allowed to.
pub(super) fn start() -> bool {
    let mut command = Command::new("systemctl");
    command.args(["--no-ask-password", "start", NAME]);
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// What is said when the unit's server does not serve.
pub(super) fn does_not_serve() -> Outside {
    Outside {
        message: format!("systemd does not get {NAME} to serve"),
        help: Some(format!("journalctl --unit {NAME}")),
    }
}

/// The process id of the unit's server.
fn main_process() -> Option<u32> {
    let arguments = ["show", "--property", "MainPID", "--value", NAME];
    let output = Command::new("systemctl").args(arguments).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok().filter(|pid| *pid != 0)
}

/// The folder is there exactly where systemd is the first process.
fn systemd_runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// The state folder. Whoever types `sudo STATE/bin/sea` means the one that the program is in, and not root's.
fn folder(args: &StateArgs, program: &Path) -> anyhow::Result<PathBuf> {
    let is_said = args.state.is_some() || std::env::var_os("SEA_STATE").is_some_and(|said| !said.is_empty());
    let around = program.parent().filter(|bin| bin.ends_with("bin")).and_then(Path::parent);
    match around.filter(|around| !is_said && state::ledger_file(around).is_file()) {
        Some(around) => Ok(around.to_owned()),
        None => state::folder(args),
    }
}

/// The name by which this program is found after the next one came, too.
fn lasting(program: &Path, state: &Path) -> PathBuf {
    let link = state.join("bin/sea");
    if std::fs::canonicalize(&link).is_ok_and(|target| target == program) { link } else { program.to_owned() }
}
