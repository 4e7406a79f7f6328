//! `cargo xtask test`: everything that can fail, with what is on the machine.

use std::time::Instant;

use crate::process::{self, Outcome, cargo, program, works};
use crate::{engine, licences, needs, validators};

pub(crate) fn run() -> Outcome {
    let start = Instant::now();
    // One waits for the network most of the time, the other for the processor.
    let (fetched, built) = std::thread::scope(|scope| {
        let fetched = scope.spawn(fetch);
        let built = build();
        (fetched.join(), built)
    });
    fetched.map_err(|_| "what the tests need was not fetched: a panic".to_owned())??;
    let licences = built?;
    let runner = if works(cargo(&["nextest", "--version"])) { "cargo nextest" } else { "cargo test" };
    let threads = threads().to_string();
    let mut tests = match runner {
        "cargo nextest" => cargo(&["nextest", "run", "--workspace", "--locked", "--test-threads", &threads]),
        _ => cargo(&["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast"]),
    };
    tests.env("RUST_TEST_THREADS", &threads);
    // A snapshot that differs fails and is never written, here as on any other machine.
    tests.env("INSTA_UPDATE", "no").env("CI", "true").env_remove("SEA_DOCS");
    let engine = engine::Engine::start();
    match &engine {
        Ok(engine) => drop(tests.env("DOCKER_HOST", engine.host())),
        Err(why) => println!("no container engine is started for the tests: {why}"),
    }
    process::run(tests)?;
    drop(engine);
    dashboard()?;
    process::run(cargo(&["test", "--workspace", "--doc", "--locked"]))?;
    Ok(format!(
        "unit, snapshot, property, command line and generated-docs tests ({runner}), doc tests, {licences}, in {} s",
        start.elapsed().as_secs()
    ))
}

/// What the tests need from elsewhere.
fn fetch() -> Result<(), String> {
    needs::install()?;
    process::run(program("npm", &["--prefix", "dashboard", "ci", "--no-audit", "--no-fund"]))?;
    validators::install()
}

/// Everything that the tests run; says which licences it is under.
fn build() -> Outcome {
    let licences = licences::run()?;
    process::run(cargo(&["build", "--workspace", "--all-targets", "--locked"]))?;
    Ok(licences)
}

/// Tests that run at a time: they wait more than they compute.
fn threads() -> usize {
    2 * std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// The dashboard in a real browser: in front of the demonstration server, then in front of a real `sea up` of the
/// example, whose pages are driven, too, then in front of a real `sea serve` with releases. All programs were built with
/// everything else.
fn dashboard() -> Result<(), String> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| process::root().join("target"), Into::into);
    for (script, variable, built) in [
        ("test", "SEA_DEMO", "debug/examples/demo"),
        ("app", "SEA_BIN", "debug/sea"),
        ("host", "SEA_BIN", "debug/sea"),
    ] {
        let mut tests = program("npm", &["--prefix", "dashboard", "run", script]);
        let built = target.join(built);
        if built.exists() {
            tests.env(variable, built);
        }
        process::run(tests)?;
    }
    Ok(())
}
