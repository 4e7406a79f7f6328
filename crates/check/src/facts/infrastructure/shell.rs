//! Commands in a text for the shell, as far as rules need them: words, and where each command begins.

/// One command of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Simple {
    /// Its words, without quotes.
    pub(crate) words: Vec<String>,
    /// Where it begins and ends in the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// It reads what the one before writes.
    pub(crate) is_piped: bool,
}

impl Simple {
    /// What runs, without assignments before it, its folder, and `sudo` or `exec`.
    pub(crate) fn program(&self) -> &str {
        self.rest().first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
    }

    /// Its arguments after the program.
    pub(crate) fn arguments(&self) -> &[String] {
        self.rest().get(1..).unwrap_or_default()
    }

    /// Its first argument that is no option.
    pub(crate) fn verb(&self) -> &str {
        self.arguments().iter().find(|word| !word.starts_with('-')).map_or("", String::as_str)
    }

    /// It has one of these arguments.
    pub(crate) fn has(&self, words: &[&str]) -> bool {
        self.arguments().iter().any(|word| words.contains(&word.as_str()))
    }

    fn rest(&self) -> &[String] {
        let is_before = |word: &String| {
            matches!(word.as_str(), "sudo" | "exec" | "env" | "time" | "then" | "do" | "else" | "if" | "!")
                || (word.contains('=') && !word.starts_with(['-', '/', '=']))
        };
        let first = self.words.iter().position(|word| !is_before(word)).unwrap_or(self.words.len());
        &self.words[first..]
    }
}

/// Takes a text apart. `newline_ends`: a line's end ends a command, as in a script; in a Dockerfile's `RUN` it does not.
pub(crate) fn commands(text: &str, newline_ends: bool) -> Vec<Simple> {
    let bytes = text.as_bytes();
    let mut reader = Reader::default();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => {
                let next = bytes.get(at + 1).copied();
                if matches!(next, Some(b'\n' | b'\r')) {
                    reader.end_word();
                } else if next.is_some() {
                    let width = text[at + 1..].chars().next().map_or(1, char::len_utf8);
                    reader.push(&text[at + 1..=at + width], at);
                    at += width - 1;
                }
                at += 2;
                continue;
            }
            b'\'' | b'"' => {
                let end = closing(bytes, at);
                reader.push(text.get(at + 1..end).unwrap_or_default(), at);
                at = end + 1;
                continue;
            }
            b'#' if reader.word.is_none() => {
                at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
                continue;
            }
            b'$' if bytes.get(at + 1) == Some(&b'(') => reader.end_command(at, false),
            b'\n' if newline_ends => reader.end_command(at, false),
            b' ' | b'\t' | b'\n' | b'\r' => reader.end_word(),
            b'|' | b'&' | b';' | b'(' | b')' | b'`' => {
                let is_redirect = byte == b'&' && at > 0 && matches!(bytes[at - 1], b'>' | b'<');
                if is_redirect {
                    reader.push("&", at);
                } else {
                    let is_pipe = byte == b'|' && bytes.get(at + 1) != Some(&b'|') && !reader.was_pipe(at);
                    reader.end_command(at, is_pipe);
                }
            }
            _ => {
                let width = text[at..].chars().next().map_or(1, char::len_utf8);
                reader.push(&text[at..at + width], at);
                at += width;
                continue;
            }
        }
        at += 1;
    }
    reader.end_command(text.len(), false);
    reader.found
}

/// Where a quote ends; the text's end where it does not.
fn closing(bytes: &[u8], open: usize) -> usize {
    let quote = bytes[open];
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            _ if byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[derive(Default)]
struct Reader {
    found: Vec<Simple>,
    words: Vec<String>,
    word: Option<String>,
    start: Option<usize>,
    is_piped: bool,
    last_bar: Option<usize>,
}

impl Reader {
    fn push(&mut self, text: &str, at: usize) {
        self.start.get_or_insert(at);
        self.word.get_or_insert_default().push_str(text);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    /// The bar before this one was right before it: `||`.
    fn was_pipe(&self, at: usize) -> bool {
        at > 0 && self.last_bar == Some(at - 1)
    }

    fn end_command(&mut self, at: usize, is_pipe: bool) {
        self.end_word();
        if let Some(start) = self.start.take() {
            let words = std::mem::take(&mut self.words);
            self.found.push(Simple { words, start, end: at, is_piped: self.is_piped });
            self.is_piped = false;
        }
        self.is_piped |= is_pipe;
        self.last_bar = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        commands(text, false).into_iter().map(|command| command.words).collect()
    }

    #[test]
    fn commands_are_split_where_the_shell_splits_them() {
        assert_eq!(
            words("apt-get update && apt-get install -y \\\n  # why\n  'a b' c; rm -rf /x || true"),
            [
                vec!["apt-get", "update"],
                vec!["apt-get", "install", "-y", "a b", "c"],
                vec!["rm", "-rf", "/x"],
                vec!["true"],
            ]
        );
        let piped = commands("curl -fsSL https://x | sh -", false);
        assert_eq!((piped[0].is_piped, piped[1].is_piped), (false, true));
        assert!(!commands("a || b", false)[1].is_piped);
        assert_eq!(words("a 2>&1"), [vec!["a", "2>&1"]]);
    }

    #[test]
    fn nonsense_ends() {
        for text in ["'", "\"\\", "\\", "$(", "é|ü\\é", "a\\\u{2028}", "||||"] {
            commands(text, true);
        }
    }
}
