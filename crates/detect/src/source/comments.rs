//! Blanking comments, so that what is commented out is not taken for code. Lengths and lines stay as they are.

use crate::rules::CommentStyle;

/// The text with every comment replaced by spaces.
///
/// Strings are followed so that `"//"` inside one starts no comment. A string in single or double quotes ends
/// with its line at the latest: an unbalanced quote (in a regular expression, a lifetime, prose) then costs one
/// line instead of the file.
pub(crate) fn blank(text: &str, style: CommentStyle) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut index = 0;
    while index < bytes.len() {
        // Most bytes are neither quotes nor the start of a comment.
        let Some(skipped) = bytes[index..].iter().position(|byte| INTERESTING[usize::from(*byte)]) else {
            break;
        };
        index += skipped;
        let rest = &bytes[index..];
        if let Some((opener, closer)) = opening(rest, style)
            && !is_address(bytes, index, opener)
        {
            let length = if closer == "\n" {
                memchr::memchr(b'\n', rest).unwrap_or(rest.len())
            } else {
                let inner = &rest[opener.len()..];
                memchr::memmem::find(inner, closer.as_bytes())
                    .map_or(rest.len(), |end| opener.len() + end + closer.len())
            };
            for byte in &mut out[index..index + length] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            index += length.max(1);
            continue;
        }
        index += match rest[0] {
            quote @ (b'"' | b'\'' | b'`') => string_length(rest, quote, style),
            _ => 1,
        };
    }
    // Only whole characters inside comments were replaced, byte by byte, by ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// Bytes that a comment or a string can start with, in any style.
const INTERESTING: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"/#-{;\"'`";
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
};

/// The comment that starts here, and what ends it.
fn opening(rest: &[u8], style: CommentStyle) -> Option<(&'static str, &'static str)> {
    let known: &[(&str, &str)] = match style {
        CommentStyle::C => &[("//", "\n"), ("/*", "*/")],
        CommentStyle::Hash => &[("#", "\n")],
        CommentStyle::Php => &[("//", "\n"), ("/*", "*/"), ("#", "\n")],
        CommentStyle::Dash => &[("--", "\n"), ("{-", "-}")],
        CommentStyle::Semicolon => &[(";", "\n")],
    };
    known.iter().find(|(opener, _)| rest.starts_with(opener.as_bytes())).copied()
}

/// `//` after a colon is part of an address in unquoted text (YAML, JSX); `#[` is a PHP or Rust attribute, `#{`
/// an interpolation.
fn is_address(bytes: &[u8], index: usize, opener: &str) -> bool {
    match opener {
        "//" => index > 0 && bytes[index - 1] == b':',
        "#" => matches!(bytes.get(index + 1), Some(b'[' | b'{')),
        _ => false,
    }
}

fn string_length(rest: &[u8], quote: u8, style: CommentStyle) -> usize {
    if style == CommentStyle::Hash {
        let triple = [quote; 3];
        if rest.starts_with(&triple) {
            return memchr::memmem::find(&rest[3..], &triple).map_or(rest.len(), |end| end + 6);
        }
    }
    let mut index = 1;
    while index < rest.len() {
        match rest[index] {
            b'\\' => index += 1,
            b'\n' if quote != b'`' => return index,
            byte if byte == quote => return index + 1,
            _ => {}
        }
        index += 1;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_spaces_and_strings_stay() {
        let text = "a // b\n\"// c\" /* d\ne */ f 'x' // g\nit's // h\ni\n";
        let blanked = blank(text, CommentStyle::C);
        assert_eq!(blanked.len(), text.len());
        assert_eq!(
            blanked.lines().map(str::trim_end).collect::<Vec<_>>(),
            ["a", "\"// c\"", "     f 'x'", "it's // h", "i"]
        );
    }

    #[test]
    fn other_styles() {
        assert_eq!(
            blank("a # b\n\"\"\"# c\n\"\"\" # d", CommentStyle::Hash).trim_end(),
            "a    \n\"\"\"# c\n\"\"\""
        );
        assert_eq!(blank("a -- b\n{- c -} d", CommentStyle::Dash), "a     \n        d");
        assert_eq!(blank("#[Attr] # b", CommentStyle::Php).trim_end(), "#[Attr]");
    }

    #[test]
    fn unclosed_things_end_with_the_text() {
        for text in ["/* a", "`a", "'a", "\"\"\"a", "é // é", "\\", "'\\"] {
            for style in [CommentStyle::C, CommentStyle::Hash, CommentStyle::Dash] {
                assert_eq!(blank(text, style).len(), text.len());
            }
        }
    }
}
