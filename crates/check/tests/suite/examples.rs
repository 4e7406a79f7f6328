//! Every rule is held to its own examples: what it must report, what it must not, and what only looks like it.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_check::catalogue::{Catalogue, files, parse};
use seaworthy_check::facts::{OWN, facts, file_facts};
use seaworthy_check::rule::{Example, Examples, Rule, Severity};

use crate::support::check_files;

fn rules() -> Vec<(String, Rule)> {
    files()
        .into_iter()
        .map(|(path, text)| {
            let rule = parse(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            (path, rule)
        })
        .collect()
}

#[test]
fn every_rule_is_whole_and_in_its_place() {
    let concluded: BTreeSet<&str> = facts()
        .flat_map(|fact| fact.rules)
        .chain(file_facts().flat_map(|fact| fact.rules))
        .chain(&OWN)
        .copied()
        .collect();
    let mut seen = BTreeMap::new();
    let mut wrong = Vec::new();
    for (path, rule) in rules() {
        let expected = format!("{}/{}.yaml", rule.category.as_str(), rule.id);
        if !path.ends_with(&expected) {
            wrong.push(format!("{path}: belongs to rules/check/{expected}"));
        }
        if let Some(other) = seen.insert(rule.id.clone(), path.clone()) {
            wrong.push(format!("{path}: {other} has the same id"));
        }
        if rule.patterns.is_empty() != concluded.contains(rule.id.as_str()) {
            wrong.push(format!("{path}: a rule has patterns, or a function that reports it, and not both"));
        }
        for (kind, examples) in
            [("bad", &rule.examples.bad), ("good", &rule.examples.good), ("alike", &rule.examples.alike)]
        {
            if examples.len() < 3 {
                wrong.push(format!("{path}: has {} {kind} examples, not three", examples.len()));
            }
        }
        if rule.why.split_whitespace().count() < 20 {
            wrong.push(format!("{path}: does not say why in a paragraph"));
        }
        if !rule.source.starts_with("https://") {
            wrong.push(format!("{path}: names no source that can be read"));
        }
    }
    for id in concluded {
        if !seen.contains_key(id) {
            wrong.push(format!("{id} is reported by a function and has no file"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_check_reads_are_these_rules_without_their_examples() {
    let whole: Vec<String> = rules().into_iter().map(|(_, rule)| rule.id).collect();
    let read = Catalogue::embedded();
    assert_eq!(read.rules().len(), whole.len());
    for (_, mut rule) in rules() {
        rule.examples = Examples::default();
        assert_eq!(format!("{:?}", read.get(&rule.id).unwrap()), format!("{rule:?}"));
    }
}

#[test]
fn every_rule_reports_its_bad_examples_and_nothing_grave_is_found_in_the_others() {
    let only = std::env::var("RULE").ok();
    let mut wrong = Vec::new();
    for (_, rule) in rules() {
        if only.as_ref().is_some_and(|only| !rule.id.contains(only.as_str())) {
            continue;
        }
        for (index, example) in rule.examples.bad.iter().enumerate() {
            wrong.extend(missing(&rule, example).map(|why| format!("{} bad {}: {why}", rule.id, index + 1)));
        }
        let harmless = [("good", &rule.examples.good), ("alike", &rule.examples.alike)];
        for (kind, examples) in harmless {
            for (index, example) in examples.iter().enumerate() {
                wrong.extend(
                    false_alarms(&rule, example)
                        .into_iter()
                        .map(|what| format!("{} {kind} {}: {what}", rule.id, index + 1)),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Why an example that must be reported is not.
fn missing(rule: &Rule, example: &Example) -> Option<String> {
    let report = check_files(&example.files);
    let found: BTreeSet<String> = report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule.id)
        .map(|finding| format!("{}:{}", finding.file, finding.line))
        .collect();
    if example.at.is_empty() {
        return found.is_empty().then(|| "is not reported".to_owned());
    }
    let expected: BTreeSet<String> = example.at.iter().cloned().collect();
    (found != expected).then(|| format!("is reported at {found:?}, not at {expected:?}"))
}

/// What is reported though it must not be: by the rule itself, or by any other as high or critical.
fn false_alarms(rule: &Rule, example: &Example) -> Vec<String> {
    let report = check_files(&example.files);
    report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule.id || finding.severity >= Severity::High)
        .map(|finding| format!("{} at {}:{}: {}", finding.rule, finding.file, finding.line, finding.excerpt))
        .collect()
}
