//! `sea generate` and `sea drift` from outside: what is written, what is left alone, what the exit code says.

use std::fs;
use std::path::Path;

use crate::process::{example, run_in};

/// A small app in a folder of its own.
fn app() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "package.json",
        r#"{"name":"shop","scripts":{"start":"node server.js"},"dependencies":{}}"#,
    );
    write(
        dir.path(),
        "package-lock.json",
        r#"{"name":"shop","lockfileVersion":3,"packages":{"":{"name":"shop"}}}"#,
    );
    write(
        dir.path(),
        "server.js",
        "const http = require('http');\nhttp.createServer((q, r) => r.end('ok')).listen(process.env.PORT || 3000);\n",
    );
    write(
        dir.path(),
        "seaworthy.toml",
        "[services.shop]\nreplicas = 2\n\n[generate]\ntargets = [\"dockerfile\", \"compose\"]\n",
    );
    dir
}

fn write(root: &Path, path: &str, text: &str) {
    fs::write(root.join(path), text).unwrap();
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

#[test]
fn files_are_written_once_and_follow_the_model() {
    let dir = app();
    let root = dir.path();
    assert_eq!(run_in(root, &["generate", "--check"]).code, 1, "nothing is there yet");
    assert!(!root.join("compose.yaml").exists(), "a check writes nothing");
    let made = run_in(root, &["generate"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(
        made.stdout.contains("created  Dockerfile") && made.stdout.contains("created  compose.yaml"),
        "{}",
        made.stdout
    );
    assert!(!root.join("deploy").exists(), "seaworthy.toml names two targets");
    assert_eq!(run_in(root, &["generate", "--check"]).code, 0);
    assert_eq!(run_in(root, &["drift"]).code, 0);
    let again = run_in(root, &["generate"]);
    assert!(again.stdout.contains("files are as they should be"), "{}", again.stdout);
    // The derived Dockerfile is no evidence: the plan is what it was.
    assert!(!run_in(root, &["plan", "--json"]).stdout.contains("Dockerfile"));

    let toml = read(root, "seaworthy.toml").replace("replicas = 2", "port = 3100\nreplicas = 3");
    write(root, "seaworthy.toml", &toml);
    assert_eq!(run_in(root, &["generate", "--check"]).code, 1);
    let drift = run_in(root, &["drift"]);
    assert_eq!(drift.code, 1);
    assert!(drift.stdout.contains("a derived file is older than the model"), "{}", drift.stdout);
    let diff = run_in(root, &["generate", "--diff"]);
    assert!(diff.stdout.contains("+EXPOSE 3100"), "{}", diff.stdout);
    assert!(read(root, "Dockerfile").contains("EXPOSE 3000"), "a diff writes nothing");
    let updated = run_in(root, &["generate"]);
    assert!(updated.stdout.contains("updated  Dockerfile"), "{}", updated.stdout);
    assert!(read(root, "Dockerfile").contains("EXPOSE 3100"));
    assert_eq!(run_in(root, &["drift"]).code, 0);
}

#[test]
fn what_a_person_wrote_or_edited_stays() {
    let dir = app();
    let root = dir.path();
    write(root, "Dockerfile", "FROM scratch\n");
    assert_eq!(run_in(root, &["generate"]).code, 0);
    assert_eq!(read(root, "Dockerfile"), "FROM scratch\n");
    assert!(read(root, "Dockerfile.new").contains("EXPOSE"));
    let edited = read(root, "compose.yaml").replace("3000", "3999");
    assert_ne!(edited, read(root, "compose.yaml"));
    write(root, "compose.yaml", &edited);
    let check = run_in(root, &["generate", "--check"]);
    assert_eq!(check.code, 1);
    assert!(check.stdout.contains("compose.yaml was edited by hand and stays"), "{}", check.stdout);
    let drift = run_in(root, &["drift", "--json"]);
    assert_eq!(drift.code, 1);
    let report: serde_json::Value = serde_json::from_str(&drift.stdout).unwrap();
    assert_eq!(report["schema"], "sea.drift/1");
    let subjects: Vec<&str> = report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["subject"].as_str().unwrap())
        .collect();
    assert!(
        !subjects.is_empty() && subjects.iter().all(|subject| subject.starts_with("shop.")),
        "{subjects:?}"
    );
    assert_eq!(run_in(root, &["generate"]).code, 0);
    assert_eq!(read(root, "compose.yaml"), edited);
    assert!(read(root, "compose.yaml.new").contains("3000"));
}

#[test]
fn what_the_model_lost_is_named_and_not_deleted() {
    let dir = app();
    let root = dir.path();
    assert_eq!(run_in(root, &["generate", "kubernetes"]).code, 0);
    let folder = root.join("deploy/kubernetes/base/services");
    let old = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    write(root, "seaworthy.toml", "[services.store]\nstart = \"node server.js\"\n");
    let check = run_in(root, &["generate", "kubernetes", "--check"]);
    assert_eq!(check.code, 1);
    let name = old.file_name().unwrap().to_str().unwrap();
    assert!(check.stdout.contains("left over") && check.stdout.contains(name), "{}", check.stdout);
    assert_eq!(run_in(root, &["generate", "kubernetes"]).code, 0);
    assert!(old.exists());
}

#[test]
fn a_project_has_templates_of_its_own_and_is_told_of_their_mistakes() {
    let dir = app();
    let root = dir.path();
    fs::create_dir_all(root.join(".seaworthy/templates/dockerfile")).unwrap();
    write(root, ".seaworthy/templates/dockerfile/node.j2", "FROM ours:1\nEXPOSE {{ port }}\n");
    let made = run_in(root, &["generate", "dockerfile"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(read(root, "Dockerfile").ends_with("FROM ours:1\nEXPOSE 3000\n"));
    write(root, ".seaworthy/templates/dockerfile/node.j2", "FROM {{ nothing_of_the_kind }}\n");
    let wrong = run_in(root, &["generate", "dockerfile"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("dockerfile/node.j2 cannot be used"), "{}", wrong.stderr);
    assert!(read(root, "Dockerfile").contains("ours:1"), "what is there stays");
}

#[test]
fn wrong_words_are_answered_with_right_ones() {
    let dir = app();
    let wrong = run_in(dir.path(), &["generate", "dockerfil"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("there is no target `dockerfil`"), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("sea generate dockerfile"), "{}", wrong.stderr);
    assert_eq!(run_in(dir.path(), &["generate", "--env", "production"]).code, 2);
    let list = run_in(dir.path(), &["generate", "--list"]);
    assert!(list.stdout.contains("kubernetes") && list.stdout.contains("(when named)"), "{}", list.stdout);
    let json = run_in(dir.path(), &["generate", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["schema"], "sea.generate/1");
    assert_eq!(report["files"][0]["action"], "create");
}

#[test]
fn the_permit_office_has_drifted_apart() {
    let run = run_in(&example("govapp"), &["drift", "."]);
    assert_eq!(run.code, 1);
    for told in
        ["backend.port", "backend.readiness", "db.version", "backend.env.DATABASE_URL", "a secret in clear"]
    {
        assert!(run.stdout.contains(told), "{told} is not told:\n{}", run.stdout);
    }
    let dir = tempfile::tempdir().unwrap();
    let rendered = dir.path().join("cluster.yaml");
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: govapp-backend}\n  \
                spec:\n    replicas: 7\n    template: {spec: {containers: [{name: backend, image: 'govapp/backend:1.4.0'}]}}\n";
    fs::write(&rendered, list).unwrap();
    let run = run_in(&example("govapp"), &["drift", ".", "--with", rendered.to_str().unwrap()]);
    assert!(
        run.stdout.contains("backend.replicas") && run.stdout.contains("kubernetes/cluster.yaml:"),
        "{}",
        run.stdout
    );
    let absent = run_in(&example("govapp"), &["drift", ".", "--with", "nowhere.yaml"]);
    assert_eq!(absent.code, 3, "{}", absent.stderr);
}
