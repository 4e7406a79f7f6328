//! Known secrets are taken out of a line before it reaches the disk.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

/// What stands in the place of a secret.
pub const MASK: &[u8] = b"***";

/// Shorter values are not masked: they would be found in ordinary words and hide more than they protect.
pub const SHORTEST: usize = 6;

/// Replaces known secrets by a mask.
pub struct Redactor {
    secrets: Vec<String>,
    automaton: Option<AhoCorasick>,
}

impl Redactor {
    /// For these values; those shorter than [`SHORTEST`] bytes and repeated ones are left out. A value of several lines
    /// is looked for line by line, since that is how output is read.
    pub fn new(secrets: &[String]) -> Self {
        let mut secrets: Vec<String> = secrets
            .iter()
            .flat_map(|secret| secret.lines())
            .map(str::trim)
            .filter(|part| part.len() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        secrets.sort_unstable();
        secrets.dedup();
        // The longest wins, so that a secret that begins with another one leaves no rest behind. Building fails only
        // for patterns whose sizes add up to more than 2 GiB; environments cannot be that large.
        let automaton = (!secrets.is_empty())
            .then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&secrets).ok())
            .flatten();
        Self { secrets, automaton }
    }

    /// How much of the beginning of a line can be written before the rest has come: no secret goes across that place.
    pub fn safe_length(&self, line: &[u8]) -> usize {
        let mut safe = line.len();
        for secret in &self.secrets {
            let secret = secret.as_bytes();
            let longest = (secret.len() - 1).min(line.len());
            if let Some(begun) = (1..=longest).rev().find(|length| line.ends_with(&secret[..*length])) {
                safe = safe.min(line.len() - begun);
            }
        }
        safe
    }

    /// `line` without secrets.
    pub fn apply<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(automaton) = &self.automaton else { return Cow::Borrowed(line) };
        let mut clean: Option<Vec<u8>> = None;
        let mut end = 0;
        for found in automaton.find_iter(line) {
            let clean = clean.get_or_insert_with(|| Vec::with_capacity(line.len()));
            clean.extend_from_slice(&line[end..found.start()]);
            clean.extend_from_slice(MASK);
            end = found.end();
        }
        match clean {
            None => Cow::Borrowed(line),
            Some(mut clean) => {
                clean.extend_from_slice(&line[end..]);
                Cow::Owned(clean)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(secrets: &[&str], line: &str) -> String {
        let secrets: Vec<String> = secrets.iter().map(ToString::to_string).collect();
        String::from_utf8(Redactor::new(&secrets).apply(line.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        assert_eq!(redact(&["s3cret-1"], "a s3cret-1,s3cret-1 b"), "a ***,*** b");
        assert_eq!(redact(&["s3cret", "s3cret-long"], "x s3cret-long y"), "x *** y");
        assert_eq!(redact(&["first line\nsecond line"], "second line"), "***");
    }

    #[test]
    fn an_unfinished_line_is_cut_before_a_secret_that_has_begun() {
        let redactor = Redactor::new(&["password1".to_owned(), "sword1234".to_owned()]);
        assert_eq!(redactor.safe_length(b"the pass"), 4);
        assert_eq!(redactor.safe_length(b"the password"), 4);
        assert_eq!(redactor.safe_length(b"the word"), 8);
        assert_eq!(redactor.safe_length(b""), 0);
    }

    #[test]
    fn short_values_hide_nothing() {
        assert_eq!(redact(&["dev", ""], "developers"), "developers");
    }
}
