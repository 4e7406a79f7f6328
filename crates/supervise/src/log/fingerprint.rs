//! What kind of error a line tells of: the same for two lines that differ only in numbers, ids, paths and quoted texts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::cause::{Errors, Said};

/// The kind of an error. Stable: the same in every process and version that normalises in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Of the message of an error.
    pub fn of_message(message: &str) -> Self {
        Self(fnv1a(template(message).as_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The kind of error of a line by itself; `None` when it does not say that it is one. Lines that only make sense with
/// those before them, such as the end of a Python traceback, are read by [`NewErrors`](super::new_errors::NewErrors).
pub fn fingerprint(line: &str) -> Option<Fingerprint> {
    match Errors::default().take(line) {
        Said::Error(message) => Some(Fingerprint::of_message(&message)),
        Said::Other(_) | Said::Nothing => None,
    }
}

/// Bytes of a template. What differs only after that is the same kind.
const LONGEST: usize = 1 << 10;

/// Alphanumeric words at least this long that have digits in them are ids.
const LONG_ID: usize = 16;

/// Words of hexadecimal digits at least this long, with digits and letters, are ids.
const SHORT_HEX: usize = 4;

/// The words of a message that stay the same when it is told of something else: `N` for a number, `<id>`, `<path>` and
/// `<text>` for others.
pub fn template(message: &str) -> String {
    let mut out = String::with_capacity(message.len().min(LONGEST));
    let mut rest = message.trim();
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let (part, length) = if first.is_whitespace() {
            (" ".to_owned(), rest.len() - rest.trim_start().len())
        } else if let Some(length) = quoted(rest, first, before) {
            ("<text>".to_owned(), length)
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            (word(&rest[..length]), length)
        } else {
            (first.to_string(), first.len_utf8())
        };
        if out.len() + part.len() > LONGEST {
            break;
        }
        out.push_str(&part);
        before = rest[..length].chars().next_back().unwrap_or(first);
        rest = &rest[length..];
    }
    out.truncate(out.trim_end().len());
    out
}

/// What belongs to a word: not what stands around words and values.
fn is_word(char: char) -> bool {
    !char.is_whitespace()
        && !matches!(
            char,
            '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | ';' | '=' | '|'
        )
}

/// The bytes of a quoted text at the start of `rest`. An apostrophe within a word opens none.
fn quoted(rest: &str, first: char, before: char) -> Option<usize> {
    if !matches!(first, '"' | '\'' | '`') || before.is_alphanumeric() {
        return None;
    }
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        if char == '\\' {
            chars.next();
        } else if char == first
            && !(first == '\'' && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric()))
        {
            return Some(at + char.len_utf8());
        }
    }
    None
}

/// A word with what varies taken out.
fn word(word: &str) -> String {
    let bare = word.trim_end_matches([':', '.', '!', '?']);
    let end = &word[bare.len()..];
    if is_path(bare) {
        return format!("<path>{end}");
    }
    if is_id(bare) {
        return format!("<id>{end}");
    }
    let mut out = String::with_capacity(word.len());
    // What is joined by punctuation is looked at part by part: `host:8f3a91`, `user-12`.
    let mut rest = bare
        .strip_prefix(['-', '+'])
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(bare);
    while !rest.is_empty() {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if length == 0 {
            let char = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..char]);
            rest = &rest[char..];
        } else if let Some(number) = number(rest) {
            out.push('N');
            rest = &rest[number..];
        } else if is_id(&rest[..length]) {
            out.push_str("<id>");
            rest = &rest[length..];
        } else {
            let digits = rest[..length].find(|c: char| c.is_ascii_digit()).unwrap_or(length);
            out.push_str(&rest[..digits]);
            rest = &rest[digits..];
            // The digits within a part stand for a number whatever follows.
            let count = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            if count > 0 {
                out.push('N');
                rest = &rest[count..];
            }
        }
    }
    out.push_str(end);
    out
}

/// The bytes of a number that a part begins with, decimals and groups of digits included, unless it is part of an id.
fn number(rest: &str) -> Option<usize> {
    let part = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    if !rest.starts_with(|c: char| c.is_ascii_digit()) || is_id(&rest[..part]) {
        return None;
    }
    let bytes = rest.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let is_point = bytes[end] == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !bytes[end].is_ascii_digit() && !is_point {
            break;
        }
        end += 1;
    }
    Some(end)
}

fn is_path(word: &str) -> bool {
    let is_drive = word.len() > 3 && word.as_bytes()[1] == b':' && word.as_bytes()[2] == b'\\';
    is_drive || (word.len() > 1 && word.contains('/'))
}

