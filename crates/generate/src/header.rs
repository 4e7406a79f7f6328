//! The header of a derived file: made by whom, from what, and a checksum that shows whether it was edited.
//!
//! The checksum stands in the file itself, so that it travels with it: it is taken over the whole text with its own
//! digits replaced by zeros. That works in any format, whether the header is a comment or a value.

use seaworthy_detect::DERIVED_MARK as MARK;
use sha2::{Digest as _, Sha256};

/// Hexadecimal digits of the checksum: 128 bits are plenty against accidents, and short enough for a line.
const DIGITS: usize = 32;

/// The digits before they are known.
const ZERO: &str = "00000000000000000000000000000000";

/// How a format writes comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comment {
    /// `# ...`, after a `#!` line where there is one.
    Hash,
    /// `// ...`
    Slashes,
    /// `<!-- ... -->`
    Html,
    /// `{{/* ... */}}` of Helm's templates.
    Helm,
}

/// Who made a file, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The target: what to type after `sea generate`.
    pub target: &'static str,
    /// The app whose model it was made from.
    pub app: &'a str,
}

impl Header<'_> {
    /// The header as one line of text, for formats without comments; [`stamp`] fills in the checksum.
    pub fn note(&self) -> String {
        format!("{} {MARK}{ZERO}", self.made())
    }

    fn made(&self) -> String {
        format!(
            "Made by `sea generate {}` from the model of {}: change that, not this file.",
            self.target, self.app
        )
    }

    /// The text with this header in comments, stamped.
    pub(crate) fn on(&self, comment: Comment, body: &str) -> String {
        let lines = [self.made(), format!("{MARK}{ZERO}")];
        let comments: String = lines
            .iter()
            .map(|line| match comment {
                Comment::Hash => format!("# {line}\n"),
                Comment::Slashes => format!("// {line}\n"),
                Comment::Html => format!("<!-- {line} -->\n"),
                Comment::Helm => format!("{{{{- /* {line} */}}}}\n"),
            })
            .collect();
        // A script's first line says what runs it, and must stay the first.
        let first =
            if body.starts_with("#!") { body.find('\n').map_or(body.len(), |end| end + 1) } else { 0 };
        stamp(&format!("{}{comments}{}", &body[..first], &body[first..]))
    }
}

/// The text with its checksum filled in.
pub fn stamp(text: &str) -> String {
    match digits(text) {
        Some(at) => format!("{}{}{}", &text[..at], checksum(text, at), &text[at + DIGITS..]),
        None => text.to_owned(),
    }
}

/// What the header of a file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// There is no header: a person wrote the file.
    None,
    /// It is as it was made.
    Intact,
    /// It was edited since.
    Broken,
}

/// Reads the header of a file.
pub fn read_header(text: &str) -> Seal {
    let Some(at) = digits(text) else { return Seal::None };
    if text[at..at + DIGITS] == checksum(text, at) { Seal::Intact } else { Seal::Broken }
}

/// Where the digits of the checksum begin.
fn digits(text: &str) -> Option<usize> {
    let at = text.find(MARK)? + MARK.len();
    let digits = text.as_bytes().get(at..at + DIGITS)?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(at)
}

/// Line endings are left out of it: git may change them on the way.
fn checksum(text: &str, at: usize) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for part in [&text[..at], ZERO, &text[at + DIGITS..]] {
        for (index, line) in part.split("\r\n").enumerate() {
            if index > 0 {
                hash.update(b"\n");
            }
            hash.update(line.as_bytes());
        }
    }
    hash.finalize().iter().take(DIGITS / 2).fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header<'_> = Header { target: "compose", app: "shop" };

    #[test]
    fn a_file_tells_whether_it_was_edited() {
        let text = HEADER.on(Comment::Hash, "services: {}\n");
        assert!(text.starts_with("# Made by `sea generate compose` from the model of shop"), "{text}");
        assert_eq!(read_header(&text), Seal::Intact);
        assert_eq!(read_header(&text.replace('\n', "\r\n")), Seal::Intact, "git may change line endings");
        assert_eq!(read_header(&text.replace("{}", "{ }")), Seal::Broken);
        assert_eq!(read_header(&text.replace("shop", "shed")), Seal::Broken, "the header is part of it");
        assert_eq!(read_header("services: {}\n"), Seal::None);
        assert_eq!(read_header("# sea:checksum 12\n"), Seal::None);
    }

    #[test]
    fn the_line_that_runs_a_script_stays_the_first() {
        let text = HEADER.on(Comment::Hash, "#!/bin/sh\nexit 0\n");
        assert!(text.starts_with("#!/bin/sh\n# Made by"), "{text}");
        assert_eq!(read_header(&text), Seal::Intact);
    }

    #[test]
    fn a_format_without_comments_holds_it_in_a_value() {
        let text = stamp(&format!("{{\"description\": \"{}\"}}", HEADER.note()));
        assert_eq!(read_header(&text), Seal::Intact);
        assert!(!text.contains(ZERO));
    }
}
