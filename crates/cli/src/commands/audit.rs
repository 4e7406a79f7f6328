//! `sea audit`.

use std::io::Write as _;

use seaworthy_ledger::audit::Audit;

use crate::args::{AuditArgs, Global};
use crate::commands::history::filter;
use crate::commands::{remote, state};
use crate::exit;
use crate::output::event;

pub(crate) fn run(global: &Global, args: &AuditArgs) -> anyhow::Result<u8> {
    if let Some(code) = remote::pass(global, &args.state)? {
        return Ok(code);
    }
    let query = filter(global, &args.filter)?;
    let audit = match state::ledger(&args.state)? {
        Some(ledger) => ledger.audit(&query)?,
        None if args.json || args.csv => Audit::empty(),
        None => {
            state::nothing_yet();
            return Ok(exit::DONE);
        }
    };
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&audit)?)?;
    } else if args.csv {
        out.write_all(audit.to_csv().as_bytes())?;
    } else if audit.rows.is_empty() {
        anstream::eprintln!("nothing that users meet was changed in that time");
    } else {
        event::write_audit(&mut out, &audit)?;
    }
    Ok(exit::DONE)
}
