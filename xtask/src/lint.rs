//! `cargo xtask lint`.

use crate::process::{self, Outcome, cargo};

pub(crate) fn run() -> Outcome {
    process::run(cargo(&["fmt", "--all", "--check"]))?;
    process::run(cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    Ok("formatted, no warnings".to_owned())
}
