//! Secrets in what was built: files that no repository lists, and that are shipped all the same.

use seaworthy_detect::Repository;

use crate::catalogue::Catalogue;
use crate::check::fingerprint;
use crate::context::Sink;
use crate::facts::secrets::{detector, env, scan};
use crate::file::{SourceFile, is_lockfile};
use crate::finding::Finding;

/// Every secret of a known format in a built file. `is_public` says that browsers download it.
pub fn secrets(
    catalogue: &Catalogue,
    repository: &Repository,
    path: &str,
    text: &str,
    is_public: bool,
) -> Vec<Finding> {
    if is_lockfile(crate::file::name(path)) {
        return Vec::new();
    }
    let file = SourceFile::new(path, text);
    let sink = Sink::new(catalogue, repository);
    for hit in detector::find(text) {
        if let Some(draft) = scan::draft(&file, &hit, is_public) {
            sink.report_in(&file, draft);
        }
    }
    if env::is_real(path) {
        for (name, line, value) in env::secrets(text) {
            if detector::find(&value).is_empty() {
                let says = format!("the value of `{name}` would be shipped in this file");
                sink.report_in(&file, scan::hidden(env::COMMITTED, &file, line, &value).says(says));
            }
        }
    }
    let mut findings = sink.finish().0;
    findings.sort_by(|one, other| {
        (one.line, one.column, &one.rule).cmp(&(other.line, other.column, &other.rule))
    });
    fingerprint(&mut findings);
    findings
}
