//! Lines and columns of a text.

use std::ops::Range;

/// Where the lines of a text begin.
pub(crate) struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes());
        Self { text, starts: std::iter::once(0).chain(ends.map(|end| end + 1)).collect() }
    }

    /// The 1-based line and column, in characters, of a byte.
    pub(crate) fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let before = self.text.get(start..offset).map_or(0, |text| text.chars().count());
        (count(line), count(before + 1))
    }

    /// The bytes of these lines, without the last line's end; empty where there are none.
    pub(crate) fn lines(&self, first: u32, last: u32) -> Range<usize> {
        let Some(start) = self.start(first) else { return 0..0 };
        let end = self.start(last.saturating_add(1)).map_or(self.text.len(), |next| next - 1);
        start..end.max(start)
    }

    /// Blank characters before a line's first other one.
    pub(crate) fn indent(&self, line: u32) -> u32 {
        let text = &self.text[self.lines(line, line)];
        count(text.chars().take_while(|letter| letter.is_whitespace()).count())
    }

    fn start(&self, line: u32) -> Option<usize> {
        self.starts.get(usize::try_from(line).ok()?.checked_sub(1)?).copied()
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_and_in_characters() {
        let index = LineIndex::new("one\n  zwölf = 2\n");
        assert_eq!(index.position(0), (1, 1));
        assert_eq!(index.position(6), (2, 3));
        assert_eq!(index.position(13), (2, 9));
        assert_eq!(index.indent(2), 2);
        assert_eq!(index.lines(1, 2), 0..16);
        assert_eq!(index.lines(9, 9), 0..0);
    }
}
