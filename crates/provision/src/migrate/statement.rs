//! SQL files as statements: where each begins, whether it may run twice, what only `psql` understands.
//!
//! This is no parser: it knows quotes, comments and dollar quotes, so that a semicolon inside of them ends nothing.

/// A statement of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// Its text, without leading blanks and comments and without its semicolon.
    pub(super) text: &'a str,
    /// 1-based line of its first word.
    pub(super) line: u32,
}

/// The statements of a text.
pub(super) fn statements(text: &str) -> Vec<Statement<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1_u32);
    let mut start: Option<(usize, u32)> = None;
    let lines_in = |part: &str| u32::try_from(part.matches('\n').count()).unwrap_or(u32::MAX);
    while at < bytes.len() {
        if let Some(length) = comment(&text[at..]) {
            line = line.saturating_add(lines_in(&text[at..at + length]));
            at += length;
            continue;
        }
        match bytes[at] {
            b';' => {
                if let Some((from, line)) = start.take() {
                    found.push(Statement { text: text[from..at].trim_end(), line });
                }
                at += 1;
            }
            byte if byte.is_ascii_whitespace() => {
                line += u32::from(byte == b'\n');
                at += 1;
            }
            // psql's own commands end with their line.
            b'\\' if start.is_none() => {
                let length = text[at..].find('\n').unwrap_or(text.len() - at);
                found.push(Statement { text: text[at..at + length].trim_end(), line });
                at += length;
            }
            _ => {
                start.get_or_insert((at, line));
                let length = quoted(&text[at..])
                    .unwrap_or_else(|| text[at..].chars().next().map_or(1, char::len_utf8));
                line = line.saturating_add(lines_in(&text[at..at + length]));
                at += length;
            }
        }
    }
    if let Some((from, line)) = start {
        found.push(Statement { text: text[from..].trim_end(), line });
    }
    found
}

/// The length of a comment at the beginning of a text. Those of PostgreSQL nest.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("--") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    Some(text.len())
}

/// The length of a quoted stretch at the beginning of a text: `'...'`, `"..."`, `$tag$...$tag$`.
fn quoted(text: &str) -> Option<usize> {
    let first = *text.as_bytes().first()?;
    match first {
        // `E'...'` has escapes with backslashes; anywhere else a backslash is a character.
        b'e' | b'E' if text.as_bytes().get(1) == Some(&b'\'') => Some(1 + string(&text[1..], b'\'', true)),
        b'\'' | b'"' => Some(string(text, first, false)),
        b'$' => {
            let end = text[1..].find('$')? + 1;
            let is_tag = text[1..end].bytes().enumerate().all(|(at, byte)| {
                byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit())
            });
            if !is_tag {
                return None;
            }
            let tag = &text[..=end];
            Some(text[tag.len()..].find(tag).map_or(text.len(), |at| at + 2 * tag.len()))
        }
        // A word is passed as a whole, so that the `e` of `name'x'` begins no escape string.
        byte if byte.is_ascii_alphabetic() || byte == b'_' => {
            Some(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()))
        }
        _ => None,
    }
}

