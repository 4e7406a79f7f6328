//! `cargo xtask docs`: the generator is the test that checks the generated files, told to write.

use crate::process::{self, Outcome, cargo};

pub(crate) fn run() -> Outcome {
    let mut generate =
        cargo(&["test", "--package", "seaworthy", "--test", "suite", "--locked", "docs::fresh::"]);
    generate.env("SEA_DOCS", "write");
    process::run(generate)?;
    let mut describe =
        cargo(&["test", "--package", "seaworthy-server", "--test", "suite", "--locked", "description::"]);
    describe.env("SEA_DOCS", "write");
    process::run(describe)?;
    Ok("docs/openapi.json, docs/openapi-host.json, docs/schema, docs/src/reference, docs/src/codes/index.md, docs/src/SUMMARY.md and the README are fresh"
        .to_owned())
}
