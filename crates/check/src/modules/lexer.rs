//! Tokens of JavaScript, TypeScript and Python: enough to see imports, exports, names and clones, at the speed of reading.
//!
//! A grammar would know more and take ten times as long; what depends on it (whether `/` divides, where a template ends) is
//! told from the token before, as module lexers of browsers do.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Word,
    /// A text, its quotes included.
    Text,
    /// A text with something computed in it.
    Template,
    /// A number or regular expression.
    Literal,
    /// Anything else: one character, or `=>`.
    Sign,
}

/// A piece of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// 1-based.
    pub(crate) line: u32,
    /// It is the first of its line; columns matter in Python.
    pub(crate) column: u32,
}

impl Token {
    pub(crate) fn text<'t>(&self, source: &'t str) -> &'t str {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// A text without its quotes and prefix.
    pub(crate) fn inner<'t>(&self, source: &'t str) -> &'t str {
        let text = self.text(source).trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        for quote in ["\"\"\"", "'''"] {
            if let Some(rest) = text.strip_prefix(quote) {
                return rest.strip_suffix(quote).unwrap_or(rest);
            }
        }
        let rest = text.get(1..).unwrap_or_default();
        rest.get(..rest.len().saturating_sub(1)).unwrap_or_default()
    }
}

/// What is lexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    JavaScript,
    Python,
}

/// Lexes a source.
pub(crate) fn lex(syntax: Syntax, source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        syntax,
        bytes: source.as_bytes(),
        at: 0,
        line: 1,
        line_start: 0,
        tokens: Vec::with_capacity(source.len() / 5),
    };
    lexer.run(None);
    lexer.tokens
}

