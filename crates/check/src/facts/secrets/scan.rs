//! Keys and tokens whose format says what they are, in any file that others have.

use std::ops::Range;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::facts::secrets::detector::{self, Hit, Proof};
use crate::facts::secrets::public;
use crate::file::{Role, SourceFile, is_lockfile};
use crate::finding::Draft;
use crate::rule::{Severity, Side};
use crate::side::side;

/// Worse than the secret as such: whoever opens the page has it.
pub(super) const IN_BROWSER: &str = "secret-in-browser-code";

pub(super) static FACT: FileFact = FileFact {
    rules: &[
        "cloud-key",
        "google-api-key",
        "hosting-token",
        "source-host-token",
        "package-registry-token",
        "payment-key",
        "model-provider-key",
        "chat-token",
        "mail-service-key",
        "supabase-service-key",
        "signed-token",
        "private-key",
        "service-token",
        "database-url-with-password",
        "url-with-password",
        IN_BROWSER,
    ],
    // Package managers write checksums, which look like keys, and nothing that anyone keeps secret.
    wants: |file| !is_lockfile(file.name()),
    check,
};

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let hits = detector::find(file.text);
    if hits.is_empty() || !context.is_shared(file.path) {
        return;
    }
    // A page of HTML or code of a browser; asked once, and only where there is something to tell.
    let is_browser = hits.iter().any(|hit| hit.detector.server)
        && file.role != Role::Test
        && side(context, file) == Side::Browser;
    for hit in &hits {
        if let Some(draft) = draft(file, hit, is_browser) {
            sink.report_in(file, draft);
        }
    }
}

/// What is said about one secret.
pub(crate) fn draft(file: &SourceFile<'_>, hit: &Hit, is_browser: bool) -> Option<Draft> {
    let detector = hit.detector;
    let name = &detector.name;
    let place =
        |rule: &'static str| Draft::bytes(rule, file.path, hit.range.clone()).hiding(hit.range.clone());
    let line = line_around(file.text, hit.range.start);
    if detector.server && public::names(line).next().is_some() && file.role != Role::Test {
        let says = format!(
            "the {name} has the prefix of a public variable: it is built into what browsers download"
        );
        return Some(place(public::RULE).says(says));
    }
    if detector.server && is_browser {
        return Some(place(IN_BROWSER).says(format!("the {name} is in code that browsers download")));
    }
    let is_practice = matches!(file.role, Role::Test | Role::Example);
    let is_proven = matches!(detector.proof, Proof::Checksum | Proof::Macaroon);
    if is_practice && detector.proof == Proof::Address {
        return None;
    }
    let rule = FACT.rules.iter().find(|rule| **rule == detector.rule)?;
    let mut draft = place(rule).says(format!("here is a {name} that everyone with the repository can read"));
    if let Some(severity) = detector.severity {
        draft = draft.weighs(severity);
    }
    if is_practice && !is_proven {
        draft = draft.weighs(Severity::Medium);
    }
    Some(draft)
}

/// A value is, or holds, a secret of a known format, which is reported as such.
pub(super) fn is_known(value: &str) -> bool {
    !detector::find(value).is_empty()
}

/// The line that a byte is on.
pub(super) fn line_around(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    &text[start..end]
}

/// Where a value is on a 1-based line, so that it can be hidden.
pub(super) fn place(text: &str, line: u32, value: &str) -> Range<usize> {
    let wanted = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(wanted).map(str::len).sum();
    let rest = &text[start..];
    let length = rest.find('\n').unwrap_or(rest.len());
    match rest[..length].rfind(value) {
        Some(at) => start + at..start + at + value.len(),
        None => start..start + length,
    }
}

/// A finding about a value on a line, which is hidden.
pub(crate) fn hidden(rule: &'static str, file: &SourceFile<'_>, line: u32, value: &str) -> Draft {
    let range = place(file.text, line, value);
    Draft::bytes(rule, file.path, range.clone()).hiding(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_a_format_names_is_one_of_these() {
        for rule in detector::rules() {
            assert!(FACT.rules.contains(&rule), "{rule}");
        }
    }
}
