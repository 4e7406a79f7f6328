//! Pieces of Markdown.

use std::fmt::Display;

/// Names as code, with commas between them.
pub(crate) fn list(names: impl IntoIterator<Item = impl Display>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A text, or a dash where there is none.
pub(crate) fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// A text in the cell of a table: one line, no bars.
pub(crate) fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|").replace('`', "'")
}

/// Code in the cell of a table; a dash where there is none.
pub(crate) fn code(text: &str) -> String {
    let text = cell(text);
    if text.is_empty() { "-".to_owned() } else { format!("`{text}`") }
}

/// Without the blank lines that parts of a template leave between each other, and without spaces at the ends of lines.
pub(crate) fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    while lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stays_a_table() {
        assert_eq!(code("a | b\n`c`"), "`a \\| b 'c'`");
        assert_eq!(code(" "), "-");
        assert_eq!(list(["a", "b"]), "`a`, `b`");
    }

    #[test]
    fn blank_lines_are_single() {
        assert_eq!(tidy("\n\na \n\n\n\nb\n\n"), "a\n\nb\n");
    }
}
