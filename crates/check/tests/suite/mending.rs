//! What is mended automatically: gone, and nothing else has changed for the worse.

use std::collections::BTreeMap;

use seaworthy_check::catalogue::{files, parse};
use seaworthy_check::rule::{FixKind, Rule, Severity};
use seaworthy_check::{Finding, fix};

use crate::support::check_files;

type Files = BTreeMap<String, String>;

fn rules() -> impl Iterator<Item = Rule> {
    files().into_iter().map(|(path, text)| parse(text).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// The findings of one rule.
fn of(rule: &Rule, files: &Files) -> Vec<Finding> {
    let mut found = check_files(files).findings;
    found.retain(|finding| finding.rule == rule.id);
    found
}

/// How many findings are high or critical.
fn grave(files: &Files) -> usize {
    check_files(files).findings.iter().filter(|finding| finding.severity >= Severity::High).count()
}

#[test]
fn what_is_mended_automatically_is_gone_and_nothing_grave_comes_of_it() {
    let only = std::env::var("RULE").ok();
    let mut wrong = Vec::new();
    let automatic = rules().filter(|rule| rule.fix.kind == FixKind::Auto);
    for rule in automatic.filter(|rule| only.as_ref().is_none_or(|only| rule.id.contains(only.as_str()))) {
        let mut seen = 0;
        for (index, example) in rule.examples.bad.iter().enumerate() {
            let found = of(&rule, &example.files);
            let mut mended = example.files.clone();
            for change in fix::changes(&found, |path| mended.get(path).cloned()) {
                let lines = change.before.lines().count().abs_diff(change.after.lines().count());
                if lines > 6 {
                    wrong.push(format!("{} bad {}: {lines} lines more or less", rule.id, index + 1));
                }
                seen += 1;
                mended.insert(change.file, change.after);
            }
            // What a person has to mend (a port in the long form) is still told.
            let manual = found.iter().filter(|finding| finding.fix.kind == FixKind::Manual).count();
            let left = of(&rule, &mended);
            if left.len() != manual || left.iter().any(|finding| finding.fix.kind == FixKind::Auto) {
                wrong.push(format!("{} bad {}: is still there: {mended:#?}", rule.id, index + 1));
            }
            if grave(&mended) > grave(&example.files) {
                wrong.push(format!("{} bad {}: something grave came: {mended:#?}", rule.id, index + 1));
            }
        }
        if seen == 0 {
            wrong.push(format!("{}: no example is mended, though the rule says so", rule.id));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_rule_that_a_person_has_to_mend_brings_no_change_along() {
    let manual = rules().filter(|rule| rule.fix.kind == FixKind::Manual);
    let wrong: Vec<String> = manual
        .filter(|rule| {
            let found = rule.examples.bad.iter().flat_map(|example| of(rule, &example.files));
            found.into_iter().any(|finding| !finding.fix.edits.is_empty())
        })
        .map(|rule| rule.id)
        .collect();
    assert_eq!(wrong, [""; 0], "their files have to say `kind: auto`");
}
