//! Terraform's files: accepted by Terraform, by what providers know (`tests/providers`) and by checkov.

use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::{Options, Output, Target, find};

use crate::apps::{self, Sample};
use crate::schema::Provider;
use crate::validators;

const CLOUDS: [&str; 3] = ["aws", "digitalocean", "google"];

/// What only the outside knows is in no file: the values that real trees of the tests hold as examples.
const NO_SECRETS: [&str; 6] =
    ["hunter2", "changeme", "secret123", "sk_test", "postgres:postgres", "BEGIN PRIVATE"];

fn target(cloud: &str) -> &'static Target {
    find(&format!("terraform-{cloud}")).unwrap()
}

fn targets() -> Vec<&'static Target> {
    CLOUDS.into_iter().map(target).collect()
}

/// The files of one cloud: their names below its folder, and texts.
fn module<'o>(output: &'o Output, cloud: &str) -> Vec<(&'o str, &'o str)> {
    let folder = format!("deploy/terraform/{cloud}/");
    let below =
        |file: &'o seaworthy_generate::File| Some((file.path.strip_prefix(&folder)?, file.text.as_str()));
    output.files.iter().filter_map(below).collect()
}

fn sources<'o>(output: &'o Output, cloud: &str) -> Vec<(&'o str, &'o str)> {
    module(output, cloud)
        .into_iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|e| e == "tf"))
        .collect()
}

/// Terraform, which is in no registry: where it is not installed, its own judgement is left out, and said so.
fn terraform(test: &str) -> Option<Command> {
    let mut command = Command::new("terraform");
    command.env("TF_CLI_CONFIG_FILE", "/dev/null").env("CHECKPOINT_DISABLE", "1");
    if Command::new("terraform").arg("version").output().is_err() {
        eprintln!("NOT TRIED: {test}: there is no terraform on this machine");
        return None;
    }
    Some(command)
}

/// A folder with the AWS provider, as `terraform init -plugin-dir` takes it.
fn plugins(test: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".terraform.d/plugins"));
    let named = std::env::var_os("SEA_TEST_TERRAFORM_PLUGINS").map(PathBuf::from);
    let usual = ["/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins"].map(PathBuf::from);
    // Mirrors have no place of their own; programs that come with all they need are in folders of /opt.
    let mirrors =
        std::fs::read_dir("/opt").into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let places = named.into_iter().chain(usual).chain(home).chain(mirrors);
    let found = places.into_iter().find(|place| place.join("registry.terraform.io/hashicorp/aws").is_dir());
    if found.is_none() {
        eprintln!(
            "NOT TRIED: {test}: there is no AWS provider on this machine (SEA_TEST_TERRAFORM_PLUGINS names one)"
        );
    }
    found
}

#[test]
fn all_of_it_looks_as_terraform_fmt_leaves_it() {
    let Some(mut command) = terraform("terraform fmt") else { return };
    let dir = tempfile::tempdir().unwrap();
    for sample in apps::all() {
        validators::write(dir.path(), &sample, &sample.generate(&targets()));
    }
    let (content, said) =
        validators::run(command.args(["fmt", "-check", "-diff", "-recursive"]).arg(dir.path()));
    assert!(content, "{said}");
}

#[test]
fn types_arguments_blocks_and_references_are_what_providers_know() {
    let mut modules = 0;
    for sample in apps::all() {
        let output = sample.generate(&targets());
        for cloud in CLOUDS {
            let wrong = Provider::open(cloud).check(&sources(&output, cloud));
            assert!(wrong.is_empty(), "{} on {cloud}:\n{}", sample.name, wrong.join("\n"));
            modules += 1;
        }
    }
    assert!(modules > 450, "{modules} modules");
}

