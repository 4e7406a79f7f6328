//! The formats of keys and tokens, as `rules/secrets/detectors.yaml` lists them.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::facts::secrets::evidence;
use crate::rule::Severity;

/// How far around a secret `apart` is looked for, in bytes.
const AROUND: usize = 160;

/// How far after a keyword a secret may end, and how far before it one may start, in bytes.
const AFTER: usize = 1_200;
const BEFORE: usize = 240;

/// Places near a keyword that are looked at for one format; a text with more is data.
const MOST: usize = 1_000;

/// One format.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Detector {
    /// The rule that reports it.
    pub(super) rule: String,
    /// What it is called.
    pub(super) name: String,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    prefixes: Vec<String>,
    pattern: String,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    apart: Vec<String>,
    #[serde(default = "usual_entropy")]
    entropy: f64,
    #[serde(default)]
    pub(super) proof: Proof,
    /// Where it is not that of the rule.
    pub(super) severity: Option<Severity>,
    /// Only a server may have it.
    #[serde(default)]
    pub(super) server: bool,
    #[serde(skip)]
    regex: OnceLock<Option<Regex>>,
}

/// What else must hold of a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Proof {
    /// Nothing.
    #[default]
    None,
    /// Its last letters are the checksum of the others.
    Checksum,
    /// It is a macaroon of `PyPI`.
    Macaroon,
    /// It is a JWT with the role `service_role`.
    ServiceRole,
    /// It is a JWT that lets someone in.
    SignedToken,
    /// It is the body of a key, and no ellipsis.
    PrivateKey,
    /// It is the password of an address on another machine.
    Address,
}

fn usual_entropy() -> f64 {
    3.0
}

/// A secret in a text.
pub(crate) struct Hit {
    /// What it is.
    pub(crate) detector: &'static Detector,
    /// Where it is.
    pub(crate) range: Range<usize>,
}

/// The table, and the automaton that finds where to look.
struct Table {
    detectors: Vec<Detector>,
    keywords: AhoCorasick,
    /// Of each keyword: whose it is, and whether secrets start with it.
    owners: Vec<(usize, Start)>,
}

/// What a keyword says about where the secret is.
#[derive(Clone, Copy)]
enum Start {
    /// Here.
    Here,
    /// Nearby.
    Near,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // Part of the binary, and the tests below read all of it.
    let detectors: Vec<Detector> =
        serde_saphyr::from_str(include_str!("../../../../../rules/secrets/detectors.yaml"))
            .unwrap_or_else(|error| unreachable!("the table is a constant: {error}"));
    let mut texts = Vec::new();
    let mut owners = Vec::new();
    for (index, detector) in detectors.iter().enumerate() {
        for (list, start) in [(&detector.prefixes, Start::Here), (&detector.keywords, Start::Near)] {
            texts.extend(list.clone());
            owners.extend(list.iter().map(|_| (index, start)));
        }
    }
    let keywords = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(&texts)
        .unwrap_or_else(|error| unreachable!("some hundred short texts make an automaton: {error}"));
    Table { detectors, keywords, owners }
});

/// The rules that the table names.
#[cfg(test)]
pub(super) fn rules() -> std::collections::BTreeSet<&'static str> {
    TABLE.detectors.iter().map(|detector| detector.rule.as_str()).collect()
}

/// Every secret of a known format in a text, by place, none within another.
pub(crate) fn find(text: &str) -> Vec<Hit> {
    let bytes = text.as_bytes();
    let mut found: Vec<(usize, Range<usize>)> = Vec::new();
    // Behind this, a detector has looked already.
    let mut seen = vec![0_usize; TABLE.detectors.len()];
    let mut looks = vec![0_usize; TABLE.detectors.len()];
    // Asked once of a text, and only where a keyword is.
    let mut lower: Option<String> = None;
    let mut is_near: Vec<Option<bool>> = vec![None; TABLE.detectors.len()];
    for keyword in TABLE.keywords.find_overlapping_iter(bytes) {
        let (index, start) = TABLE.owners[keyword.pattern().as_usize()];
        let detector = &TABLE.detectors[index];
        let window = match start {
            Start::Here => match token(bytes, keyword.start()) {
                Some(window) => window,
                None => continue,
            },
            Start::Near if looks[index] == MOST => continue,
            Start::Near => {
                looks[index] += 1;
                let from = keyword.start().saturating_sub(BEFORE).max(seen[index]);
                from..keyword.end().saturating_add(AFTER).min(bytes.len())
            }
        };
        if !detector.near.is_empty() {
            let lower = lower.get_or_insert_with(|| text.to_ascii_lowercase());
            let is_near = is_near[index].get_or_insert_with(|| has_any(lower, &detector.near));
            if !*is_near {
                continue;
            }
        }
        let Some(regex) = detector.regex() else { continue };
        let Some(slice) = bytes.get(window.clone()) else { continue };
        let Some(captures) = regex.captures(slice) else { continue };
        let host = captures.name("host").map(|host| host.range());
        let group = captures
            .iter()
            .skip(1)
            .flatten()
            .find(|group| host.as_ref() != Some(&group.range()))
            .or_else(|| captures.get(0));
        let Some(range) = group.map(|group| window.start + group.start()..window.start + group.end()) else {
            continue;
        };
        let host = host.and_then(|host| std::str::from_utf8(&slice[host]).ok());
        if detector.holds(text, &range, host) {
            seen[index] = seen[index].max(range.end);
            found.push((index, range));
        }
    }
    found.sort_by_key(|(index, range)| (range.start, *index));
    let mut hits: Vec<Hit> = Vec::new();
    for (index, range) in found {
        if hits.last().is_none_or(|last| last.range.end <= range.start) {
            hits.push(Hit { detector: &TABLE.detectors[index], range });
        }
    }
    hits
}

