//! Secrets: what is not shared is no finding, and no report shows what it found.

use std::collections::BTreeSet;

use seaworthy_check::Options;
use seaworthy_check::catalogue::{files as rules, parse};
use seaworthy_check::rule::Category;

use crate::support::{check_files, check_folder, files, write};

#[test]
fn a_secret_in_a_file_that_git_does_not_have_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let code = "const apiKey = 'q8Zr2LmX0vTb7NcY4wKdQ1';\n";
    write(folder.path(), &files([("src/a.js", code), ("src/b.js", code)]));
    let tracked = Some(BTreeSet::from(["src/a.js".to_owned()]));
    let report = check_folder(folder.path(), &Options { tracked, ..Options::default() });
    let told: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.rule == "hard-coded-secret")
        .map(|finding| finding.file.as_str())
        .collect();
    assert_eq!(told, ["src/a.js"]);
}

#[test]
fn no_finding_about_a_secret_shows_it() {
    let mut shown = Vec::new();
    for (path, text) in rules() {
        let rule = parse(text).unwrap();
        if rule.category != Category::Secrets {
            continue;
        }
        for example in &rule.examples.bad {
            let report = check_files(&example.files);
            for finding in report.findings.iter().filter(|finding| finding.category == Category::Secrets) {
                for said in [&finding.excerpt, &finding.message] {
                    shown.extend(drawn(said).map(|word| format!("{path}: {} shows {word}", finding.rule)));
                }
            }
        }
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// Words that only chance writes: long, with capitals, small letters and digits in between.
fn drawn(text: &str) -> impl Iterator<Item = &str> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric();
    text.split(move |letter: char| !is_letter(letter)).filter(|word| {
        let bytes = word.as_bytes();
        let turns =
            bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
        word.len() >= 10 && turns >= 3
    })
}