fn string(text: &str, quote: u8, escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            // A doubled quote is one inside: the string goes on with the next stretch.
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

impl Statement<'_> {
    /// Its first words in capitals, blanks between them made single.
    fn head(&self) -> String {
        let words = self.text.split_whitespace().take(16).map(str::to_ascii_uppercase);
        words.collect::<Vec<_>>().join(" ")
    }

    /// It may run again and change nothing: what it makes, it makes only where it is not there.
    pub(super) fn is_repeatable(&self) -> bool {
        let head = self.head();
        let starts = |words: &[&str]| words.iter().any(|word| head.starts_with(word));
        if starts(&[
            "CREATE OR REPLACE",
            "COMMENT ON",
            "SET ",
            "RESET ",
            "GRANT ",
            "DO ",
            "BEGIN",
            "COMMIT",
            "START TRANSACTION",
            "ANALYZE",
            "SELECT ",
        ]) {
            return true;
        }
        let upper = self.text.to_ascii_uppercase();
        if starts(&["CREATE "]) {
            return head.contains(" IF NOT EXISTS");
        }
        if starts(&["INSERT "]) {
            return upper.contains("ON CONFLICT") || upper.contains("NOT EXISTS");
        }
        if starts(&["ALTER TABLE"]) {
            let adds = upper.matches("ADD COLUMN").count();
            return adds > 0
                && adds == upper.matches("ADD COLUMN IF NOT EXISTS").count()
                && !["DROP ", "RENAME ", "ADD CONSTRAINT"].iter().any(|word| upper.contains(word))
                || upper.contains("ENABLE ROW LEVEL SECURITY");
        }
        // Dropping what code hangs on, to make it anew, loses no rows.
        starts(&[
            "DROP TRIGGER IF EXISTS",
            "DROP POLICY IF EXISTS",
            "DROP FUNCTION IF EXISTS",
            "DROP VIEW IF EXISTS",
        ])
    }

    /// PostgreSQL refuses it within a transaction.
    pub(super) fn stands_alone(&self) -> bool {
        let head = self.head();
        let is_of = |words: &[&str]| words.iter().any(|word| head.starts_with(word));
        let is_concurrent =
            is_of(&["CREATE INDEX ", "CREATE UNIQUE INDEX ", "DROP INDEX ", "REINDEX ", "ALTER TABLE "])
                && head.split(' ').any(|word| word == "CONCURRENTLY");
        is_concurrent || is_of(&["VACUUM", "CREATE DATABASE ", "ALTER SYSTEM "])
    }

    /// What in it only `psql` can do.
    pub(super) fn needs_psql(&self) -> Option<String> {
        if self.text.starts_with('\\') {
            return self.text.split_whitespace().next().map(|word| format!("`{word}`"));
        }
        let head = self.head();
        let copies = head.starts_with("COPY ") && self.text.to_ascii_uppercase().contains("FROM STDIN");
        copies.then(|| "`COPY ... FROM stdin`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<(u32, &str)> {
        statements(text).into_iter().map(|statement| (statement.line, statement.text)).collect()
    }

    #[test]
    fn semicolons_inside_of_quotes_and_comments_end_nothing() {
        let text = "-- a; b\nSELECT 'x;''y', E'\\';', \"a;b\";\n/* c; /* d; */ */ SELECT 1 -- e;\n;\n\
                    CREATE FUNCTION f() RETURNS void AS $body$\nBEGIN\n  PERFORM 1;\nEND\n$body$ LANGUAGE plpgsql;\nSELECT $1; last";
        let seen: Vec<_> =
            lines(text).into_iter().map(|(line, text)| (line, text.split('\n').next().unwrap())).collect();
        assert_eq!(
            seen,
            [
                (2, "SELECT 'x;''y', E'\\';', \"a;b\""),
                (3, "SELECT 1 -- e;"),
                (5, "CREATE FUNCTION f() RETURNS void AS $body$"),
                (10, "SELECT $1"),
                (10, "last"),
            ]
        );
    }

    #[test]
    fn what_may_run_again() {
        for (text, repeatable) in [
            ("CREATE TABLE IF NOT EXISTS a (id int)", true),
            ("create  unique\nindex if not exists i on a (id)", true),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", true),
            ("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", true),
            ("ALTER TABLE a ADD COLUMN IF NOT EXISTS b int", true),
            ("CREATE TABLE a (id int)", false),
            ("INSERT INTO a VALUES (1)", false),
            ("ALTER TABLE a ADD COLUMN IF NOT EXISTS b int, DROP COLUMN c", false),
            ("ALTER TABLE a ADD COLUMN b int", false),
            ("DROP TABLE IF EXISTS a", false),
            ("DELETE FROM a", false),
            ("TRUNCATE a", false),
        ] {
            assert_eq!(Statement { text, line: 1 }.is_repeatable(), repeatable, "{text}");
        }
    }

    #[test]
    fn what_runs_in_no_transaction() {
        for (text, alone) in [
            ("create  unique\nindex concurrently i on a (id)", true),
            ("DROP INDEX CONCURRENTLY IF EXISTS i", true),
            ("VACUUM (ANALYZE) a", true),
            ("CREATE INDEX concurrently_made ON a (id)", false),
            ("INSERT INTO a VALUES ('CREATE INDEX CONCURRENTLY')", false),
        ] {
            assert_eq!(Statement { text, line: 1 }.stands_alone(), alone, "{text}");
        }
    }

    #[test]
    fn what_only_psql_can_do() {
        let text = "\\restrict abc\nSET a = 1;\nCOPY public.t (a, b) FROM stdin;\n1\t2\n\\.\n";
        let needs: Vec<_> = statements(text).iter().filter_map(|s| Some((s.line, s.needs_psql()?))).collect();
        assert_eq!(needs[0], (1, "`\\restrict`".to_owned()));
        assert_eq!(needs[1], (3, "`COPY ... FROM stdin`".to_owned()));
        assert!(statements("SELECT E'\\\\x'").iter().all(|s| s.needs_psql().is_none()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_lines_grow(text in "(;|'|\"|\\$|a|e|E|\\\\|--|/\\*|\\*/|\n| |é){0,40}") {
            let found = statements(&text);
            prop_assert!(found.windows(2).all(|pair| pair[0].line <= pair[1].line));
            let last = u32::try_from(text.lines().count().max(1)).unwrap();
            prop_assert!(found.iter().all(|s| !s.text.is_empty() && s.line <= last + 1));
        }
    }
}
