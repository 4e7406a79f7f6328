//! Terraform's files, judged by Terraform.

use std::process::Command;

use seaworthy_generate::{Output, Target, find};

use crate::apps::{self, Sample};
use crate::validators;

fn target(id: &str) -> &'static Target {
    find(id).unwrap()
}

#[test]
fn dump() {
    let dir = std::path::Path::new("/tmp/tfdump");
    let _ = std::fs::remove_dir_all(dir);
    let targets: Vec<_> = seaworthy_generate::TARGETS.iter().collect();
    for sample in apps::all() {
        let output = sample.generate(&targets);
        let home = validators::write(dir, &sample, &output);
        let losses: Vec<_> = output
            .losses
            .iter()
            .map(|l| format!("{} {}: {} -> {}\n", l.target, l.subject, l.lost, l.instead))
            .collect();
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("losses.txt"), losses.concat()).unwrap();
    }
}
