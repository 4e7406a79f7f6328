//! `sea drift`.

use std::io::Write as _;
use std::path::PathBuf;

use seaworthy_detect::{Repository, load_from};
use seaworthy_generate::TARGETS;
use seaworthy_generate::drift::Report;

use crate::args::{DriftArgs, Global};
use crate::commands::{generate, load};
use crate::exit::{self, Outside};
use crate::output::{self, differences};

pub(crate) fn run(global: &Global, args: &DriftArgs) -> anyhow::Result<u8> {
    let root = load::root(global, args.dir.as_deref())?;
    let repository = Repository::open_with(&root, rendered(&args.with)?)?;
    let loaded = load_from(&repository, &load::overrides(global));
    if loaded.has_errors() {
        return Ok(output::problems(&loaded));
    }
    let targets: Vec<_> = TARGETS.iter().collect();
    let found = generate::drift(&root, &repository, &loaded, &targets)?;
    if args.json {
        writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&Report::new(&found))?)?;
    } else {
        let mut text = Vec::new();
        differences::write(&mut text, &found)?;
        anstream::stdout().lock().write_all(&text)?;
    }
    Ok(if found.is_empty() { exit::DONE } else { exit::NO })
}

/// Manifests that another tool printed, as files that are not there. What they are called says where they came from.
fn rendered(files: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let read = |file: &PathBuf| -> anyhow::Result<(String, String)> {
        let is_input = file.as_os_str() == "-";
        let text =
            if is_input { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
        let text = text.map_err(|error| Outside {
            message: format!(
                "{} cannot be read: {error}",
                if is_input { "standard input".into() } else { file.display().to_string() }
            ),
            help: Some(
                "sea drift --with FILE, or kubectl get deployments -o yaml | sea drift --with -".to_owned(),
            ),
        })?;
        let name = file.file_stem().map_or_else(|| "rendered".into(), |stem| stem.to_string_lossy());
        let name = if is_input { "standard-input".into() } else { name };
        // The folder says what it is: manifests for Kubernetes.
        Ok((format!("kubernetes/{name}.yaml"), text))
    };
    files.iter().map(read).collect()
}