struct Lexer<'s> {
    syntax: Syntax,
    bytes: &'s [u8],
    at: usize,
    line: u32,
    line_start: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn newline(&mut self) {
        self.line += 1;
        self.line_start = self.at + 1;
    }

    /// To the end; within a template to the brace that closes its hole.
    fn run(&mut self, mut depth: Option<u32>) {
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            match byte {
                b'\n' => {
                    self.newline();
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'#' if self.syntax == Syntax::Python => self.skip_line(),
                b'#' if self.at == 0 && self.peek(1) == b'!' => self.skip_line(),
                b'/' if self.syntax == Syntax::JavaScript && self.peek(1) == b'/' => self.skip_line(),
                b'/' if self.syntax == Syntax::JavaScript && self.peek(1) == b'*' => self.skip_block(),
                b'/' if self.syntax == Syntax::JavaScript && self.is_regex_here() => self.regex(),
                b'"' | b'\'' => self.quoted(self.at),
                b'`' if self.syntax == Syntax::JavaScript => {
                    // Templates within templates within templates are not code that a person wrote.
                    if depth.is_some_and(|depth| depth >= 1 << 16) {
                        return;
                    }
                    self.template(depth.map_or(0, |depth| depth >> 10));
                }
                b'0'..=b'9' => self.number(),
                _ if is_word_start(byte) => self.word(),
                b'{' | b'}' if depth.is_some() => {
                    let open = depth.map_or(0, |depth| depth & 1023);
                    if byte == b'}' && open == 0 {
                        return;
                    }
                    let next = if byte == b'{' { (open + 1).min(1023) } else { open - 1 };
                    depth = depth.map(|depth| (depth & !1023) | next);
                    self.push(Kind::Sign, self.at, self.at + 1);
                }
                b'=' if self.peek(1) == b'>' => self.push(Kind::Sign, self.at, self.at + 2),
                _ => self.push(Kind::Sign, self.at, self.at + 1),
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let column = short(start.saturating_sub(self.line_start));
        self.tokens.push(Token { kind, start: short(start), end: short(end), line: self.line, column });
        self.at = end;
    }

    fn skip_line(&mut self) {
        self.at += memchr::memchr(b'\n', &self.bytes[self.at..]).unwrap_or(self.bytes.len() - self.at);
    }

    fn skip_block(&mut self) {
        let end = memchr::memmem::find(&self.bytes[self.at + 2..], b"*/")
            .map_or(self.bytes.len(), |end| self.at + 2 + end + 2);
        while self.at < end {
            if self.bytes[self.at] == b'\n' {
                self.newline();
            }
            self.at += 1;
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut end = start;
        while end < self.bytes.len() && is_word(self.bytes[end]) {
            end += 1;
        }
        let is_prefix = self.syntax == Syntax::Python
            && end - start <= 2
            && matches!(self.bytes.get(end), Some(b'"' | b'\''))
            && self.bytes[start..end].iter().all(|byte| b"rRbBuUfFtT".contains(byte));
        if is_prefix {
            self.at = end;
            self.quoted(start);
        } else {
            self.push(Kind::Word, start, end);
        }
    }

    fn number(&mut self) {
        let mut end = self.at;
        while end < self.bytes.len() && (is_word(self.bytes[end]) || self.bytes[end] == b'.') {
            end += 1;
        }
        self.push(Kind::Literal, self.at, end);
    }

    /// A text that starts with the quote at hand; `start` is where its prefix does.
    fn quoted(&mut self, start: usize) {
        let quote = self.bytes[self.at];
        let is_long = self.syntax == Syntax::Python && self.peek(1) == quote && self.peek(2) == quote;
        let mut at = self.at + if is_long { 3 } else { 1 };
        let first_line = (self.line, self.line_start);
        let (mut line, mut line_start) = first_line;
        let end = loop {
            match self.bytes.get(at) {
                None if is_long => break at,
                // An apostrophe in the text of a page, say: no string ends with its line.
                None | Some(b'\n') if !is_long => return self.push(Kind::Sign, start, self.at + 1),
                Some(b'\\') => {
                    if self.bytes.get(at + 1) == Some(&b'\n') {
                        line += 1;
                        line_start = at + 2;
                    }
                    at += 2;
                }
                Some(b'\n') => {
                    line += 1;
                    line_start = at + 1;
                    at += 1;
                }
                Some(byte) if *byte == quote => {
                    if !is_long {
                        break at + 1;
                    }
                    if self.bytes[at..].starts_with(&[quote; 3]) {
                        break at + 3;
                    }
                    at += 1;
                }
                _ => at += 1,
            }
        };
        let end = end.min(self.bytes.len());
        self.push(Kind::Text, start, end);
        (self.line, self.line_start) = (line, line_start);
    }

    fn template(&mut self, depth: u32) {
        let start = self.at;
        let (line, line_start) = (self.line, self.line_start);
        let index = self.tokens.len();
        self.push(Kind::Template, start, start + 1);
        let mut has_hole = false;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'`' => {
                    self.at += 1;
                    break;
                }
                b'\\' => self.at += 2,
                b'$' if self.peek(1) == b'{' => {
                    has_hole = true;
                    self.at += 2;
                    if depth > 50 {
                        return;
                    }
                    self.run(Some((depth + 1) << 10));
                    self.at += 1;
                }
                b'\n' => {
                    self.newline();
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        let end = u32::try_from(self.at.min(self.bytes.len())).unwrap_or(u32::MAX);
        let column = u32::try_from(start - line_start).unwrap_or(0);
        let kind = if has_hole { Kind::Template } else { Kind::Text };
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        self.tokens[index] = Token { kind, start, end, line, column };
    }

    /// A `/` starts a regular expression where no value can have ended.
    fn is_regex_here(&self) -> bool {
        let Some(last) = self.tokens.last() else { return true };
        let text = &self.bytes[last.start as usize..last.end as usize];
        match last.kind {
            Kind::Text | Kind::Template | Kind::Literal => false,
            Kind::Word => matches!(
                text,
                b"return"
                    | b"typeof"
                    | b"case"
                    | b"in"
                    | b"of"
                    | b"do"
                    | b"else"
                    | b"void"
                    | b"delete"
                    | b"await"
                    | b"yield"
            ),
            // `<` before it: the end of an element.
            Kind::Sign => !matches!(text, b")" | b"]" | b"}" | b"<"),
        }
    }

    fn regex(&mut self) {
        let mut at = self.at + 1;
        let mut is_in_class = false;
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => return self.push(Kind::Sign, self.at, self.at + 1),
                Some(b'\\') => at += 1,
                Some(b'[') => is_in_class = true,
                Some(b']') => is_in_class = false,
                Some(b'/') if !is_in_class => break,
                _ => {}
            }
            at += 1;
        }
        at += 1;
        while self.bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            at += 1;
        }
        self.push(Kind::Literal, self.at, at.min(self.bytes.len()));
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(syntax: Syntax, source: &str) -> Vec<&str> {
        lex(syntax, source).iter().map(|token| token.text(source)).collect()
    }

    #[test]
    fn javascript_is_told_apart_from_its_texts() {
        let source = "const a = b / c; // x\nlet r = /[/'\"]+/g.test(`t ${f({ q: 1 }, 'x')} '`) /* ' */";
        assert_eq!(
            texts(Syntax::JavaScript, source),
            [
                "const",
                "a",
                "=",
                "b",
                "/",
                "c",
                ";",
                "let",
                "r",
                "=",
                "/[/'\"]+/g",
                ".",
                "test",
                "(",
                "`t ${f({ q: 1 }, 'x')} '`",
                "f",
                "(",
                "{",
                "q",
                ":",
                "1",
                "}",
                ",",
                "'x'",
                ")",
                ")"
            ]
        );
        let page = "<p>don't</p>\n<b>x</b>";
        assert_eq!(lex(Syntax::JavaScript, page).last().map(|token| token.line), Some(2));
        for hostile in ["`${", "'", "\"\\", "/", "/[", "`${`${`", "/*", "\u{e9}'\u{e9}"] {
            lex(Syntax::JavaScript, hostile);
            lex(Syntax::Python, hostile);
        }
        lex(Syntax::JavaScript, &"`${".repeat(50_000));
    }

    #[test]
    fn python_texts_have_prefixes_and_lines() {
        let source = "x = rb'a' # c\ny = f\"\"\"one\ntwo\"\"\"\nz";
        let tokens = lex(Syntax::Python, source);
        let shown: Vec<_> = tokens.iter().map(|token| (token.text(source), token.line)).collect();
        assert_eq!(shown[2], ("rb'a'", 1));
        assert_eq!(shown[5], ("f\"\"\"one\ntwo\"\"\"", 2));
        assert_eq!(shown[6], ("z", 4));
        assert_eq!(tokens[2].inner(source), "a");
        assert_eq!(tokens[5].inner(source), "one\ntwo");
    }
}