#[test]
fn tables_are_of_the_versions_that_files_ask_for() {
    let output = apps::own("shop").generate(&targets());
    for cloud in CLOUDS {
        let provider = Provider::open(cloud);
        let versions =
            sources(&output, cloud).into_iter().find(|(name, _)| *name == "versions.tf").unwrap().1;
        let source = provider.source.strip_prefix("registry.terraform.io/").unwrap();
        assert!(versions.contains(&format!("\"{source}\"")), "{cloud}: {versions}");
        let (major, minor) = provider.version.split_once('.').unwrap();
        let minor = minor.split('.').next().unwrap();
        // Google's table is of the last version before the one that files ask for: see the table.
        if cloud != "google" {
            assert!(versions.contains(&format!("\"~> {major}.{minor}\"")), "{cloud}: {versions}");
        }
    }
}

/// Apps that have, together, everything that files for AWS can hold.
const FULL: [&str; 3] = ["shop", "stores", "artist-dashboard"];

fn sample(name: &str) -> Sample {
    if name == "artist-dashboard" { apps::example(name) } else { apps::own(name) }
}

#[test]
fn the_aws_provider_accepts_it() {
    let Some(plugins) = plugins("terraform validate") else { return };
    for name in FULL {
        let Some(mut init) = terraform("terraform validate") else { return };
        let dir = tempfile::tempdir().unwrap();
        let sample = sample(name);
        let home = validators::write(dir.path(), &sample, &sample.generate(&[target("aws")]));
        let home = home.join("deploy/terraform/aws");
        init.current_dir(&home).args(["init", "-backend=false", "-input=false", "-no-color"]);
        let (content, said) = validators::run(init.arg(format!("-plugin-dir={}", plugins.display())));
        assert!(content, "{name}: {said}");
        let Some(mut validate) = terraform("terraform validate") else { return };
        let (content, said) = validators::run(validate.current_dir(&home).args(["validate", "-no-color"]));
        assert!(content, "{name}: {said}");
        assert!(!said.contains("Warning"), "{name}: {said}");
    }
}

/// The shop without its database: Terraform pretends to have providers, but not their ephemeral resources yet.
fn shop_without_passwords(dir: &Path) -> Sample {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/shop");
    for file in [
        "api/package.json",
        "api/package-lock.json",
        "api/server.js",
        "mailer/mailer.py",
        "web/package.json",
        "web/package-lock.json",
        "web/index.html",
    ] {
        let to = dir.join("shop").join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(shop.join(file), to).unwrap();
    }
    let model = std::fs::read_to_string(shop.join("seaworthy.toml")).unwrap();
    let (before, rest) = model.split_once("[resources.db]").unwrap();
    let (_, after) = rest.split_once("[resources.cache]").unwrap();
    let before = before.replace("DATABASE_URL = \"${resources.db.url}\", ", "");
    std::fs::write(dir.join("shop/seaworthy.toml"), format!("{before}[resources.cache]{after}")).unwrap();
    Sample::open(&dir.join("shop"))
}

#[test]
fn a_plan_has_what_each_choice_asks_for() {
    let Some(plugins) = plugins("terraform test") else { return };
    let Some(mut init) = terraform("terraform test") else { return };
    let dir = tempfile::tempdir().unwrap();
    let sample = shop_without_passwords(&dir.path().join("model"));
    let home = validators::write(&dir.path().join("files"), &sample, &sample.generate(&[target("aws")]));
    let home = home.join("deploy/terraform/aws");
    std::fs::write(home.join("plan.tftest.hcl"), include_str!("../terraform/shop.tftest.hcl")).unwrap();
    init.current_dir(&home).args(["init", "-backend=false", "-input=false", "-no-color"]);
    let (content, said) = validators::run(init.arg(format!("-plugin-dir={}", plugins.display())));
    assert!(content, "{said}");
    let Some(mut test) = terraform("terraform test") else { return };
    let (content, said) = validators::run(test.current_dir(&home).args([
        "test",
        "-no-color",
        "-var-file=environments/production.tfvars",
    ]));
    assert!(content, "{said}");
    assert!(said.contains("0 failed"), "{said}");
}

