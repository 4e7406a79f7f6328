//! Conclusions about who may do what, and how that is known.

mod firebase;
mod open_route;
mod supabase;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[supabase::FACT, firebase::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[open_route::FACT];

/// A pattern for texts of which ASCII matters; `None` where it is none, which the tests would show.
fn regex(text: &str) -> Option<regex::bytes::Regex> {
    regex::bytes::RegexBuilder::new(text).unicode(false).case_insensitive(true).build().ok()
}

/// The text with its comments blanked, so that places stay what they are.
fn without_comments(text: &str, line: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let blank = |out: &mut [u8], from: usize, to: usize| {
        for byte in &mut out[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    let mut at = 0;
    while at < out.len() {
        let rest = &text.as_bytes()[at..];
        let length = if rest.starts_with(line.as_bytes()) {
            memchr::memchr(b'\n', rest).unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2)
        } else {
            at += 1;
            continue;
        };
        blank(&mut out, at, at + length);
        at += length;
    }
    String::from_utf8_lossy(&out).into_owned()
}
