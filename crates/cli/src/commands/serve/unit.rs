//! The unit that makes systemd start the server with the machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args::ServeArgs;
use crate::exit::{self, Outside};

/// Where units of the administrator are.
const UNIT: &str = "/etc/systemd/system/seaworthy.service";

/// Writes the unit, and has systemd start it where systemd runs.
pub(super) fn install(state: &Path, args: &ServeArgs) -> anyhow::Result<u8> {
    let program = std::env::current_exe()?;
    // systemd starts it in another folder than this one.
    let text = unit(&program, &std::path::absolute(state)?, args);
    let path = PathBuf::from(UNIT);
    if let Err(error) = std::fs::write(&path, &text) {
        return Err(Outside {
            message: format!("{}: {error}", path.display()),
            help: Some("sudo sea serve --install".to_owned()),
        }
        .into());
    }
    anstream::println!("wrote {}", path.display());
    // The folder is there exactly where systemd is the first process.
    if !Path::new("/run/systemd/system").is_dir() {
        anstream::println!("systemd does not run on this machine; where it does, it starts the unit at boot");
        return Ok(exit::DONE);
    }
    for arguments in [&["daemon-reload"][..], &["enable", "--now", "seaworthy.service"][..]] {
        let status = Command::new("systemctl").args(arguments).status()?;
        if !status.success() {
            let message = format!("systemctl {} failed", arguments.join(" "));
            return Err(Outside { message, help: Some("systemctl status seaworthy".to_owned()) }.into());
        }
    }
    Ok(exit::DONE)
}

/// The unit. Only the control process is stopped with it: apps and proxy run on, and the next one takes them over.
fn unit(program: &Path, state: &Path, args: &ServeArgs) -> String {
    let public = if args.public { " --public" } else { "" };
    let dashboard = args.dashboard.map(|port| format!(" --dashboard {port}")).unwrap_or_default();
    format!(
        "[Unit]
Description=Seaworthy: serves what is shipped to this machine
After=network-online.target
Wants=network-online.target

[Service]
Type=exec
ExecStart=\"{}\" serve --state \"{}\" --http {}{dashboard}{public}
Restart=always
RestartSec=1
# Apps and proxy outlive the control process, which is replaced without them noticing.
KillMode=process
Delegate=yes
LimitNOFILE=1048576
TasksMax=infinity

[Install]
WantedBy=multi-user.target
",
        program.display(),
        state.display(),
        args.http,
    )
}
