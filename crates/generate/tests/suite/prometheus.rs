//! Prometheus' own tool reads every file that Prometheus would.

use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::{Loss, Output, Target, find};

use crate::apps::{self, Sample};
use crate::validators::{run, system, write};

fn target() -> &'static Target {
    find("prometheus").unwrap()
}

/// The files of this name in the folders of all environments.
fn files(home: &Path, output: &Output, name: &str) -> Vec<PathBuf> {
    output.files.iter().filter(|file| file.path.ends_with(name)).map(|file| home.join(&file.path)).collect()
}

#[test]
fn rules_and_configurations_of_all_apps_are_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let (mut rules, mut configurations) = (Vec::new(), Vec::new());
    let discovered = "kubernetes_sd_configs:\n      - role: node\n";
    for sample in apps::all() {
        let output = sample.generate(&[target()]);
        let home = write(dir.path(), &sample, &output);
        rules.extend(files(&home, &output, "recording.yaml"));
        rules.extend(files(&home, &output, "alerts.yaml"));
        for configuration in files(&home, &output, "prometheus.yaml") {
            // Debian builds promtool without the discovery of Kubernetes: its two lines are replaced by a fixed target.
            let text = std::fs::read_to_string(&configuration).unwrap();
            let text = text.replace(discovered, "static_configs:\n      - targets: [\"node:10250\"]\n");
            assert!(!text.contains("kubernetes_sd"), "{}", configuration.display());
            std::fs::write(&configuration, text).unwrap();
            configurations.push(configuration);
        }
    }
    assert!(rules.len() > 300, "{} files of rules are too few", rules.len());
    let (content, said) = run(Command::new(system("promtool"))
        .args(["check", "rules", "--lint=all", "--lint-fatal"])
        .args(&rules));
    assert!(content, "{said}");
    // Credentials that Kubernetes mounts are not here: only the syntax can be looked at.
    let (content, said) = run(Command::new(system("promtool"))
        .args(["check", "config", "--syntax-only"])
        .args(&configurations));
    assert!(content, "{said}");
}

#[test]
fn a_configuration_finds_its_rules() {
    let dir = tempfile::tempdir().unwrap();
    let sample = apps::own("depot");
    let output = sample.generate(&[target()]);
    let home = write(dir.path(), &sample, &output);
    let configuration = home.join("deploy/monitoring/prometheus/production/prometheus.yaml");
    let (content, said) = run(Command::new(system("promtool")).args(["check", "config"]).arg(&configuration));
    assert!(content, "{said}");
    assert!(said.contains("2 rule files found"), "{said}");
}

/// Every alert of these apps, on Kubernetes and on a host, fires when it should and only then.
#[test]
fn alerts_fire_when_they_should_and_only_then() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["shop", "depot"] {
        tried(dir.path(), &apps::own(name));
    }
    for name in ["artist-dashboard", "govapp"] {
        tried(dir.path(), &apps::example(name));
    }
}

fn tried(dir: &Path, sample: &Sample) {
    let output = sample.generate(&[target()]);
    let home = write(dir, sample, &output);
    // Staging differs from production in names and numbers alone, and promtool takes its time.
    let tests = files(&home, &output, "tests.yaml");
    for tests in tests.iter().filter(|path| !path.iter().any(|folder| folder == "staging")) {
        let (content, said) = run(Command::new(system("promtool")).args(["test", "rules"]).arg(tests));
        assert!(content, "{}: {said}", tests.display());
    }
}

/// The tests of rules must be able to fail: with a threshold moved, they do.
#[test]
fn a_wrong_rule_is_found_by_the_generated_tests() {
    let dir = tempfile::tempdir().unwrap();
    let sample = apps::own("shop");
    let output = sample.generate(&[target()]);
    let home = write(dir.path(), &sample, &output).join("deploy/monitoring/prometheus/production");
    let right = std::fs::read_to_string(home.join("alerts.yaml")).unwrap();
    // One change in each, made together: promtool takes its time. Each has to be found.
    let changes = [
        (
            "increase1h{service_name=\"api\"} >= ",
            "increase1h{service_name=\"api\"} >= 0 * ",
            "AvailabilityBudgetBurn",
        ),
        (
            "memory_usage:ratio{service_name=\"api\"} > 0.9",
            "memory_usage:ratio{service_name=\"api\"} > 0.7",
            "ServiceMemoryHigh",
        ),
        ("resource:up:min{resource=\"db\"} == 0", "resource:up:min{resource=\"db\"} == 2", "DatabaseDown"),
        (
            "service:cpu_usage:ratio5m{service_name=\"api\"} > 0.9",
            "service:cpu_usage:ratio5m{service_name=\"api\"} > 0.2",
            "ServiceCpuHigh",
        ),
    ];
    let mut wrong = right;
    for (from, to, _) in changes {
        assert!(wrong.contains(from), "{from} is in no rule");
        wrong = wrong.replace(from, to);
    }
    std::fs::write(home.join("alerts.yaml"), wrong).unwrap();
    let (content, said) =
        run(Command::new(system("promtool")).args(["test", "rules"]).arg(home.join("tests.yaml")));
    assert!(!content, "{said}");
    for (_, _, alert) in changes {
        assert!(said.contains(alert), "{alert} is not found: {said}");
    }
}

#[test]
fn what_cannot_be_watched_is_said() {
    let output = apps::own("depot").generate(&[target()]);
    let told = |subject: &str| -> Vec<&Loss> {
        output.losses.iter().filter(|loss| loss.subject == subject).collect()
    };
    for subject in ["mail.type", "invoices.type", "ledger.backup", "close-day.schedule", "slo.sender"] {
        assert_eq!(told(subject).len(), 1, "{subject}: {:#?}", output.losses);
    }
    assert!(told("tasks.queues").is_empty(), "Celery's key is known");
    let shop = apps::own("shop").generate(&[target()]);
    assert!(shop.losses.iter().any(|loss| loss.subject == "cache.queues"), "{:#?}", shop.losses);
}

#[test]
fn the_files_of_the_artist_dashboard() {
    let output = apps::example("artist-dashboard").generate(&[target()]);
    for file in &output.files {
        if !file.path.ends_with("tests.yaml") {
            let name = file.path.rsplit('/').next().unwrap();
            insta::assert_snapshot!(format!("artist-dashboard-{name}"), file.text);
        }
    }
}

#[test]
fn the_files_of_the_shop() {
    let output = apps::own("shop").generate(&[target()]);
    for file in output.files.iter().filter(|file| file.path.contains("/production/")) {
        let name = file.path.rsplit('/').next().unwrap();
        insta::assert_snapshot!(format!("shop-{name}"), file.text);
    }
}
