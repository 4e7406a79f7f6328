//! Fuzz targets: `cargo xtask fuzz`. The functions that they call are properties in the ordinary tests, too: a second build of
//! the workspace's readers, with nightly and the sanitizer, would take the test command a fifth of its time.
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
    run_each("release", &["-max_total_time=20", "-max_len=4096", "-timeout=10"])
}

/// Bounds on memory. libFuzzer's own bound looks at the peak that the kernel reports, which on Linux includes the peak of
/// the process that started it (getrusage(2) keeps it across execve): the sanitizer's looks at what is used now.
const MEMORY: [&str; 2] = ["-rss_limit_mb=0", "-malloc_limit_mb=1024"];
const SANITIZER: &str = "hard_rss_limit_mb=2048";

fn nightly_is_there() -> bool {
    works(nightly(&["--version"])) && works(program("c++", &["--version"]))
}

/// Which files of the fixtures, examples and tests a target starts from, by how their paths end. Targets that are not
/// here start from `fuzz/seeds`, or from nothing.
const SEEDS: [(&str, &[&str]); 14] = [
    ("config", &["tests/config/everything.toml", "tests/config/design.toml", "tests/config/values.toml"]),
    ("placeholders", &["tests/config/placeholders.toml"]),
    ("json", &[".json"]),
    ("toml", &[".toml"]),
    ("yaml", &[".yaml", ".yml"]),
    ("xml", &[".xml", ".csproj", "index.html"]),
    ("env_file", &[".env", ".env.example"]),
    ("dockerfile", &["Dockerfile"]),
    ("compose", &["compose.yaml", "compose.yml"]),
    ("procfile", &["Procfile"]),
    ("package_json", &["package.json"]),
    ("pyproject", &["pyproject.toml"]),
    ("requirements", &["requirements.txt"]),
    ("source", &[".js", ".ts", ".tsx", ".py", ".go", ".rs", ".rb", ".php", ".java", ".cs", ".ex"]),
];

fn run_each(profile: &str, options: &[&str]) -> Outcome {
    let host = host()?;
    let mut build = nightly(&[
        "build",
        "--locked",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--target",
        &host,
        "--profile",
        profile,
    ]);
    build.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", root().join("fuzz/target"));
    process::run(build)?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let targets = targets()?;
    for target in &targets {
        let binary = root().join("fuzz/target").join(&host).join(folder).join(target);
        let corpus = root().join("fuzz/corpus").join(target);
        let artifacts = root().join("fuzz/artifacts").join(target);
        for dir in [&corpus, &artifacts] {
            std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        }
        seed(target, &corpus)
            .map_err(|error| format!("the corpus of {target} cannot be written: {error}"))?;
        let mut fuzz = Command::new(&binary);
        fuzz.current_dir(root())
            .args(options)
            .args(MEMORY)
            .env("ASAN_OPTIONS", SANITIZER)
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(&corpus);
        process::run(fuzz)?;
    }
    Ok(format!("{} fuzz targets", targets.len()))
}

/// Copies what a target starts from into its corpus.
fn seed(target: &str, corpus: &Path) -> std::io::Result<()> {
    let ends = SEEDS.iter().find(|(known, _)| *known == target).map_or(&[][..], |(_, ends)| ends);
    let own = Path::new("fuzz/seeds").join(target);
    let places = ["crates/detect/tests/fixtures", "crates/model/tests/config", "examples"].map(Path::new);
    let mut waiting: Vec<PathBuf> =
        places.into_iter().chain([own.as_path()]).map(|dir| root().join(dir)).collect();
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten() {
            let path = entry?.path();
            let text = path.to_string_lossy();
            if path.is_dir() {
                waiting.push(path);
            } else if ends.iter().any(|end| text.ends_with(end)) || path.starts_with(root().join(&own)) {
                let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().replace('/', "_");
                std::fs::copy(&path, corpus.join(name))?;
            }
        }
    }
    Ok(())
}

/// The names of the files in `fuzz/fuzz_targets`.
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
