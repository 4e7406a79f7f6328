//! `sea generate dockerfile`.

use std::path::PathBuf;
use std::process::Command;

use seaworthy_generate::{Output, find};

use crate::{apps, validators};

fn derive(sample: &apps::Sample) -> Output {
    sample.generate(&[find("dockerfile").unwrap()])
}

fn is_dockerfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    name.starts_with("Dockerfile") && !name.ends_with(".dockerignore")
}

/// The Dockerfiles of all apps, in a folder for each app.
fn all(dir: &std::path::Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for sample in apps::all() {
        let output = derive(&sample);
        let home = validators::write(dir, &sample, &output);
        paths.extend(
            output.files.iter().filter(|file| is_dockerfile(&file.path)).map(|file| home.join(&file.path)),
        );
    }
    assert!(paths.len() > 200, "{} Dockerfiles are too few", paths.len());
    paths
}

#[test]
fn hadolint_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let paths = all(dir.path());
    // A configuration of the machine must not decide.
    let config = dir.path().join("hadolint.yaml");
    std::fs::write(&config, "ignored: []\n").unwrap();
    let (ok, said) = validators::run(
        Command::new(validators::tool("hadolint")).arg("--config").arg(config).arg("--no-color").args(paths),
    );
    assert!(ok && said.trim().is_empty(), "{said}");
}

#[test]
fn checkov_fails_no_check() {
    let dir = tempfile::tempdir().unwrap();
    all(dir.path());
    let (ok, said) = validators::run(
        Command::new(validators::tool("checkov"))
            .args(["--framework", "dockerfile", "--compact", "--quiet", "--skip-download", "--directory"])
            .arg(dir.path()),
    );
    assert!(ok, "{said}");
}

#[test]
fn the_dashboards_dockerfiles() {
    let output = derive(&apps::example("artist-dashboard"));
    let text = |path: &str| output.files.iter().find(|file| file.path == path).unwrap().text.clone();
    insta::assert_snapshot!("dockerfile_gateway", text("services/gateway/Dockerfile"));
    insta::assert_snapshot!("dockerfile_worker", text("services/worker/Dockerfile"));
    insta::assert_snapshot!("dockerfile_web", text("web/Dockerfile"));
    insta::assert_snapshot!("dockerfile_web_nginx", text("web/web.nginx.conf"));
    insta::assert_snapshot!("dockerfile_web_ignore", text("web/Dockerfile.dockerignore"));
    assert_eq!(output.losses, []);
}

#[test]
fn every_language_has_a_recipe_that_an_expert_would_write() {
    for (app, path) in [
        ("monorepo-turbo-pnpm", "apps/server/Dockerfile"),
        ("next-npm", "Dockerfile"),
        ("nuxt-pnpm", "Dockerfile"),
        ("hono-bun", "Dockerfile"),
        ("deno-hono", "Dockerfile"),
        ("flask-factory-poetry", "Dockerfile"),
        ("uv-workspace", "services/api/Dockerfile"),
        ("go-fiber-workspace", "services/catalog/Dockerfile"),
        ("rust-axum-sqlx", "Dockerfile"),
        ("java-quarkus", "Dockerfile"),
        ("kotlin-ktor-gradle", "Dockerfile"),
        ("dotnet-solution", "src/Shop.Api/Dockerfile"),
        ("php-laravel", "Dockerfile.php-laravel"),
        ("ruby-rails-sidekiq", "Dockerfile.bookings"),
        ("elixir-phoenix-release", "Dockerfile"),
        ("hugo-with-theme", "Dockerfile"),
        ("crystal-kemal", "Dockerfile"),
    ] {
        let output = derive(&apps::fixture(app));
        let file = output
            .files
            .iter()
            .find(|file| file.path == path)
            .unwrap_or_else(|| panic!("{app} has no {path}"));
        insta::assert_snapshot!(format!("dockerfile_{app}"), file.text);
    }
}

#[test]
fn what_an_image_cannot_have_is_told() {
    let lost = |app: &str| -> Vec<String> {
        let losses = derive(&apps::fixture(app)).losses;
        losses.into_iter().map(|loss| format!("{}: {}", loss.subject, loss.lost)).collect()
    };
    let has = |app: &str, text: &str| {
        let lost = lost(app);
        assert!(lost.iter().any(|line| line.contains(text)), "{app}: {lost:#?}");
    };
    has("zig-zap", "services.feeds.language: there is no recipe for zig");
    has("node-http-no-framework", "no lockfile is committed");
    has("data-in-files", "notes.db lies among the program's own files");
    has("taskfile-and-readme", "`task build` is not run");
    has("compose-extends", "services.web.start: nothing says what starts it");
}

#[test]
fn no_secret_and_no_program_of_a_package_manager_is_in_a_command() {
    for sample in apps::all() {
        for file in derive(&sample).files.iter().filter(|file| is_dockerfile(&file.path)) {
            let place = format!("{}: {}", sample.name, file.path);
            assert!(!file.text.contains("# syntax="), "{place} would load a frontend");
            let command = file.text.lines().find(|line| line.starts_with("CMD ")).unwrap_or_default();
            assert!(command.is_empty() || command.starts_with("CMD ["), "{place}: {command}");
            assert!(file.text.contains("\nUSER 10001:10001\n"), "{place} runs as root");
        }
    }
}
