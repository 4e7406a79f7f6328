//! Escape sequences of terminals.

use std::borrow::Cow;

/// `text` without escape sequences and other control characters except the tab.
///
/// Covers CSI (`ESC [ ... final`), OSC (`ESC ] ... BEL` or `ESC \`) and the two-byte sequences of ECMA-48.
pub fn strip(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte < 0x20 && byte != b'\t' || byte == 0x7f) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' => match chars.next() {
                Some('[') => {
                    // Parameters and intermediates are 0x20-0x3f, the final byte is 0x40-0x7e.
                    while chars.next().is_some_and(|char| !('\x40'..='\x7e').contains(&char)) {}
                }
                Some(']' | 'P' | '_' | '^' | 'X') => {
                    while let Some(char) = chars.next() {
                        if char == '\x07' {
                            break;
                        }
                        if char == '\x1b' {
                            chars.next_if_eq(&'\\');
                            break;
                        }
                    }
                }
                // A charset designation takes one more byte.
                Some('(' | ')' | '*' | '+') => {
                    chars.next();
                }
                _ => {}
            },
            '\t' => plain.push(char),
            char if char.is_control() => {}
            char => plain.push(char),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_links_and_carriage_returns_go() {
        assert_eq!(strip("plain ä\ttext"), "plain ä\ttext");
        assert_eq!(strip("\x1b[1;32mok\x1b[0m done\r"), "ok done");
        assert_eq!(strip("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07"), "link");
        assert_eq!(strip("a\x1b(Bb\x1b7c"), "abc");
        assert_eq!(strip("torn \x1b["), "torn ");
    }
}
