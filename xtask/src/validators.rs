//! `cargo xtask validators`: the tools that judge derived files in the tests, from the package registries into
//! `target/validators`, in the versions that the crate's tests name; and beside them the machine that tests boot.

use std::fs;
use std::path::PathBuf;

use crate::process::{self, Outcome, program};
use crate::{compose, machine};

/// Where the versions are named.
const WANTED: &str = "crates/generate/tests/validators";

pub(crate) fn run() -> Outcome {
    install()?;
    Ok(format!("{} is up to date", folder().display()))
}

/// Installs what changed since the last time.
pub(crate) fn install() -> Result<(), String> {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let place = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let wanted = |name: &str| process::root().join(WANTED).join(name).to_string_lossy().into_owned();
    if changed("requirements.txt")? {
        let python = place("python");
        process::run(program("python3", &["-m", "venv", "--clear", &python]))?;
        let pip = format!("{python}/bin/pip");
        process::run(program(&pip, &["install", "--quiet", "--requirement", &wanted("requirements.txt")]))?;
        remember("requirements.txt")?;
    }
    if changed("package.json")? {
        fs::copy(wanted("package.json"), folder.join("package.json"))
            .map_err(|error| format!("package.json cannot be copied: {error}"))?;
        let here = folder.to_string_lossy().into_owned();
        process::run(program(
            "npm",
            &["--prefix", &here, "install", "--no-audit", "--no-fund", "--no-package-lock"],
        ))?;
        remember("package.json")?;
    }
    let programs = folder.join("bin");
    fs::create_dir_all(&programs)
        .map_err(|error| format!("{} cannot be made: {error}", programs.display()))?;
    compose::install(&programs)?;
    if let Err(why) = machine::make(&folder) {
        println!("no machine with systemd is made for the tests: {why}");
    }
    Ok(())
}

fn folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| process::root().join("target"), Into::into)
        .join("validators")
}

/// What was installed last is not what is wanted now.
fn changed(name: &str) -> Result<bool, String> {
    let wanted =
        fs::read(process::root().join(WANTED).join(name)).map_err(|error| format!("{name}: {error}"))?;
    Ok(fs::read(folder().join(format!("{name}.installed"))).ok() != Some(wanted))
}

fn remember(name: &str) -> Result<(), String> {
    fs::copy(process::root().join(WANTED).join(name), folder().join(format!("{name}.installed")))
        .map(drop)
        .map_err(|error| format!("{name}: {error}"))
}
