//! Generated Dockerfiles and Compose files, really built and run.

use std::path::Path;
use std::process::Command;

use seaworthy_generate::find;

use crate::engine::{Engine, engine};
use crate::{apps, validators};

/// The app with everything that is derived from it, in a folder.
fn harbour(dir: &Path) -> std::path::PathBuf {
    let sample = apps::own("harbour");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/harbour");
    let (ok, said) = validators::run(Command::new("cp").arg("-r").arg(source).arg(dir));
    assert!(ok, "{said}");
    validators::write(
        dir,
        &sample,
        &sample.generate(&[find("dockerfile").unwrap(), find("compose").unwrap()]),
    )
}

/// The base images under the names of the Dockerfiles, and the images of the app.
fn build(engine: &Engine, home: &Path) {
    engine.node_base("node:20-bookworm-slim");
    engine.python_base("python:3.13-slim-bookworm");
    engine.nginx_base("nginxinc/nginx-unprivileged:1.29-alpine");
    for service in ["api", "counter", "site"] {
        let folder = home.join(service);
        engine.build(&format!("harbour-{service}:test"), &folder.join("Dockerfile"), &folder);
    }
}

#[test]
fn images_are_healthy_without_root_or_a_writable_file_system_and_stop_when_asked() {
    let Some(engine) = engine() else { return };
    let dir = tempfile::tempdir().unwrap();
    let home = harbour(dir.path());
    build(&engine, &home);
    for service in ["api", "counter", "site"] {
        let name = format!("harbour-test-{service}-{}", std::process::id());
        let image = format!("harbour-{service}:test");
        engine.run(&[
            "run",
            "--detach",
            "--name",
            &name,
            "--read-only",
            "--tmpfs",
            "/tmp",
            "--cap-drop",
            "ALL",
            "--security-opt",
            "no-new-privileges",
            &image,
        ]);
        // The engine itself asks the health check of the image.
        engine.wait(&["inspect", "--format", "{{.State.Health.Status}}", &name], "healthy");
        assert_eq!(engine.run(&["exec", &name, "id", "-u"]), "10001", "{service}");
        let (ok, _) = engine.attempt(&["exec", &name, "sh", "-c", ": > /app-was-here"]);
        assert!(!ok, "{service} can write to its file system");
        engine.run(&["stop", "--time", "20", &name]);
        // A process that had to be killed has 137.
        let code = engine.run(&["inspect", "--format", "{{.State.ExitCode}}", &name]);
        let logs = engine.run(&["logs", &name]);
        engine.run(&["rm", "--force", &name]);
        assert_eq!(code, "0", "{service} did not stop at SIGTERM: {logs}");
    }
    let said = engine.run(&["run", "--rm", "harbour-api:test", "ls", "-a", "/app"]);
    assert!(!said.contains("Dockerfile"), "what the build has no use for is not sent to it: {said}");
    let title = "{{index .Config.Labels \"org.opencontainers.image.title\"}}";
    assert_eq!(engine.run(&["inspect", "--format", title, "harbour-api:test"]), "harbour-api");
}

#[test]
fn the_production_file_comes_up_with_secrets_from_files() {
    let Some(engine) = engine() else { return };
    let dir = tempfile::tempdir().unwrap();
    let home = harbour(dir.path());
    build(&engine, &home);
    engine.redis("redis:7");
    let secrets = dir.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("API_TOKEN"), "a$token\"with quotes").unwrap();
    // What is published takes a port of this machine that nobody else has.
    let ports = "services:\n  site:\n    ports: !override [\"127.0.0.1::8080\"]\n  api:\n    ports: !override [\"127.0.0.1::3000\"]\n";
    std::fs::write(home.join("ports.yaml"), ports).unwrap();
    let project = format!("harbour-{}", std::process::id());
    let compose = |arguments: &[&str]| {
        validators::run(
            Command::new(validators::tool("docker-compose"))
                .args(["--project-name", &project])
                .args(["--file", "compose.production.yaml", "--file", "ports.yaml"])
                .args(arguments)
                .current_dir(&home)
                .env("SECRETS_DIR", &secrets)
                .env("TAG", "test"),
        )
    };
    let (ok, said) = compose(&["up", "--detach", "--no-build", "--wait"]);
    let (_, logs) = compose(&["logs"]);
    let ask =
        |url: &str| engine.attempt(&["exec", &format!("{project}-api-1"), "wget", "-q", "-O", "-", url]).1;
    let answers = [
        ask("http://127.0.0.1:3000/token"),
        ask("http://127.0.0.1:3000/cache"),
        ask("http://127.0.0.1:3000/whoami"),
        ask("http://site:8080/").contains("<h1>Harbour").to_string(),
    ];
    let (_, inspected) = engine.attempt(&["inspect", &format!("{project}-api-1")]);
    let (down, said_down) = compose(&["down", "--volumes", "--timeout", "20"]);
    assert!(ok, "{said}\n{logs}");
    assert_eq!(answers, ["19", "+PONG", "10001", "true"], "{logs}");
    assert!(!inspected.contains("a$token"), "the secret shows in the container's description");
    assert!(logs.contains("nothing to migrate"), "the release's job did not run: {logs}");
    assert!(down, "{said_down}");
}
