//! Secrets in the history of a real repository, as real git prints it.

use std::fs;
use std::path::Path;
use std::process::Command;

use seaworthy_check::history::{ARGUMENTS, secrets};
use seaworthy_check::{Catalogue, Finding};
use seaworthy_detect::Repository;

fn git(root: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("git")
        .current_dir(root)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2024-03-01T12:00:00Z")
        .env("GIT_COMMITTER_DATE", "2024-03-01T12:00:00Z")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn commit(root: &Path, message: &str) -> String {
    git(root, &["add", "-A"]);
    git(root, &["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm", message]);
    String::from_utf8(git(root, &["rev-parse", "--short", "HEAD"])).unwrap().trim().to_owned()
}

fn found(root: &Path) -> Vec<Finding> {
    let log = git(root, &ARGUMENTS);
    secrets(log.as_slice(), &Catalogue::embedded(), &Repository::open(root).unwrap()).unwrap()
}

#[test]
fn a_secret_that_was_deleted_is_told_of_with_its_commit_and_one_that_is_there_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main"]);
    // Put together here, so that scanners of this repository do not stop at it.
    let token = format!("ghp_{}{}", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17");
    let address = format!("postgres://app:{}@db.acme.io/app", "q8Zr2LmX0vTb");
    fs::create_dir(root.join("src")).unwrap();
    fs::write(root.join("src/client.py"), format!("import os\n\nTOKEN = \"{token}\"\n")).unwrap();
    fs::write(root.join("src/db ünd.js"), format!("connect('{address}');\n")).unwrap();
    fs::write(root.join(".env"), "PORT=3000\nSESSION_SECRET=w7Qp-Lz0Rt5Xc9Bn\n").unwrap();
    let first = commit(root, "first");
    fs::write(root.join("src/client.py"), format!("import os\n\n\nTOKEN = \"{token}\"\n")).unwrap();
    commit(root, "moved");
    fs::write(root.join("src/client.py"), "import os\nTOKEN = os.environ['TOKEN']\n").unwrap();
    fs::remove_file(root.join(".env")).unwrap();
    commit(root, "removed");
    let findings = found(root);
    let told: Vec<_> = findings.iter().map(|one| (one.rule.as_str(), one.file.as_str(), one.line)).collect();
    assert_eq!(told, [("env-file-committed", ".env", 2), ("source-host-token", "src/client.py", 3)]);
    for finding in &findings {
        assert!(finding.message.ends_with(&format!("(commit {first} of 2024-03-01)")), "{}", finding.message);
        assert!(
            !finding.excerpt.contains(&token) && !finding.excerpt.contains("w7Qp"),
            "{}",
            finding.excerpt
        );
        assert!(!finding.fingerprint.is_empty());
    }
    // What the files hold is a finding of the check itself until it is removed, on whatever branch it was.
    git(root, &["checkout", "-q", "-b", "other"]);
    fs::write(root.join("src/db ünd.js"), "connect(process.env.DATABASE_URL);\n").unwrap();
    commit(root, "removed too");
    assert!(
        found(root).iter().any(|one| one.rule == "database-url-with-password" && one.file == "src/db ünd.js")
    );
}

#[test]
fn a_history_without_secrets_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "-q"]);
    assert!(found(root).is_empty());
    fs::write(root.join("app.js"), "const key = process.env.STRIPE_KEY;\n").unwrap();
    fs::write(root.join(".env.example"), "STRIPE_KEY=sk_test_your_key_here\n").unwrap();
    commit(root, "first");
    assert!(found(root).is_empty());
}
