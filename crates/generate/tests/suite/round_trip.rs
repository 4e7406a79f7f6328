//! What was derived agrees with the model; what was edited afterwards is named, field by field.

use std::collections::BTreeMap;

use seaworthy_generate::drift::{Difference, Kind, differences};
use seaworthy_generate::place::place;
use seaworthy_generate::{File, TARGETS};

use crate::apps::{self, Sample};

/// The repository of an app with derived files in it.
fn written(files: &[File]) -> BTreeMap<String, String> {
    files.iter().map(|file| (file.path.clone(), file.text.clone())).collect()
}

fn derived(sample: &Sample) -> Vec<File> {
    sample.generate(&TARGETS.iter().collect::<Vec<_>>()).files
}

/// The differences of derived files alone.
fn drifted(sample: &Sample, files: Vec<File>, there: &BTreeMap<String, String>) -> Vec<Difference> {
    let is_derived = |found: &Difference| matches!(found.kind, Kind::Edited | Kind::Stale);
    differences(&sample.app, &place(files, there)).into_iter().filter(is_derived).collect()
}

#[test]
fn what_was_derived_has_not_drifted() {
    for sample in apps::all() {
        let files = derived(&sample);
        let there = written(&files);
        assert_eq!(drifted(&sample, files, &there), [], "{}", sample.name);
    }
}

/// A line in which one value can be changed for another, and the line with it.
fn mutated(path: &str, line: &str) -> Option<String> {
    let trimmed = line.trim_start();
    let indent = &line[..line.len() - trimmed.len()];
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_plain = |value: &str| {
        !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
    };
    match extension {
        "yaml" | "yml" if !trimmed.starts_with('#') => {
            let (key, value) = trimmed.split_once(": ")?;
            // A name tells a thing from its neighbours: with another it is another thing, and both are told.
            let is_name =
                ["name", "alert", "record", "key", "path", "kind"].contains(&key.trim_start_matches("- "));
            (is_plain(value) && is_plain(key.trim_start_matches("- ")) && !is_name)
                .then(|| format!("{indent}{key}: {}", other(value)))
        }
        "json" => {
            let (key, value) = trimmed.split_once("\": ")?;
            let (value, comma) = value.strip_suffix(',').map_or((value, ""), |value| (value, ","));
            let number: i64 = value.parse().ok()?;
            Some(format!("{indent}{key}\": {}{comma}", number + 1))
        }
        "tf" | "tfvars" => {
            let (key, value) = trimmed.split_once("= ")?;
            let number: i64 = value.parse().ok()?;
            Some(format!("{indent}{key}= {}", number + 1))
        }
        "service" | "timer" => {
            let (key, value) = trimmed.split_once('=')?;
            is_plain(value).then(|| format!("{key}={}", other(value)))
        }
        _ if name == "Dockerfile" => {
            let (word, port) = trimmed.split_once(' ')?;
            let number: u16 = port.parse().ok()?;
            (word == "EXPOSE").then(|| format!("EXPOSE {}", number + 1))
        }
        _ => None,
    }
}

/// Another value of the same type.
fn other(value: &str) -> String {
    match value {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        _ => match value.parse::<i64>() {
            Ok(number) => (number + 1).to_string(),
            Err(_) => format!("{value}x"),
        },
    }
}

#[test]
fn one_edited_field_is_named_and_no_other() {
    let mut mutations = 0;
    let mut by_target: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in
        [apps::own("shop"), apps::own("stores"), apps::own("fleet"), apps::example("artist-dashboard")]
    {
        let files = derived(&sample);
        for file in &files {
            let lines: Vec<&str> = file.text.lines().collect();
            // Some lines of each file: all of them would take minutes and say nothing more.
            let places: Vec<usize> =
                (0..lines.len()).filter(|line| mutated(&file.path, lines[*line]).is_some()).collect();
            let step = places.len().div_ceil(5).max(1);
            for at in places.iter().step_by(step) {
                let changed = mutated(&file.path, lines[*at]).unwrap();
                let mut edited: Vec<&str> = lines.clone();
                edited[*at] = &changed;
                let mut there = written(&files);
                there.insert(file.path.clone(), edited.join("\n") + "\n");
                let found = drifted(&sample, files.clone(), &there);
                let what =
                    format!("{} {}:{}: `{}` became `{changed}`", sample.name, file.path, at + 1, lines[*at]);
                assert_eq!(found.len(), 1, "{what}\n{found:#?}");
                let side = &found[0].sides[0];
                assert_eq!(side.place.file, file.path, "{what}");
                let line = side.place.line.unwrap() as usize;
                assert!(line == at + 1, "{what}: line {line} is named");
                assert!(found[0].sides[0].says != found[0].sides[1].says, "{what}");
                assert_eq!(found[0].kind, Kind::Edited, "{what}");
                mutations += 1;
                *by_target.entry(file.target).or_default() += 1;
            }
        }
    }
    assert!(mutations >= 200, "{mutations} mutations are too few");
    for target in
        ["compose", "kubernetes", "helm", "terraform-aws", "systemd", "github", "prometheus", "grafana"]
    {
        assert!(by_target.contains_key(target), "no file of {target} was edited: {by_target:?}");
    }
}

#[test]
fn an_older_model_is_told_from_an_edit() {
    let sample = apps::own("shop");
    let mut files = derived(&sample);
    let there = written(&files);
    // The model of today wants another port than the one that the files were made from.
    let compose = files.iter_mut().find(|file| file.path == "compose.yaml").unwrap();
    compose.text = compose.text.replace("4000", "4100");
    let found = drifted(&sample, files, &there);
    assert!(!found.is_empty() && found.iter().all(|found| found.kind == Kind::Stale), "{found:#?}");
    assert!(found.iter().any(|found| found.subject.starts_with("api.")), "{found:#?}");
}
