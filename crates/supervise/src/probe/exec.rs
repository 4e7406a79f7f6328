//! Does a command exit with 0?

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::Look;
use crate::spec::{MARKER, Spec};

pub(super) async fn look(spec: &Spec, text: &str, within: Duration) -> Look {
    let argv = crate::spec::Command::Shell(text.to_owned()).argv();
    let Some((program, arguments)) = argv.split_first() else {
        return Look::Failed("its command is empty".to_owned());
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&spec.dir)
        .env_clear()
        .envs(&spec.env)
        .env(MARKER, spec.marker())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // The terminal's Ctrl-C is not for it.
        .process_group(0)
        .kill_on_drop(true);
    if let Some(user) = spec.user {
        command.uid(user.uid).gid(user.gid);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Look::Failed(format!("`{program}` cannot be run: {error}")),
    };
    match timeout(within, child.wait()).await {
        Ok(Ok(status)) if status.success() => Look::Passed(None),
        Ok(Ok(status)) => Look::Failed(format!("`{program}` ended with {status}")),
        Ok(Err(error)) => Look::Failed(format!("`{program}`: {error}")),
        Err(_) => Look::Failed(format!("`{program}` took longer than {within:?}")),
    }
}