#[test]
fn checkov_finds_nothing_that_is_not_suppressed_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(validators::tool("checkov"));
    for name in ["shop", "stores", "artist-dashboard"] {
        let sample = sample(name);
        let output = sample.generate(&targets());
        for file in &output.files {
            for line in file.text.lines().filter(|line| line.contains("checkov:skip=")) {
                let reason = line.split_once("checkov:skip=").and_then(|(_, rest)| rest.split_once(':'));
                assert!(reason.is_some_and(|(_, reason)| reason.len() > 10), "{}: {line}", file.path);
            }
        }
        command.arg("--directory").arg(validators::write(dir.path(), &sample, &output));
    }
    command.args(["--framework", "terraform", "--quiet", "--compact", "--output", "json", "--skip-download"]);
    let (_, said) = validators::run(&mut command);
    // One report for each folder, one after the other.
    let start = said.find(['[', '{']).unwrap_or_else(|| panic!("{said}"));
    let reports: Vec<serde_json::Value> =
        serde_json::Deserializer::from_str(&said[start..]).into_iter().map_while(Result::ok).collect();
    assert!(!reports.is_empty(), "{said}");
    let mut failed = Vec::new();
    let mut passed = 0;
    let reports = reports.iter().flat_map(|report| match report {
        serde_json::Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    });
    for report in reports {
        passed += report["summary"]["passed"].as_u64().unwrap();
        for check in report["results"]["failed_checks"].as_array().unwrap() {
            failed.push(format!("{} {} {}", check["check_id"], check["resource"], check["file_path"]));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 500, "only {passed} checks passed: {said}");
}

#[test]
fn no_secret_is_in_any_file() {
    for sample in apps::all() {
        let output = sample.generate(&targets());
        for file in &output.files {
            for secret in NO_SECRETS {
                assert!(!file.text.contains(secret), "{}: {} holds {secret}", sample.name, file.path);
            }
            for line in file.text.lines() {
                let Some((key, value)) = line.split_once('=') else { continue };
                let (key, value) = (key.trim(), value.trim());
                let is_password = [
                    "password",
                    "password_wo",
                    "secret_string",
                    "secret_string_wo",
                    "secret_data_wo",
                    "auth_token",
                ]
                .contains(&key);
                // Always an expression; where it is a string, one that is composed of an ephemeral value.
                let is_reference = value.starts_with("ephemeral.") || value.contains("${ephemeral.");
                assert!(!is_password || is_reference, "{}: {}: {line}", sample.name, file.path);
            }
        }
    }
}

#[test]
fn passwords_are_kept_out_of_the_state() {
    let output = apps::own("shop").generate(&[target("aws"), target("google")]);
    let all: String = output.files.iter().map(|file| file.text.as_str()).collect();
    // A managed resource or a data source would be in it.
    for stateful in
        ["resource \"random_password\"", "data \"aws_secretsmanager_secret_version\"", "manage_master"]
    {
        assert!(!all.contains(stateful), "{stateful}");
    }
    assert!(all.contains("password_wo         = ephemeral."), "{all}");
}

/// The losses of one app, as lines.
fn losses(output: &Output, cloud: &str) -> String {
    let id = target(cloud).id;
    let lines = output.losses.iter().filter(|loss| loss.target == id);
    lines
        .map(|loss| format!("{}: {} => {}\n", loss.subject, loss.lost, loss.instead))
        .collect::<Vec<_>>()
        .concat()
}

#[test]
fn what_a_cloud_cannot_express_is_told() {
    for name in ["shop", "stores"] {
        let options = Options { registry: Some("ghcr.io/acme".to_owned()), ..Options::default() };
        let output = apps::own(name).generate_with(&targets(), &options);
        for cloud in CLOUDS {
            insta::assert_snapshot!(format!("losses-{name}-{cloud}"), losses(&output, cloud));
        }
    }
}

#[test]
fn files_are_what_an_expert_would_write() {
    for (name, clouds) in [("shop", &CLOUDS[..]), ("artist-dashboard", &CLOUDS[..])] {
        let output = sample(name).generate(&targets());
        for cloud in clouds {
            let files: Vec<_> =
                module(&output, cloud).iter().map(|(path, text)| format!("==> {path}\n{text}\n")).collect();
            insta::assert_snapshot!(format!("{name}-{cloud}"), files.concat());
        }
    }
}
