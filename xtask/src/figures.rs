//! `cargo xtask figures`.

use std::time::Instant;

use crate::process::{self, Outcome, cargo};

pub(crate) fn run() -> Outcome {
    let target = std::env::temp_dir().join(format!("seaworthy-figures-{}", std::process::id()));
    let mut build = cargo(&["build", "--release", "--locked", "--package", "seaworthy"]);
    build.env("CARGO_TARGET_DIR", &target);
    let start = Instant::now();
    let outcome = process::run(build);
    let seconds = start.elapsed().as_secs_f64();
    let binary = target.join("release").join(format!("sea{}", std::env::consts::EXE_SUFFIX));
    let size = std::fs::metadata(&binary).map(|metadata| metadata.len());
    // Only what this run made is removed, and it is no failure when that does not work.
    let _ = std::fs::remove_dir_all(&target);
    outcome?;
    let size = size.map_err(|error| format!("no binary was built: {error}"))?;
    Ok(format!(
        "cold release build {seconds:.0} s, stripped binary {}.{} MB",
        size / 1_000_000,
        size / 100_000 % 10
    ))
}
