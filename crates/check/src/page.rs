//! The page of a rule: for `sea explain` and for the book.

use std::fmt::Write as _;

use crate::facts::secrets::detector;
use crate::rule::{Example, FixKind, Rule};

/// A rule as Markdown.
pub fn page(rule: &Rule) -> String {
    let mut out = format!("# {}\n\n{}.\n\n", rule.id, rule.title.trim_end_matches('.'));
    let fix = match rule.fix.kind {
        FixKind::Auto => "`sea check --fix` can mend it",
        FixKind::Manual => "a person mends it",
    };
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        out,
        "Severity {}; {}; {fix}.\n\n## Why\n\n{}\n\nSource: <{}>\n\n## Fix\n\n{}\n",
        rule.severity.as_str(),
        rule.category.title().to_lowercase(),
        rule.why.trim(),
        rule.source,
        rule.fix.description.trim()
    );
    for (heading, examples) in [
        ("Reported", &rule.examples.bad),
        ("Right", &rule.examples.good),
        ("Not meant", &rule.examples.alike),
    ] {
        // The first says the most; all of them are in the rule's file.
        if let Some(example) = examples.first() {
            let _ = write!(out, "\n## {heading}\n");
            files(&mut out, example);
        }
    }
    let _ = write!(
        out,
        "\n## Allow\n\nWhere it does not apply, say so on the line or above it: `sea: allow {} because ...`\n",
        rule.id
    );
    out
}

fn files(out: &mut String, example: &Example) {
    for (path, text) in &example.files {
        let text = &without_secrets(text);
        // Longer than any run of backticks in the text.
        let mut fence = "```".to_owned();
        while text.contains(&fence) {
            fence.push('`');
        }
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let _ = write!(out, "\n`{path}`\n\n{fence}text\n{text}{end}{fence}\n");
    }
}

/// The keys of examples are made up, but scanners of whatever holds the page would stop at them all the same.
fn without_secrets(text: &str) -> String {
    let mut out = text.to_owned();
    for hit in detector::find(text).iter().rev() {
        out.replace_range(hit.range.clone(), "***");
    }
    out
}
