//! `sea exec`: a command in the folder and with the environment of a service.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use seaworthy_engine::serve::find;
use seaworthy_server::host::HostClient;

use crate::args::{ExecArgs, Global};
use crate::commands::connect::{block_on, connect};
use crate::commands::{remote, state, target};
use crate::exit::Outside;
use crate::output::host;

pub(crate) fn run(global: &Global, args: &ExecArgs) -> anyhow::Result<u8> {
    if target::is_named(global) {
        return match remote::exec(global, args)? {
            Some(code) => Ok(code),
            None => on_host(global, args),
        };
    }
    let running = connect(global)?;
    let given = block_on(async { Ok(running.client.environment(&args.service, true).await?) })?;
    let Some((program, arguments)) = args.command.split_first() else { return Ok(crate::exit::WRONG) };
    let variables = given.variables.into_iter().filter_map(|variable| Some((variable.name, variable.value?)));
    // This process becomes the command: its signals, its terminal and its exit code are the command's own.
    let error = Command::new(program).args(arguments).current_dir(&given.folder).envs(variables).exec();
    Err(Outside { message: format!("`{program}` cannot be run in {}: {error}", given.folder), help: None }
        .into())
}

/// In the folder and with the environment of an instance that this machine serves: what the kernel says of its process.
fn on_host(global: &Global, args: &ExecArgs) -> anyhow::Result<u8> {
    let target = target::target(global)?;
    let (app, environment) = (target.app.as_str(), target.environment.as_str());
    let nothing =
        |message: String| Outside { message, help: Some(format!("sea status --env {environment}")) };
    let record = find(&state::folder(&args.state)?)
        .ok_or_else(|| nothing(format!("nothing serves {environment} on this machine")))?;
    let client = HostClient::new(record.socket);
    let view = block_on(async { Ok(client.view().await?) })?;
    let of_app =
        view.environments.into_iter().find(|view| view.app == app && view.environment == environment);
    let of_app = of_app.ok_or_else(|| nothing(format!("nothing of {app} was shipped to {environment}")))?;
    let serves = host::serving(&of_app).map(str::to_owned);
    let mut instances: Vec<_> =
        of_app.instances.into_iter().filter(|instance| instance.service == args.service).collect();
    // The release that serves comes before one that is about to.
    instances.sort_by_key(|instance| Some(&instance.release) != serves.as_ref());
    let pid = instances.iter().find_map(|instance| instance.pid);
    let pid = pid.ok_or_else(|| nothing(format!("no instance of {} runs in {environment}", args.service)))?;
    let process = Path::new("/proc").join(pid.to_string());
    let folder = std::fs::read_link(process.join("cwd"))?;
    let variables = std::fs::read(process.join("environ"))?;
    let variables = variables.split(|byte| *byte == 0).filter_map(|variable| {
        let at = variable.iter().position(|byte| *byte == b'=')?;
        Some((OsStr::from_bytes(&variable[..at]), OsStr::from_bytes(&variable[at + 1..])))
    });
    let Some((program, arguments)) = args.command.split_first() else { return Ok(crate::exit::WRONG) };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&folder).env_clear().envs(variables);
    // A console is of little use without its terminal's kind.
    command.envs(std::env::var_os("TERM").map(|term| ("TERM", term)));
    let error = command.exec();
    Err(Outside {
        message: format!("`{program}` cannot be run in {}: {error}", folder.display()),
        help: None,
    }
    .into())
}