/// The letters around a prefix up to the next blank or quote; `None` where the prefix is the middle of a word.
fn token(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    /// Shorter is no secret.
    const LEAST: usize = 14;
    if at > 0 && bytes[at - 1].is_ascii_alphanumeric() && !is_escape(bytes, at) {
        return None;
    }
    let is_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>');
    let rest = &bytes[at..bytes.len().min(at + AFTER)];
    let length = rest.iter().position(|byte| is_end(*byte)).unwrap_or(rest.len());
    (length >= LEAST).then_some(at..at + length)
}

/// The letter before is part of `\n` or `\t`, as JSON writes line ends.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    at > 1 && bytes[at - 2] == b'\\' && matches!(bytes[at - 1], b'n' | b't' | b'r')
}

impl Detector {
    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| RegexBuilder::new(&self.pattern).unicode(false).build().ok()).as_ref()
    }

    /// What was matched is a secret, as far as can be told.
    fn holds(&self, text: &str, range: &Range<usize>, host: Option<&str>) -> bool {
        let Some(secret) = text.get(range.clone()) else { return false };
        let proven = match self.proof {
            Proof::None => !evidence::is_placeholder(body(secret)) && !evidence::is_phrase(body(secret)),
            Proof::Checksum => evidence::has_checksum(secret),
            Proof::Macaroon => evidence::is_macaroon(secret),
            Proof::ServiceRole => evidence::is_service_role(secret),
            Proof::SignedToken => evidence::is_signed_token(secret),
            Proof::PrivateKey => is_key(text, range, secret),
            Proof::Address => {
                host.is_some_and(evidence::is_remote)
                    && !evidence::is_placeholder(secret)
                    && !evidence::is_filled_in_later(secret)
            }
        };
        proven
            && evidence::entropy(secret) >= self.entropy
            && !has_any(&around(text, range).to_ascii_lowercase(), &self.apart)
    }
}

/// A token without its prefix, which says `test` or `live` for a reason.
fn body(secret: &str) -> &str {
    match secret.find(['_', '-', '.']) {
        Some(at) if at < 12 && secret.len() - at > 12 => {
            let rest = &secret[at + 1..];
            rest.strip_prefix("test_").or_else(|| rest.strip_prefix("live_")).unwrap_or(rest)
        }
        _ => secret,
    }
}

/// The body of a private key, and not that of a service account, which is reported as such.
fn is_key(text: &str, range: &Range<usize>, secret: &str) -> bool {
    let letters = secret.bytes().filter(u8::is_ascii_alphanumeric).count();
    let before = &text[text.floor_char_boundary(range.start.saturating_sub(600))..range.start];
    letters >= 90 && !secret.contains("...") && !before.contains("\"service_account\"")
}

fn around<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    let start = text.floor_char_boundary(range.start.saturating_sub(AROUND));
    &text[start..text.floor_char_boundary(range.end.saturating_add(AROUND))]
}

/// One of the words, which have no capitals, is in a text that has none either.
fn has_any(lower: &str, words: &[String]) -> bool {
    words.iter().any(|word| lower.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_can_be_looked_for() {
        for detector in &TABLE.detectors {
            assert!(detector.regex().is_some(), "{}: {}", detector.name, detector.pattern);
            let words = detector.near.iter().chain(&detector.apart);
            assert!(words.clone().all(|word| *word == word.to_ascii_lowercase()), "{}", detector.name);
            assert!(!(detector.keywords.is_empty() && detector.prefixes.is_empty()), "{}", detector.name);
        }
    }

    #[test]
    fn hostile_texts_are_looked_at_in_little_time() {
        for part in [
            "postgres://",
            "eyJ",
            "-----BEGIN RSA PRIVATE KEY-----\n",
            "https://a:",
            "twilio",
            "\u{e9}sk_live_",
        ] {
            assert!(find(&part.repeat(4_000)).is_empty(), "{part}");
        }
    }
}
