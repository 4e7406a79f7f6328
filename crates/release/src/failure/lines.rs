//! The lines of a log, of any size, without colours.

use std::io::{self, BufRead, Read};

/// Bytes of a line that are looked at: no error message is longer, minified sources are.
pub(super) const LONGEST: usize = 2048;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// Calls `each` with the number (from 1) and the text of every line. Memory does not grow with the log.
pub(super) fn each_line(log: &mut dyn BufRead, mut each: impl FnMut(usize, &[u8])) -> io::Result<()> {
    let mut raw = Vec::new();
    let mut clean = Vec::new();
    let mut number = 0;
    loop {
        raw.clear();
        // Escape sequences take room, too.
        let most = 4 * LONGEST as u64;
        if Read::take(&mut *log, most).read_until(b'\n', &mut raw)? == 0 {
            return Ok(());
        }
        if raw.last() != Some(&b'\n') {
            skip_line(log)?;
        }
        number += 1;
        strip(&raw, &mut clean);
        clean.truncate(LONGEST);
        each(number, &clean);
    }
}

/// Leaves out the rest of a line that is too long.
fn skip_line(log: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = log.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        if let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            log.consume(end + 1);
            return Ok(());
        }
        let all = buffer.len();
        log.consume(all);
    }
}

/// What is left on a terminal: no escape sequences, no line end, of a progress line what was written last.
fn strip(raw: &[u8], clean: &mut Vec<u8>) {
    clean.clear();
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            ESCAPE => match bytes.next() {
                // A control sequence ends with a letter or one of a few signs.
                Some(b'[') => while bytes.next().is_some_and(|byte| !(0x40..=0x7e).contains(&byte)) {},
                // An operating system command (titles, links) ends with a bell or another escape.
                Some(b']') => while bytes.next().is_some_and(|byte| byte != BELL && byte != ESCAPE) {},
                _ => {}
            },
            b'\r' if bytes.peek().is_some_and(|next| *next != b'\n' && *next != b'\r') => clean.clear(),
            b'\r' | b'\n' => {}
            _ => clean.push(byte),
        }
    }
    let end = clean.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    clean.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut log = text;
        each_line(&mut log, |number, line| lines.push(format!("{number} {}", String::from_utf8_lossy(line))))
            .unwrap();
        lines
    }

    #[test]
    fn colours_links_and_progress_are_left_out() {
        assert_eq!(of(b"\x1b[31;1mred\x1b[0m\r\nplain  \n"), ["1 red", "2 plain"]);
        assert_eq!(of(b"10 %\r20 %\rdone\n\nend"), ["1 done", "2 ", "3 end"]);
        assert_eq!(of(b"\x1b]8;;http://a\x07link\x1b]8;;\x07 a\\b"), ["1 link a\\b"]);
        assert_eq!(of(b"\x1b["), ["1 "]);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let text = [vec![b'x'; 100_000], b"\nnext".to_vec()].concat();
        let lines = of(&text);
        assert_eq!((lines[0].len(), lines[1].as_str()), (LONGEST + 2, "2 next"));
    }
}
