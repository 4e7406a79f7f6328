//! `sea exec`: a command in the folder and with the environment of a service.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::args::{ExecArgs, Global};
use crate::commands::connect::{block_on, connect};
use crate::exit::Outside;

pub(crate) fn run(global: &Global, args: &ExecArgs) -> anyhow::Result<u8> {
    let running = connect(global)?;
    let given = block_on(async { Ok(running.client.environment(&args.service, true).await?) })?;
    let Some((program, arguments)) = args.command.split_first() else { return Ok(crate::exit::WRONG) };
    let variables = given.variables.into_iter().filter_map(|variable| Some((variable.name, variable.value?)));
    // This process becomes the command: its signals, its terminal and its exit code are the command's own.
    let error = Command::new(program).args(arguments).current_dir(&given.folder).envs(variables).exec();
    Err(Outside { message: format!("`{program}` cannot be run in {}: {error}", given.folder), help: None }
        .into())
}
