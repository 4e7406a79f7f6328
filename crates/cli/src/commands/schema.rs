//! `sea schema`.

use std::io::Write;

use crate::args::{SchemaArgs, Shape};
use crate::exit;

pub(crate) fn run(args: &SchemaArgs) -> anyhow::Result<u8> {
    let schema = match args.shape {
        Shape::Config => seaworthy_model::config::json_schema(),
        Shape::Plan => seaworthy_model::plan::Plan::json_schema(),
        Shape::Check => seaworthy_check::report::json::schema(),
        Shape::Generate => seaworthy_generate::schema(),
        Shape::Drift => seaworthy_generate::drift::schema(),
    };
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&schema)?)?;
    Ok(exit::DONE)
}
