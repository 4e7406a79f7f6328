//! `sea schema`.

use std::io::Write;

use seaworthy_ledger::audit::Audit;
use seaworthy_ledger::dora::Told;
use seaworthy_ledger::history::History;
use seaworthy_ledger::release_report::ReleaseReport;

use crate::args::{SchemaArgs, Shape};
use crate::exit;

pub(crate) fn run(args: &SchemaArgs) -> anyhow::Result<u8> {
    let schema = match args.shape {
        Shape::Config => seaworthy_model::config::json_schema(),
        Shape::Plan => seaworthy_model::plan::Plan::json_schema(),
        Shape::Check => seaworthy_check::report::json::schema(),
        Shape::Generate => seaworthy_generate::schema(),
        Shape::Drift => seaworthy_generate::drift::schema(),
        Shape::History => History::schema(),
        Shape::Show => ReleaseReport::schema(),
        Shape::Audit => Audit::schema(),
        Shape::Dora => Told::schema(),
    };
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&schema)?)?;
    Ok(exit::DONE)
}
