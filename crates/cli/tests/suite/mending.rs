//! Fixes tried: small apps that have something for every rule that mends, whose own tests pass before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_check::Catalogue;
use seaworthy_check::rule::FixKind;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Run, run_in};

const APPS: [&str; 3] = ["gateway", "reports", "shop"];

/// A finding as far as this is about: its rule and file.
type Place = (String, String);

/// An app in a repository of its own, so that what changes can be seen.
struct App {
    root: PathBuf,
    _folder: TempDir,
}

impl App {
    fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("sea-mending-").tempdir().unwrap();
        let root = folder.path().join(name);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mending").join(name), &root);
        let app = Self { root, _folder: folder };
        app.git(&["init", "-q", "-b", "main"]);
        app.commit();
        app
    }

    fn git(&self, arguments: &[&str]) -> String {
        let settings =
            ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        let mut git = Command::new("git");
        git.args(settings).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
        output(git, &self.root)
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "so far"]);
    }

    /// Runs something that has to succeed.
    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").env("GOTOOLCHAIN", "local");
        output(command, &self.root);
    }

    /// Mends, with the app's own tests before and after, and again.
    fn is_mended_and_still_passes(&self, tests: &dyn Fn(&Self)) {
        tests(self);
        let before = findings(&run_in(&self.root, &["check", "--json"]));
        let fixed = run_in(&self.root, &["check", "--fix", "--yes", "--json"]);
        tests(self);
        let after = findings(&fixed);
        let mended = count(&before, |finding| finding["fix"]["kind"] == "auto");
        assert!(mended.len() > 1, "{before:?}");
        assert_eq!(count(&after, |finding| finding["fix"]["kind"] == "auto"), BTreeMap::new());
        let (was, is) = (count(&before, |_| true), count(&after, |_| true));
        for (place, number) in mended {
            assert_eq!(is.get(&place).copied().unwrap_or(0), was[&place] - number, "{place:?}");
        }
        let is_grave =
            |finding: &Value| ["high", "critical"].contains(&finding["severity"].as_str().unwrap());
        let (was, is) = (count(&before, is_grave), count(&after, is_grave));
        for (place, number) in is {
            assert!(was.get(&place).is_some_and(|before| *before >= number), "{place:?} is new");
        }
        self.commit();
        let again = run_in(&self.root, &["check", "--fix", "--yes"]);
        assert!(again.stderr.contains("nothing can be mended safely"), "{}", again.stderr);
        assert_eq!(self.git(&["status", "--porcelain"]), "");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn output(mut command: Command, root: &Path) -> String {
    let output = command.current_dir(root).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn findings(run: &Run) -> Vec<Value> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    report["findings"].as_array().unwrap().clone()
}

fn count(findings: &[Value], is_meant: impl Fn(&Value) -> bool) -> BTreeMap<Place, usize> {
    let mut places = BTreeMap::new();
    for finding in findings.iter().filter(|finding| is_meant(finding)) {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        *places.entry((text("rule"), text("file"))).or_insert(0) += 1;
    }
    places
}

#[test]
fn every_rule_that_mends_has_something_to_do_in_these_apps() {
    let mut seen = BTreeSet::new();
    for name in APPS {
        let app = App::new(name);
        for finding in findings(&run_in(&app.root, &["check", "--json"])) {
            if finding["fix"]["kind"] == "auto" {
                seen.insert(finding["rule"].as_str().unwrap().to_owned());
            }
        }
    }
    let catalogue = Catalogue::embedded();
    let all: BTreeSet<String> =
        catalogue.rules().filter(|rule| rule.fix.kind == FixKind::Auto).map(|rule| rule.id.clone()).collect();
    let unseen: Vec<_> = all.difference(&seen).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    assert!(all.len() >= 25, "{}", all.len());
}

#[test]
fn a_shop_of_express_is_mended_and_passes_its_tests() {
    let app = App::new("shop");
    app.run("npm", &["ci", "--no-audit", "--no-fund", "--silent"]);
    app.is_mended_and_still_passes(&|app| app.run("npm", &["test"]));
    let text = |path: &str| std::fs::read_to_string(app.root.join(path)).unwrap();
    insta::assert_snapshot!("mended_dockerfile", text("Dockerfile"));
    insta::assert_snapshot!("mended_compose", text("compose.yaml"));
    insta::assert_snapshot!("mended_workflow", text(".github/workflows/ci.yml"));
}

#[test]
fn reports_of_flask_are_mended_and_pass_their_tests() {
    let app = App::new("reports");
    let environment = app.root.with_file_name("environment");
    app.run("python3", &["-m", "venv", environment.to_str().unwrap()]);
    let python = environment.join("bin/python");
    let python = python.to_str().unwrap();
    app.run(
        python,
        &["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", "requirements-dev.txt"],
    );
    app.is_mended_and_still_passes(&|app| app.run(python, &["-m", "pytest", "-q", "-p", "no:cacheprovider"]));
}

#[test]
fn a_gateway_in_go_is_mended_and_passes_its_tests_where_there_is_go() {
    let has_go = Command::new("go").arg("version").output().is_ok_and(|output| output.status.success());
    App::new("gateway").is_mended_and_still_passes(&|app| {
        if has_go {
            app.run("go", &["test", "./..."]);
        }
    });
}
