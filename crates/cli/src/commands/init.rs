//! `sea init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use anyhow::Context;
use seaworthy_model::init;

use super::load;
use crate::args::{Global, InitArgs};
use crate::exit::{self, Mistake};

const FILE: &str = "seaworthy.toml";

pub(crate) fn run(global: &Global, args: &InitArgs) -> anyhow::Result<u8> {
    let path = load::root(global, None)?.join(FILE);
    if path.exists() && !args.stdout {
        return Err(exists().into());
    }
    let app = load::load(global, None)?.app;
    let text = if args.full { init::full(&app) } else { init::minimal(&app) };
    if args.stdout {
        write!(std::io::stdout(), "{text}")?;
        return Ok(exit::DONE);
    }
    // `create_new` refuses a file that came into being in the meantime, and follows no dangling link.
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists().into()),
        Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
    };
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    anstream::println!("Wrote {} ({lines} values). See what it means: sea plan", path.display());
    Ok(exit::DONE)
}

fn exists() -> Mistake {
    Mistake {
        message: format!("{FILE} is already there and is never overwritten"),
        help: Some("sea init --stdout shows what would be written; sea plan shows what is known".to_owned()),
    }
}
