//! `sea plan`.

use std::io::Write;

use seaworthy_model::plan::Plan;

use crate::args::{Global, PlanArgs};
use crate::commands::load;
use crate::output::{self, explanation, summary};

pub(crate) fn run(global: &Global, args: &PlanArgs) -> anyhow::Result<u8> {
    let loaded = load::load(global, args.dir.as_deref())?;
    let code = output::problems(&loaded);
    if args.json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, &Plan::new(&loaded.app))?;
        writeln!(out)?;
        return Ok(code);
    }
    let mut out = anstream::stdout().lock();
    match &args.explain {
        Some(what) => explanation::write(&mut out, &loaded.app, what)?,
        None => summary::write(&mut out, &loaded.app)?,
    }
    Ok(code)
}
