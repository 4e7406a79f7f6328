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

#[test]
fn hostile_files_of_every_kind_that_is_read_neither_crash_nor_hang() {
    let names = [
        ".env",
        ".env.example",
        ".npmrc",
        ".netrc",
        ".mcp.json",
        ".claude/settings.json",
        "docker-compose.yml",
        "Dockerfile",
        "main.tf",
        "terraform.tfstate",
        "AGENTS.md",
        "README.md",
        "package.json",
        "Makefile",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        "ops/alertmanager.yml",
        "src/a.test.js",
        "tests/test_a.py",
        "src/config.ts",
        "settings.py",
    ];
    let texts = [
        "\u{0}\u{1}\u{2}".repeat(50),
        "é`make é` `a/é.ts` SECRET_KEY='é' \u{10ffff}=\u{10ffff}\n".repeat(200),
        format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000)),
        format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000)),
        "password='".repeat(5_000),
        "PASSWORD=\"\nvariable \"\nENV A\nARG \nroute:\n  receiver: a\nreceivers: [a]\n".repeat(50),
        "process.env.JWT_SECRET||'".repeat(2_000),
        "jwt.sign({".repeat(5_000),
        "session({secret:".repeat(5_000),
        "https://a:".repeat(20_000),
    ];
    for text in &texts {
        let all: Vec<(&str, &str)> = names.iter().map(|name| (*name, text.as_str())).collect();
        let all = all.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        let report = check_files(&all);
        assert_eq!(report.summary.files, names.len());
    }
}
