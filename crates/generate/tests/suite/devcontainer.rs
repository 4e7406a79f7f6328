//! `sea generate devcontainer`.

use std::process::Command;

use seaworthy_generate::find;

use crate::{apps, validators};

#[test]
fn every_file_has_the_formats_properties_only() {
    let dir = tempfile::tempdir().unwrap();
    let (mut configurations, mut files) = (Vec::new(), Vec::new());
    for sample in apps::all() {
        let output = sample.generate(&[find("devcontainer").unwrap()]);
        let home = validators::write(dir.path(), &sample, &output);
        for file in &output.files {
            let is_json = file.path.ends_with(".json");
            if is_json { &mut configurations } else { &mut files }.push(home.join(&file.path));
        }
    }
    assert!(configurations.len() > 100, "{} files are too few", configurations.len());
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validators/devcontainer.schema.json");
    let check = || Command::new(validators::tool("check-jsonschema"));
    let (ok, said) = validators::run(check().args(["--schemafile", schema]).args(configurations));
    assert!(ok, "{said}");
    let (ok, said) = validators::run(check().args(["--builtin-schema", "vendor.compose-spec"]).args(files));
    assert!(ok, "{said}");
}

#[test]
fn compose_reads_both_files_together() {
    let dir = tempfile::tempdir().unwrap();
    let sample = apps::own("harbour");
    let output = sample.generate(&[find("devcontainer").unwrap(), find("compose").unwrap()]);
    let home = validators::write(dir.path(), &sample, &output);
    let (ok, said) = validators::run(
        Command::new(validators::tool("docker-compose"))
            .args(["--file", "compose.yaml", "--file", ".devcontainer/compose.yaml", "config"])
            .env("API_TOKEN", "x")
            .current_dir(&home),
    );
    assert!(ok, "{said}");
    let root = std::fs::canonicalize(&home).unwrap();
    assert!(
        said.contains(&format!("source: {}\n", root.display())),
        "the whole repository is mounted: {said}"
    );
}

#[test]
fn the_dashboards_container() {
    let output = apps::example("artist-dashboard").generate(&[find("devcontainer").unwrap()]);
    let all: Vec<_> = output.files.iter().map(|file| format!("==> {}\n{}", file.path, file.text)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_runtime_that_has_no_feature_or_two_versions_is_told() {
    let lost = |app: &str| -> Vec<String> {
        let losses = apps::fixture(app).generate(&[find("devcontainer").unwrap()]).losses;
        losses.into_iter().map(|loss| loss.lost).collect()
    };
    assert_eq!(lost("zig-zap"), ["there is no feature for zig"]);
}
