//! `cargo xtask bench`.

use crate::process::{self, Outcome, cargo, program};

pub(crate) fn run() -> Outcome {
    process::run(cargo(&["build", "--release", "--locked", "--package", "seaworthy"]))?;
    process::run(program("python3", &["bench/plan"]))?;
    Ok("figures above; nothing is judged by time in the tests".to_owned())
}
