//! Alertmanager's own tool reads the configuration, and says who would be told.

use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::find;

use crate::apps::{self, Sample};
use crate::validators::{run, system, write};

fn configuration(dir: &Path, sample: &Sample) -> PathBuf {
    let output = sample.generate(&[find("alertmanager").unwrap()]);
    write(dir, sample, &output).join("deploy/monitoring/alertmanager/alertmanager.yaml")
}

#[test]
fn configurations_of_all_apps_are_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<_> = apps::all().iter().map(|sample| configuration(dir.path(), sample)).collect();
    let (content, said) = run(Command::new(system("amtool")).arg("check-config").args(&files));
    assert!(content, "{said}");
}

/// The receivers of an alert with these labels.
fn told(configuration: &Path, labels: &[&str]) -> String {
    let output = Command::new(system("amtool"))
        .args(["config", "routes", "test", "--config.file"])
        .arg(configuration)
        .args(labels)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_page_escalates_and_everything_else_is_a_ticket() {
    let dir = tempfile::tempdir().unwrap();
    let shop = configuration(dir.path(), &apps::own("shop"));
    let page = ["alertname=ServiceDown", "severity=page", "service=api"];
    let with = |environment: &'static str| [page[0], page[1], page[2], environment];
    assert_eq!(told(&shop, &with("environment=production")), "second-on-call,on-call");
    assert_eq!(told(&shop, &with("environment=staging")), "tickets", "nobody is woken for staging");
    assert_eq!(told(&shop, &["severity=ticket", "environment=production"]), "tickets");
    assert_eq!(told(&shop, &["severity=heartbeat", "environment=production"]), "heartbeat");
    let single = configuration(dir.path(), &apps::example("artist-dashboard"));
    assert_eq!(told(&single, &with("environment=production")), "second-on-call,on-call");
}

#[test]
fn the_second_on_call_waits_and_secrets_are_files() {
    let sample = apps::own("shop");
    let output = sample.generate(&[find("alertmanager").unwrap()]);
    let text = &output.files[0].text;
    let second = text.split("receiver: second-on-call").nth(1).unwrap();
    let second = second.split("receiver:").next().unwrap();
    assert!(second.contains("group_wait: 20m") && second.contains("continue: true"), "{second}");
    for line in text.lines().filter(|line| line.contains("_key") || line.contains("_url")) {
        assert!(line.contains("_file: /") || line.contains(".Annotations."), "{line}");
    }
    assert!(output.losses.iter().any(|loss| loss.subject == "receivers"));
}

#[test]
fn a_database_that_is_down_holds_back_what_depends_on_it() {
    let output = apps::own("depot").generate(&[find("alertmanager").unwrap()]);
    let text = &output.files[0].text;
    // Orders needs billing, which needs the bus: both are explained by it, and so is the sender.
    let rule = text.split("resource=\"bus\"").nth(1).unwrap().split("source_matchers").next().unwrap();
    assert!(rule.contains("service=~\"billing|orders|sender\""), "{rule}");
    let rule = text.split("resource=\"ledger\"").nth(1).unwrap().split("source_matchers").next().unwrap();
    assert!(rule.contains("service=~\"orders\""), "{rule}");
}

#[test]
fn the_files_of_the_artist_dashboard_and_the_shop() {
    for sample in [apps::example("artist-dashboard"), apps::own("shop")] {
        let output = sample.generate(&[find("alertmanager").unwrap()]);
        insta::assert_snapshot!(format!("{}-alertmanager.yaml", sample.name), output.files[0].text);
    }
}
