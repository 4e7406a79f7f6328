//! Small realistic apps with planted problems, labelled by rule, file and line: nearly all are found, and nothing grave is
//! reported that nobody planted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_check::Options;
use seaworthy_check::rule::Severity;

use crate::support::check_folder;

/// Of a hundred planted problems this many must be found.
const FOUND: usize = 95;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Rule and place of each label: `RULE FILE:LINE`.
fn labels(path: &Path) -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (rule, place) = line.split_once(' ').unwrap_or_else(|| panic!("{}: {line}", path.display()));
            (rule.to_owned(), place.trim().to_owned())
        })
        .collect()
}

/// Copies a folder with all that is in it.
fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn nearly_every_planted_problem_is_found_and_nothing_grave_that_is_not_there() {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "labels"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let (mut planted, mut missed, mut alarms) = (0, Vec::new(), Vec::new());
    for path in paths {
        let app = path.file_stem().unwrap().to_string_lossy().into_owned();
        let labels = labels(&path);
        // In a folder of its own: below `tests/` everything would be a test.
        let copy = tempfile::tempdir().unwrap();
        copy_all(&path.with_extension(""), copy.path());
        let options = Options { today: "2026-11-21".parse().ok(), ..Options::default() };
        let report = check_folder(copy.path(), &options);
        let found: BTreeSet<(String, String)> = report
            .findings
            .iter()
            .map(|finding| (finding.rule.clone(), format!("{}:{}", finding.file, finding.line)))
            .collect();
        planted += labels.len();
        missed.extend(labels.difference(&found).map(|(rule, place)| format!("{app}: {rule} {place}")));
        // A grave finding may have another rule's label on its line: two rules can mean the same mistake.
        let places: BTreeSet<&str> = labels.iter().map(|(_, place)| place.as_str()).collect();
        let grave = report.findings.iter().filter(|finding| finding.severity >= Severity::High);
        for finding in grave {
            let place = format!("{}:{}", finding.file, finding.line);
            if !places.contains(place.as_str()) {
                alarms.push(format!("{app}: {} {place}: {}", finding.rule, finding.excerpt));
            }
        }
    }
    println!("{} of {planted} planted problems are found", planted - missed.len());
    assert!(alarms.is_empty(), "reported and not planted:\n{}", alarms.join("\n"));
    assert!(
        (planted - missed.len()) * 100 >= planted * FOUND,
        "{} of {planted} planted problems are missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}
