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
        // In one piece: standard output writes every line by itself otherwise.
        let mut text = serde_json::to_string_pretty(&Plan::new(&loaded.app))?;
        text.push('\n');
        std::io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(code);
    }
    let mut text = Vec::new();
    match &args.explain {
        Some(what) => explanation::write(&mut text, &loaded.app, what)?,
        None => summary::write(&mut text, &loaded.app)?,
    }
    anstream::stdout().lock().write_all(&text)?;
    Ok(code)
}
