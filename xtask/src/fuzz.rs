//! Fuzz targets: `cargo xtask fuzz`, and a short run of each within `cargo xtask test`.
//!
//! They are built with nightly's own flags rather than through cargo-fuzz, so that there is nothing to install.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Outcome, nightly, output, program, root, works};

/// Coverage feedback and the address sanitizer, as libFuzzer wants them.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Ccodegen-units=1";

pub(crate) fn run() -> Outcome {
    if !nightly_is_there() {
        return Err("fuzzing needs a nightly toolchain: rustup toolchain install nightly".to_owned());
    }
    run_each(&["-max_total_time=20", "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048"])
}

/// Builds every target and runs it for some inputs; skipped, and said so, without nightly.
pub(crate) fn smoke() -> Outcome {
    if !nightly_is_there() {
        println!("SKIPPED: fuzz targets need a nightly toolchain (rustup toolchain install nightly);");
        println!("SKIPPED: the functions they call ran in the tests above all the same");
        return Ok("fuzz targets SKIPPED (no nightly)".to_owned());
    }
    run_each(&["-runs=300", "-max_len=4096", "-timeout=20", "-seed=1", "-verbosity=0"])
}

fn nightly_is_there() -> bool {
    works(nightly(&["--version"])) && works(program("c++", &["--version"]))
}

fn run_each(options: &[&str]) -> Outcome {
    let host = host()?;
    let mut build = nightly(&["build", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", &host]);
    build.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", root().join("fuzz/target"));
    process::run(build)?;
    let targets = targets()?;
    for target in &targets {
        let binary = root().join("fuzz/target").join(&host).join("debug").join(target);
        let corpus = root().join("fuzz/corpus").join(target);
        let seeds = root().join("fuzz/seeds").join(target);
        let artifacts = root().join("fuzz/artifacts").join(target);
        for dir in [&corpus, &artifacts] {
            std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        }
        let mut fuzz = Command::new(&binary);
        fuzz.current_dir(root())
            .args(options)
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(&corpus);
        if seeds.is_dir() {
            fuzz.arg(&seeds);
        }
        process::run(fuzz)?;
    }
    Ok(format!("{} fuzz targets", targets.len()))
}

/// The names of the files in fuzz/fuzz_targets.
fn targets() -> Result<Vec<String>, String> {
    let dir = root().join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_source)
        .filter_map(|path| Some(Path::new(path.file_stem()?).display().to_string()))
        .collect();
    names.sort();
    if names.is_empty() { Err("there is no fuzz target".to_owned()) } else { Ok(names) }
}

fn host() -> Result<String, String> {
    let version = output(nightly(&["--version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "nightly does not say its host".to_owned())
}
