//! `sea up --ci COMMAND`: waits until the app is ready, runs a command against it, and ends with its code.

use std::sync::Arc;
use std::time::Duration;

use seaworthy_engine::Control;
use seaworthy_engine::view::{AppState, AppView, Role};
use tokio::process::Command;

use crate::exit::{self, Mistake};

/// Waits, runs, and returns the code to exit with.
pub(super) async fn run(control: Arc<dyn Control>, command: &[String], timeout: u64) -> anyhow::Result<u8> {
    let ready = until_ready(control.as_ref());
    match tokio::time::timeout(Duration::from_secs(timeout), ready).await {
        Ok(Ok(())) => {}
        Ok(Err(reason)) => {
            anstream::eprintln!("error: the app does not become ready: {reason}");
            return Ok(exit::OUTSIDE);
        }
        Err(_) => {
            anstream::eprintln!("error: the app is not ready after {timeout} s: {}", missing(&control.app()));
            return Ok(exit::OUTSIDE);
        }
    }
    let app = control.app();
    let mut process = match command {
        [] => return Ok(exit::DONE),
        // One word is a line for the shell, so that `$SEA_URL` can stand in it.
        [line] => {
            let mut shell = Command::new("sh");
            shell.args(["-c", line]);
            shell
        }
        [program, arguments @ ..] => {
            let mut process = Command::new(program);
            process.args(arguments);
            process
        }
    };
    let status = process.env("SEA_URL", app.url.unwrap_or_default()).kill_on_drop(true).status().await;
    let status = status.map_err(|error| Mistake {
        message: format!("{} cannot be run: {error}", command.join(" ")),
        help: Some("sea up --ci PROGRAM ARGUMENTS, or --ci 'a line for the shell'".to_owned()),
    })?;
    // A command that a signal ended has no code of its own.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::OUTSIDE))
}

/// Returns once every member that should run is ready; the error says what failed for good.
async fn until_ready(control: &dyn Control) -> Result<(), String> {
    let mut changes = control.changes();
    loop {
        changes.mark_unchanged();
        let app = control.app();
        if app.state == AppState::Ready {
            return Ok(());
        }
        let is_lost = |phase: &str| matches!(phase, "failed" | "crash-loop");
        if let Some(lost) =
            app.members.iter().find(|member| member.role != Role::Job && is_lost(&member.phase))
        {
            return Err(format!("{}: {}", lost.name, lost.detail));
        }
        if changes.changed().await.is_err() {
            return Err("it ended".to_owned());
        }
    }
}

fn missing(app: &AppView) -> String {
    let missing: Vec<String> = app
        .members
        .iter()
        .filter(|member| !matches!(member.phase.as_str(), "ready" | "completed"))
        .map(|member| format!("{} is {} ({})", member.name, member.phase, member.detail))
        .collect();
    missing.join(", ")
}
