//! `sea completions`.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::exit;

pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<u8> {
    clap_complete::generate(args.shell, &mut Cli::command(), "sea", &mut std::io::stdout());
    Ok(exit::DONE)
}
