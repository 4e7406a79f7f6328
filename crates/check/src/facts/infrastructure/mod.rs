//! Conclusions about Dockerfiles, Compose, Kubernetes, pipelines and the like.

pub(crate) mod compose;
mod contradiction;
pub(crate) mod dockerfile;
pub(crate) mod image;
mod kubernetes;
mod nginx;
mod prometheus;
pub(crate) mod shell;
mod terraform;
mod workflow;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[kubernetes::FACT, contradiction::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[
    dockerfile::FACT,
    compose::FACT,
    kubernetes::FILE_FACT,
    workflow::FACT,
    terraform::FACT,
    prometheus::FACT,
    nginx::FACT,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use seaworthy_detect::{Overrides, Repository, load_from};

    use crate::finding::Finding;
    use crate::rule::{Category, FixKind};
    use crate::{Catalogue, Checker, Options, fix};

    fn findings(files: &BTreeMap<String, String>, catalogue: &Catalogue) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let repository = Repository::open(folder.path()).unwrap();
        let loaded = load_from(&repository, &Overrides::default());
        Checker::new(catalogue).check(&repository, &loaded, &Options::default()).findings
    }

    #[test]
    fn what_is_mended_automatically_is_gone_and_the_rest_of_the_file_stays() {
        let catalogue = Catalogue::with_examples();
        let is_mended = |category: Category| category == Category::Infrastructure;
        let rules = catalogue.rules().filter(|rule| {
            is_mended(rule.category) && rule.patterns.is_empty() && rule.fix.kind == FixKind::Auto
        });
        let mut seen = 0;
        for rule in rules {
            for example in &rule.examples.bad {
                let mut found = findings(&example.files, &catalogue);
                found.retain(|finding| finding.rule == rule.id);
                let mut files = example.files.clone();
                for change in fix::changes(&found, |path| files.get(path).cloned()) {
                    let lines = change.before.lines().count().abs_diff(change.after.lines().count());
                    assert!(lines <= 2, "{}: {}", rule.id, change.after);
                    files.insert(change.file, change.after);
                    seen += 1;
                }
                // What a person has to mend (a port in the long form) is still told.
                let manual = found.iter().filter(|finding| finding.fix.kind == FixKind::Manual).count();
                let left = findings(&files, &catalogue);
                let left = left.iter().filter(|finding| finding.rule == rule.id).count();
                assert_eq!(left, manual, "{}: {files:?}", rule.id);
            }
        }
        assert!(seen >= 15, "{seen} files were mended");
    }
}