/// A UUID, a hash, an address of memory or the network, or a long random word.
fn is_id(word: &str) -> bool {
    let bytes = word.as_bytes();
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    let has_letter = bytes.iter().any(u8::is_ascii_alphabetic);
    let is_hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return !hex.is_empty() && is_hex(hex.as_bytes());
    }
    let is_uuid = bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    let colons = memchr::memchr_iter(b':', bytes).take(2).count();
    let is_address = colons == 2
        && has_digit
        && bytes.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let is_hash = bytes.len() >= SHORT_HEX && is_hex(bytes) && has_digit && has_letter;
    let is_long =
        bytes.len() >= LONG_ID && has_digit && has_letter && bytes.iter().all(u8::is_ascii_alphanumeric);
    is_uuid || is_address || is_hash || is_long
}

/// Fowler, Noll and Vo's hash 1a of 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_varies_is_taken_out() {
        for (message, wanted) in [
            ("timeout after 30.5 s", "timeout after N s"),
            ("balance is -12", "balance is N"),
            ("connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED N:N"),
            ("no user 6f1c2d3e-0b1a-4c5d-8e9f-001122334455.", "no user <id>."),
            ("bad pointer 0xdeadbeef", "bad pointer <id>"),
            ("commit 1a2b3c4 is gone", "commit <id> is gone"),
            ("Cannot find module 'express'", "Cannot find module <text>"),
            ("can't open /var/lib/x.db: denied", "can't open <path>: denied"),
            ("GET https://example.com/a?b=1 failed", "GET <path>=N failed"),
            ("request req-0a9s8d7f6g5h4j3k2l lost", "request req-<id> lost"),
            ("key \"a \\\" b\" is taken", "key <text> is taken"),
            ("10:42:31 ERROR   worker-3 died", "<id> ERROR worker-N died"),
            ("it's what it's", "it's what it's"),
            ("", ""),
        ] {
            assert_eq!(template(message), wanted, "{message}");
        }
    }

    #[test]
    fn a_fingerprint_does_not_change_from_version_to_version() {
        let fingerprint = fingerprint("ERROR: order 17 of \"mia\" failed").unwrap();
        assert_eq!(fingerprint.to_string(), format!("{:016x}", fnv1a(b"ERROR: order N of <text> failed")));
        // The published test values of the hash.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn only_errors_have_one_and_structure_is_no_part_of_it() {
        assert_eq!(fingerprint("listening on 3000"), None);
        assert_eq!(fingerprint(r#"{"level":"info","msg":"fine"}"#), None);
        let of = |line: &str| fingerprint(line).unwrap();
        assert_eq!(
            of(r#"{"level":50,"time":1,"pid":7,"msg":"no order 3"}"#),
            of(r#"{"level":"error","time":2,"pid":8,"msg":"no order 99"}"#)
        );
        assert_ne!(of("Error: no order"), of("Error: no user"));
    }

    /// Something that varies from one telling of an error to the next, in the form of one kind.
    fn values() -> impl Strategy<Value = (String, String)> {
        let two = |pattern: &str| (pattern.to_owned(), pattern.to_owned());
        prop_oneof![
            Just(two("[0-9]{1,12}")),
            Just(two("-?[0-9]{1,5}\\.[0-9]{1,4}")),
            Just(two("0x[0-9a-f]{1,16}")),
            Just(two("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
            Just(two("[a-f][0-9][0-9a-f]{5,38}")),
            Just(two("/[a-z0-9]{1,8}(/[a-zA-Z0-9._-]{0,12}[a-zA-Z0-9]){0,4}")),
            Just(two("\"[a-zA-Z0-9 ,:/-]{0,20}\"")),
            Just(two("'[a-zA-Z0-9 ,:/-]{0,20}'")),
        ]
        .prop_flat_map(|(a, b)| {
            let of = |pattern: &str| proptest::string::string_regex(pattern).expect("a valid pattern");
            (of(&a), of(&b))
        })
    }

    proptest! {
        #[test]
        fn the_same_error_told_of_something_else_is_the_same(
            before in "[a-z]{1,9}( [a-z]{1,9}){0,4}", (one, other) in values(), after in "( [a-z]{1,9}){0,4}",
        ) {
            let of = |value: &str| Fingerprint::of_message(&format!("{before} {value}{after}"));
            prop_assert_eq!(of(&one), of(&other), "{} | {}", one, other);
        }

        #[test]
        fn other_words_are_another_error(one in "[g-z]{1,12}( [g-z]{1,12}){0,8}", other in "[g-z]{1,12}( [g-z]{1,12}){0,8}") {
            prop_assert_eq!(one == other, Fingerprint::of_message(&one) == Fingerprint::of_message(&other));
        }

        #[test]
        fn a_template_is_bounded_and_no_digit_is_left(text in "\\PC{0,300}|[a-f0-9 '\"/:.`=\\\\-]{0,2000}") {
            let template = template(&text);
            prop_assert!(template.len() <= LONGEST);
            prop_assert!(!template.contains(|c: char| c.is_ascii_digit()), "{}", template);
        }
    }
}
