//! The embedded dashboard is the one that its sources make: `cargo xtask dashboard` records the hashes of both.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What is built from, relative to `dashboard`; the same list is in its `vite.config.ts`.
const SOURCES: [&str; 6] =
    ["index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else {
        found.push(path.to_owned());
    }
}

fn hash(path: &Path) -> String {
    let digest = Sha256::digest(std::fs::read(path).unwrap());
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn the_embedded_dashboard_is_built_from_its_sources() {
    let root = root();
    let assets = root.join("crates/server/assets");
    let mut found = Vec::new();
    for source in SOURCES {
        files(&root.join("dashboard").join(source), &mut found);
    }
    files(&assets, &mut found);
    let now: BTreeMap<String, String> = found
        .iter()
        .filter(|path| !path.ends_with("built.sha256"))
        .map(|path| (path.strip_prefix(&root).unwrap().display().to_string(), hash(path)))
        .collect();
    let record = std::fs::read_to_string(assets.join("built.sha256")).unwrap();
    let built: BTreeMap<String, String> = record
        .lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect();
    let stale: Vec<_> =
        now.keys().chain(built.keys()).filter(|path| now.get(*path) != built.get(*path)).collect();
    assert!(
        stale.is_empty(),
        "run `cargo xtask dashboard`: {stale:?} are not what the dashboard was built from"
    );
    assert!(now.len() > 20, "only {} files were compared", now.len());
}
