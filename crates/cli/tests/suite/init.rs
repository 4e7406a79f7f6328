//! `sea init`.

use serde_json::Value;

use crate::process::{example, run_in};
use crate::repository::{EXPRESS, repository};

#[test]
fn it_writes_a_file_that_plan_accepts() {
    let repo = repository(EXPRESS);
    let run = run_in(repo.path(), &["init"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("seaworthy.toml"), "{}", run.stdout);
    let written = std::fs::read_to_string(repo.path().join("seaworthy.toml")).unwrap();
    assert!(written.contains("name = \"shop\""), "{written}");
    let plan = run_in(repo.path(), &["plan"]);
    assert_eq!((plan.code, plan.stderr.as_str()), (0, ""));
}

#[test]
fn it_never_overwrites() {
    let repo = repository(EXPRESS);
    crate::repository::write(repo.path(), "seaworthy.toml", "# mine\n");
    for arguments in [&["init"][..], &["init", "--full"]] {
        let run = run_in(repo.path(), arguments);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("never overwritten"), "{}", run.stderr);
    }
    assert_eq!(std::fs::read_to_string(repo.path().join("seaworthy.toml")).unwrap(), "# mine\n");
}

#[cfg(unix)]
#[test]
fn it_follows_no_link_out_of_the_repository() {
    let repo = repository(EXPRESS);
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    std::os::unix::fs::symlink(&target, repo.path().join("seaworthy.toml")).unwrap();
    assert_eq!(run_in(repo.path(), &["init"]).code, 2);
    assert!(!target.exists());
}

#[test]
fn stdout_writes_no_file() {
    let repo = repository(EXPRESS);
    let run = run_in(repo.path(), &["init", "--stdout"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("name = \"shop\""));
    assert!(!repo.path().join("seaworthy.toml").exists());
}

#[test]
fn a_secret_in_clear_is_not_written() {
    let mut files = EXPRESS.to_vec();
    files.push((".env", "STRIPE_SECRET_KEY=sk_live_51Habcdefghijklmnop\n"));
    files.push(("compose.yaml", "services:\n  shop:\n    build: .\n    environment:\n      STRIPE_SECRET_KEY: sk_live_51Habcdefghijklmnop\n"));
    let repo = repository(&files);
    for arguments in
        [&["init", "--full", "--stdout"][..], &["plan", "--json"], &["plan", "--explain", "shop"]]
    {
        let run = run_in(repo.path(), arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(!run.stdout.contains("51Habcdefghij"), "{arguments:?}: {}", run.stdout);
    }
}

/// What matters of a plan once the values are said in another place.
fn values(plan: &Value) -> Value {
    let mut plan = plan.clone();
    plan.as_object_mut().unwrap().remove("warnings");
    for list in ["services", "resources", "jobs"] {
        for one in plan[list].as_array_mut().unwrap() {
            one.as_object_mut().unwrap().remove("origins");
            // A range becomes its lowest version; the comment behind it keeps the range.
            if let Some(runtime) = one.get_mut("runtime").and_then(Value::as_object_mut) {
                runtime.remove("requirement");
            }
            for variable in one.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
                variable["declared_at"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|place| place["file"] != "seaworthy.toml");
            }
        }
    }
    plan
}

#[test]
fn the_full_file_plans_the_same() {
    for name in ["artist-dashboard", "govapp"] {
        let before: Value =
            serde_json::from_str(&run_in(&example(name), &["-C", ".", "plan", "--json"]).stdout).unwrap();
        let full = run_in(&example(name), &["-C", ".", "init", "--full", "--stdout"]).stdout;
        let copy = tempfile::Builder::new().prefix("sea-cli-").tempdir().unwrap();
        let root = copy.path().join(name);
        copy_tree(&example(name), &root);
        std::fs::write(root.join("seaworthy.toml"), full).unwrap();
        let run = run_in(&root, &["-C", ".", "plan", "--json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let after: Value = serde_json::from_str(&run.stdout).unwrap();
        for list in ["services", "resources", "jobs"] {
            let (before, after) = (values(&before), values(&after));
            for (one, other) in before[list].as_array().unwrap().iter().zip(after[list].as_array().unwrap()) {
                for (key, value) in one.as_object().unwrap() {
                    assert_eq!(value, &other[key], "{name}: {list} {}: {key}", one["name"]);
                }
            }
        }
        assert_eq!(values(&before), values(&after));
    }
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "node_modules" {
                copy_tree(&entry.path(), &target);
            }
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
