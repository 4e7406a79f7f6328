//! `sea status`.

use std::io::Write;

use seaworthy_engine::view::{AppState, AppView, MemberView, StepState};

use seaworthy_server::host::HostClient;

use crate::args::{Global, StatusArgs};
use crate::commands::connect::{block_on, connect};
use crate::commands::{remote, serve, target};
use crate::exit::{self, Outside};
use crate::output::host;
use crate::output::live::duration;
use crate::output::style::{self, Table, paint};

pub(crate) fn run(global: &Global, args: &StatusArgs) -> anyhow::Result<u8> {
    if args.host || target::is_named(global) {
        return host(global, args);
    }
    let running = connect(global)?;
    let app = block_on(async { Ok(running.client.app().await?) })?;
    let mut text = Vec::new();
    if args.json {
        serde_json::to_writer_pretty(&mut text, &app)?;
        text.push(b'\n');
    } else {
        write(&mut text, &app)?;
    }
    anstream::stdout().lock().write_all(&text)?;
    Ok(if app.state == AppState::Degraded { exit::NO } else { exit::DONE })
}

/// A host, or an environment on it: here, or asked of the machine that has it.
fn host(global: &Global, args: &StatusArgs) -> anyhow::Result<u8> {
    if let Some(code) = remote::pass(global, &args.state)? {
        return Ok(code);
    }
    let (_, record) = serve::serving(&args.state, "sea serve, or sea ship, which starts it")?;
    let client = HostClient::new(record.socket);
    let mut view = block_on(async { Ok(client.view().await?) })?;
    if !args.host {
        let target = target::target(global)?;
        let (app, environment) = (target.app.as_str(), target.environment.as_str());
        view.environments.retain(|view| view.app == app && view.environment == environment);
        if view.environments.is_empty() {
            let message = format!("nothing of {app} was shipped to {environment} on this host");
            return Err(Outside { message, help: Some(format!("sea ship --env {environment}")) }.into());
        }
    }
    let mut text = Vec::new();
    if args.json {
        serde_json::to_writer_pretty(&mut text, &view)?;
        text.push(b'\n');
    } else {
        host::write(&mut text, &view)?;
    }
    anstream::stdout().lock().write_all(&text)?;
    Ok(if view.environments.iter().all(host::is_well) { exit::DONE } else { exit::NO })
}

fn write(out: &mut dyn Write, app: &AppView) -> std::io::Result<()> {
    let state = match app.state {
        AppState::Starting => "starting",
        AppState::Ready => "ready",
        AppState::Degraded => "degraded",
        AppState::Stopping => "stopping",
    };
    writeln!(out, "{}  {state}", paint(style::NAME, &app.name))?;
    for (title, url) in [("app", &app.url), ("dashboard", &app.dashboard_url)] {
        if let Some(url) = url {
            writeln!(out, "  {}  {url}", paint(style::DIM, &format!("{title:9}")))?;
        }
    }
    writeln!(out)?;
    let mut table = Table::new(&[style::NAME, style::HINT, style::DIM, style::DIM, style::DIM]);
    for member in &app.members {
        table.row(row(member));
    }
    table.write(out)?;
    let open = app.steps.iter().filter(|step| matches!(step.state, StepState::Running | StepState::Failed));
    for step in open {
        let mark = if step.state == StepState::Failed {
            paint(style::ERROR, "failed")
        } else {
            "running".to_owned()
        };
        writeln!(out, "\n  {mark} {}  {}", step.title, step.detail)?;
    }
    for problem in &app.problems {
        let code = paint(style::DIM, &format!("[{}]", problem.code));
        writeln!(out, "\n{} {} {code}", paint(style::WARNING, "!"), problem.message)?;
        if let Some(next) = &problem.next {
            writeln!(out, "  {} {next}", paint(style::HINT, "next"))?;
        }
    }
    Ok(())
}

fn row(member: &MemberView) -> [String; 5] {
    let ready = member.ready_after_ms.map(duration).unwrap_or_default();
    let usage = member.usage.map(|usage| format!("{:.0} % {} MiB", usage.cpu * 100.0, usage.memory >> 20));
    let what = if member.detail.is_empty() {
        member.urls.first().cloned().unwrap_or_default()
    } else {
        member.detail.clone()
    };
    [member.name.clone(), member.phase.clone(), ready, usage.unwrap_or_default(), what]
}
