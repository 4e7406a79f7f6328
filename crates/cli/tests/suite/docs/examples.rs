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

#[test]
fn what_the_page_about_checks_shows_is_so() {
    let page = std::fs::read_to_string(workspace().join("docs/src/checking.md")).unwrap();
    let python = blocks(&page, "python");
    assert_eq!(python.len(), 1);
    let check = |app: &str| {
        let folder = repository(&[("app.py", &format!("import subprocess\n\ndef run(command):\n    {app}"))]);
        let run = run_in(folder.path(), &["check", "--json"]);
        serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap()
    };
    // The suppression holds, and what it suppresses is there.
    let allowed = check(&python[0]);
    assert_eq!(allowed["summary"]["suppressed"], 1, "{allowed:#}");
    let (bare, _) = python[0].split_once("  # sea: allow").unwrap();
    assert_eq!(check(bare)["summary"]["suppressed"], 0);
    // The rule of a project is one.
    let rules = blocks(&page, "yaml");
    assert_eq!(rules.len(), 1);
    let folder =
        repository(&[(".seaworthy/rules/own.yaml", &rules[0]), ("a.js", "const now = moment(1);\n")]);
    let run = run_in(folder.path(), &["check", "--json"]);
    assert!(run.stdout.contains("\"no-moment\""), "{}\n{}", run.stdout, run.stderr);
}
