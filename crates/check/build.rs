//! Makes the rules of `rules/check` one JSON document without their examples: a check reads all of them at its start, and
//! JSON is read twenty times as fast as YAML.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde_json::Value;

/// Examples come last in a file.
const EXAMPLES: &str = "\nexamples:\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../rules/check");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut rules = Vec::new();
    for path in files(&folder)? {
        let text = fs::read_to_string(&path)?;
        let head = text.split(EXAMPLES).next().unwrap_or(&text);
        let rule: Value =
            serde_saphyr::from_str(head).map_err(|error| format!("{}: {error}", path.display()))?;
        rules.push(rule);
    }
    let out = Path::new(&env::var("OUT_DIR")?).join("rules.json");
    fs::write(out, serde_json::to_string(&rules)?)?;
    Ok(())
}

/// The rules: every file in the folder of a category.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for category in fs::read_dir(folder)? {
        let category = category?.path();
        if category.is_dir() {
            for file in fs::read_dir(category)? {
                let file = file?.path();
                if file.extension().is_some_and(|extension| extension == "yaml") {
                    found.push(file);
                }
            }
        }
    }
    found.sort();
    Ok(found)
}
