//! Every `seaworthy.toml` in the documentation is one that `sea` accepts.

use super::{blocks, markdown};
use crate::process::{run_in, workspace};
use crate::repository::repository;

#[test]
fn every_example_is_accepted() {
    let mut pages = markdown(&workspace().join("docs/src"));
    let codes = workspace().join("docs/src/codes");
    pages.retain(|path| !path.starts_with(&codes));
    pages.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| workspace().join(name)));
    let mut seen = 0;
    for path in pages {
        for toml in blocks(&std::fs::read_to_string(&path).unwrap(), "toml") {
            let run = run_in(repository(&[("seaworthy.toml", &toml)]).path(), &["plan"]);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}:\n{toml}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 2, "only {seen} examples");
}
