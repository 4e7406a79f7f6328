//! Secrets in what was built. Sources were scanned before they were; what bundlers put into their outputs was not.

use std::fs;
use std::path::Path;

use seaworthy_check::{Catalogue, Finding, built};
use seaworthy_detect::Repository;
use seaworthy_model::{App, Kind};

use crate::pipeline::{Keep, Step};

/// A longer file is data.
const MOST_BYTES: u64 = 16 << 20;

/// Every secret of a known format in the outputs of `steps` whose content counts, by path and place. Dependencies are not
/// looked at: what is in them is everyone's.
pub fn secrets(app: &App, steps: &[Step], repository: &Repository, catalogue: &Catalogue) -> Vec<Finding> {
    let sites: Vec<String> = app
        .services
        .values()
        .filter(|service| service.kind.get() == Some(&Kind::Static))
        .map(|service| service.path().to_owned())
        .collect();
    let mut findings = Vec::new();
    let outputs = steps.iter().flat_map(|step| step.outputs.iter().map(move |output| (step, output)));
    for (step, output) in outputs.filter(|(_, output)| output.keep == Keep::Content) {
        let is_public = sites.contains(&step.folder);
        let mut waiting = vec![output.path.clone()];
        while let Some(path) = waiting.pop() {
            let place = repository.root().join(&path);
            let Ok(metadata) = place.symlink_metadata() else { continue };
            if metadata.is_dir() {
                waiting.extend(children(&place, &path));
            } else if metadata.is_file()
                && metadata.len() <= MOST_BYTES
                && let Ok(text) = fs::read_to_string(&place)
            {
                findings.extend(built::secrets(catalogue, repository, &path, &text, is_public));
            }
        }
    }
    findings.sort_by(|one, other| {
        (&one.file, one.line, one.column).cmp(&(&other.file, other.line, other.column))
    });
    findings.dedup();
    findings
}

fn children(place: &Path, path: &str) -> Vec<String> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name != "node_modules").map(|name| format!("{path}/{name}")).collect()
}
