//! A line that is typed and not seen.
//!
//! The terminal is read key by key, Ctrl-C too: a program that ended in the middle would leave a terminal behind that
//! shows nothing of what is typed.

use std::io::{self, Write as _};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

/// What is typed up to Enter; `None` for Ctrl-C.
pub(super) fn hidden(question: &str) -> io::Result<Option<Vec<u8>>> {
    let typed = {
        // Before the question: whoever answers at once is not seen either.
        let _quiet = Quiet::begin()?;
        write!(io::stderr(), "{question}")?;
        io::stderr().flush()?;
        line(io::stdin().lock())
    };
    writeln!(io::stderr())?;
    typed
}

#[expect(
    clippy::unbuffered_bytes,
    reason = "standard input is buffered, and a terminal gives a line at a time"
)]
fn line(input: impl io::Read) -> io::Result<Option<Vec<u8>>> {
    // More than a value can have, so that it never moves.
    let mut typed = Vec::with_capacity(4096);
    for byte in input.bytes() {
        match byte? {
            // The last is Ctrl-D.
            b'\r' | b'\n' | 4 => break,
            3 => return Ok(None),
            // Ctrl-U.
            21 => typed.clear(),
            8 | 127 => {
                // The bytes of one character go together.
                while let Some(last) = typed.pop() {
                    if last & 0xc0 != 0x80 {
                        break;
                    }
                }
            }
            byte => typed.push(byte),
        }
    }
    Ok(Some(typed))
}

/// The terminal shows nothing as long as this lives.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(rustix::stdio::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // What was pasted behind the first line must not reach the shell: it would be run, and kept in its history.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_what_they_do_in_a_line() {
        let typed = |keys: &[u8]| line(keys).unwrap().map(|typed| String::from_utf8(typed).unwrap());
        assert_eq!(typed(b"abc\rrest").as_deref(), Some("abc"));
        assert_eq!(typed("a\u{e9}\x7f\x08b\n".as_bytes()).as_deref(), Some("b"));
        assert_eq!(typed(b"wrong\x15right\x04").as_deref(), Some("right"));
        assert_eq!(typed(b"ab\x03"), None);
    }
}
