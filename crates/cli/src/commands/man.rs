//! `sea man`: the man pages, for packagers.

use anyhow::Context;
use clap::CommandFactory;

use crate::args::{Cli, ManArgs};
use crate::exit;

pub(crate) fn run(args: &ManArgs) -> anyhow::Result<u8> {
    let write = || clap_mangen::generate_to(Cli::command(), &args.dir);
    std::fs::create_dir_all(&args.dir)
        .and_then(|()| write())
        .with_context(|| format!("cannot write man pages into {}", args.dir.display()))?;
    Ok(exit::DONE)
}
