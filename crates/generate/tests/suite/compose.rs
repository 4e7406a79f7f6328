//! `sea generate compose`.

use std::process::Command;

use seaworthy_generate::{Output, find};

use crate::{apps, validators};

fn derive(sample: &apps::Sample) -> Output {
    sample.generate(&[find("compose").unwrap()])
}

fn text<'o>(output: &'o Output, path: &str) -> &'o str {
    &output.files.iter().find(|file| file.path == path).unwrap().text
}

#[test]
fn the_specifications_schema_and_yamllint_accept_every_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for sample in apps::all() {
        let output = derive(&sample);
        let home = validators::write(dir.path(), &sample, &output);
        paths.extend(output.files.iter().map(|file| home.join(&file.path)));
    }
    assert!(paths.len() > 200, "{} files are too few", paths.len());
    let (ok, said) = validators::run(
        Command::new(validators::tool("check-jsonschema"))
            .args(["--builtin-schema", "vendor.compose-spec"])
            .args(&paths),
    );
    assert!(ok, "{said}");
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validators/yamllint.yaml");
    let (ok, said) = validators::run(
        Command::new(validators::tool("yamllint")).args(["--strict", "--config-file", config]).args(&paths),
    );
    assert!(ok, "{said}");
}

/// Everything that a file asks for, with some value.
fn wanted(text: &str) -> Vec<(String, String)> {
    let expressions = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let names = expressions.map(|(inside, _)| inside.split(':').next().unwrap_or_default().to_owned());
    names.map(|name| (name, "x".to_owned())).collect()
}

#[test]
fn compose_itself_reads_the_files() {
    let dir = tempfile::tempdir().unwrap();
    // One process a file: the schema sees all of them, Compose those made by hand and some of the rest.
    let made = ["artist-dashboard", "govapp", "harbour", "shop"];
    let some = apps::all().into_iter().enumerate();
    let some = some.filter(|(index, sample)| index % 8 == 0 || made.contains(&sample.name.as_str()));
    for (_, sample) in some {
        let output = derive(&sample);
        let home = validators::write(dir.path(), &sample, &output);
        for file in &output.files {
            let mut command = Command::new(validators::tool("docker-compose"));
            command.args(["--profile", "*", "--file", &file.path, "config", "--quiet"]).current_dir(&home);
            let (ok, said) = validators::run(command.envs(wanted(&file.text)));
            assert!(ok && said.trim().is_empty(), "{}: {}: {said}", sample.name, file.path);
        }
    }
}

#[test]
fn the_dashboards_files() {
    let output = derive(&apps::example("artist-dashboard"));
    insta::assert_snapshot!("compose_development", text(&output, "compose.yaml"));
    insta::assert_snapshot!("compose_production", text(&output, "compose.production.yaml"));
}

#[test]
fn production_publishes_no_resource_and_no_secret() {
    for sample in apps::all() {
        for file in derive(&sample).files {
            let is_production = file.path == "compose.production.yaml";
            let is_open = |line: &&str| line.trim_start().starts_with("- ") && line.contains("0.0.0.0:");
            let open = file.text.lines().find(is_open);
            assert_eq!(open, None, "{}: {} is open to the world", sample.name, file.path);
            let mut resource = false;
            for line in file.text.lines().filter(|_| is_production) {
                if line.starts_with("  ") && !line.starts_with("   ") {
                    let name = line.trim().trim_end_matches(':');
                    resource = sample.app.resources.keys().any(|known| known.as_str() == name);
                }
                assert!(!(resource && line == "    ports:"), "{}: a resource is published", sample.name);
            }
        }
    }
}

#[test]
fn secrets_are_files_where_a_shell_can_read_them() {
    let output = derive(&apps::own("shop"));
    let production = text(&output, "compose.production.yaml");
    assert!(production.contains("STRIPE_KEY=\"$$(cat /run/secrets/STRIPE_KEY)\""), "{production}");
    assert!(production.contains("POSTGRES_PASSWORD_FILE: /run/secrets/DB_PASSWORD"), "{production}");
    assert!(!production.contains("${STRIPE_KEY"), "{production}");
    let development = text(&output, "compose.yaml");
    assert!(development.contains("${DB_PASSWORD:?a secret, set it in .env}@db"), "{development}");
    // An image without a shell gets variables, and that is told.
    let output = derive(&apps::fixture("go-gin-postgres"));
    let lost: Vec<_> = output.losses.iter().map(|loss| loss.lost.as_str()).collect();
    assert!(lost.contains(&"its image has no shell that could read secrets from files"), "{lost:#?}");
}

#[test]
fn a_program_that_ends_waits_for_a_person() {
    let output = derive(&apps::fixture("aiohttp-client-is-no-server"));
    let development = text(&output, "compose.yaml");
    assert!(development.contains("    profiles: [jobs]\n    command: [python, fetch.py]\n"), "{development}");
    // What a release has to do first is waited for, and none of it is in a profile.
    let output = derive(&apps::own("shop"));
    let production = text(&output, "compose.production.yaml");
    let waits = "      migrate:\n        condition: service_completed_successfully\n";
    assert_eq!(production.matches(waits).count(), 2, "{production}");
}

#[test]
fn what_compose_cannot_do_is_told() {
    let losses = derive(&apps::own("shop")).losses;
    let lost: Vec<_> = losses.iter().map(|loss| format!("{}: {}", loss.subject, loss.lost)).collect();
    for line in [
        "jobs.digest.schedule: Compose has no scheduler for `0 7 * * *` (America/Chicago)",
        "resources.db.backup: Compose makes no backups",
        "resources.uploads: there is no image that a resource of the type s3 runs from",
        "services.api.route: Compose has no proxy that knows the route /api",
    ] {
        assert!(lost.iter().any(|known| known == line), "{line} is not in {lost:#?}");
    }
    let losses = derive(&apps::example("artist-dashboard")).losses;
    assert!(losses.iter().any(|loss| loss.subject == "jobs.seed"), "{losses:#?}");
}
