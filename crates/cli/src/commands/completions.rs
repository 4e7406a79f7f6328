//! `sea completions`.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::exit;

pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<u8> {
    // It panics where it cannot write, as when the reader has enough; memory can always be written.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sea", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(exit::DONE)
}
