//! Documents: what there is, which variables it reads, which requests it answers.

mod architecture;
mod diagram;
mod environment;
mod http;
mod openapi;
mod routes;

use crate::{Input, Output, Target, TemplateError};

pub(super) const TARGET: Target = Target {
    id: "docs",
    title: "Documents: architecture, environment variables, HTTP reference",
    by_default: true,
    make,
};

fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let has_http = http::make(input, output)?;
    architecture::make(input, output, has_http)?;
    environment::make(input, output)
}
