//! Lines put into the blocks of YAML files. Only where a block is written as one, line below line: what stands in braces or
//! is merged from elsewhere is left to a person.

use crate::finding::Edit;

/// Puts `lines` in as the first of the block below the key on this line, counted from 1, indented as its others are.
/// `None` where there is no such block, or it takes keys from an anchor.
pub(crate) fn first_in(file: &str, text: &str, key: u32, lines: &[&str]) -> Option<Edit> {
    let (start, line) = nth(text, key)?;
    let (outer, content) = split(line);
    let content = content.split(" #").next().unwrap_or(content).trim_end();
    if !content.ends_with(':') {
        return None;
    }
    // The key of an item of a list stands behind its dash.
    let outer = outer + dash(content);
    let mut place = None;
    let mut at = start + line.len();
    for line in text[at..].split_inclusive('\n') {
        let (indent, content) = split(line);
        if !content.is_empty() && !content.starts_with('#') {
            let (_, inner) = *place.get_or_insert((at, indent));
            if inner <= outer || indent < inner {
                break;
            }
            if indent == inner && content.starts_with(['<', '-', '{', '[', '*', '&', '!']) {
                return None;
            }
        }
        at += line.len();
    }
    let (at, indent) = place.filter(|(_, indent)| *indent > outer)?;
    Some(insertion(file, at, indent, lines))
}

/// Puts `lines` below the line of a key, counted from 1, beside that key. `None` where the key has more than its line.
pub(crate) fn beside(file: &str, text: &str, key: u32, lines: &[&str]) -> Option<Edit> {
    let (start, line) = nth(text, key)?;
    let (indent, content) = split(line);
    let end = start + line.len();
    let indent = indent + dash(content);
    let is_whole = line.ends_with('\n')
        && !content.ends_with([':', '|', '>', '\\'])
        && !content.contains(['{', '['])
        && text[end..]
            .lines()
            .find(|next| !next.trim().is_empty())
            .is_none_or(|next| split(next).0 <= indent);
    is_whole.then(|| insertion(file, end, indent, lines))
}

/// Puts `lines` before a line, counted from 1, as far to the left as that is.
pub(crate) fn before(file: &str, text: &str, line: u32, lines: &[&str]) -> Option<Edit> {
    let (start, line) = nth(text, line)?;
    Some(insertion(file, start, split(line).0, lines))
}

/// Puts another text in the place of the only one like it on a line, counted from 1.
pub(crate) fn replaced(file: &str, text: &str, line: u32, from: &str, to: &str) -> Option<Edit> {
    let (start, line) = nth(text, line)?;
    let at = line.find(from)?;
    let is_part =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '.');
    let is_word =
        !is_part(line[..at].chars().next_back()) && !is_part(line[at + from.len()..].chars().next());
    let is_once = !line[at + from.len()..].contains(from);
    let range = start + at..start + at + from.len();
    (is_word && is_once).then(|| Edit { file: file.to_owned(), range, text: to.to_owned() })
}

fn insertion(file: &str, at: usize, indent: usize, lines: &[&str]) -> Edit {
    let text: String = lines
        .iter()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{:indent$}{line}\n", "") })
        .collect();
    Edit { file: file.to_owned(), range: at..at, text }
}

/// A line with its end, and where it begins.
pub(crate) fn nth(text: &str, line: u32) -> Option<(usize, &str)> {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n');
    for _ in 1..line {
        start += lines.next()?.len();
    }
    lines.next().map(|line| (start, line))
}

/// How far in a line begins, and what it says.
fn split(line: &str) -> (usize, &str) {
    let content = line.trim();
    (line.len() - line.trim_start_matches(' ').len(), content)
}

/// How much further in the key of an item is.
fn dash(content: &str) -> usize {
    content.strip_prefix('-').map_or(0, |rest| 1 + rest.len() - rest.trim_start_matches(' ').len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, edit: Option<Edit>) -> Option<String> {
        let edit = edit?;
        let mut text = text.to_owned();
        text.replace_range(edit.range, &edit.text);
        Some(text)
    }

    #[test]
    fn a_line_goes_into_a_block_that_is_written_as_one() {
        let cases = [
            ("web:\n  image: a\n", Some("web:\n  restart: x\n  image: a\n")),
            (
                "web: # ours\n\n    # the site\n    image: a\n",
                Some("web: # ours\n\n    # the site\n    restart: x\n    image: a\n"),
            ),
            ("- web:\n    image: a\n", Some("- web:\n    restart: x\n    image: a\n")),
            ("web: { image: a }\n", None),
            ("web:\n  <<: *base\n  image: a\n", None),
            ("web:\n  image: a\n  <<: *base\n", None),
            ("web:\n- a\n", None),
            ("web:\n  - a\n", None),
            ("web:\nother: 1\n", None),
            ("web:\n", None),
            ("web: *base\n", None),
            ("web: &base\n  image: a\n", None),
        ];
        for (text, expected) in cases {
            assert_eq!(with(text, first_in("f", text, 1, &["restart: x"])).as_deref(), expected, "{text}");
        }
        let text = "web:\n  image: a\nworker:\n  <<: *base\n";
        assert!(first_in("f", text, 1, &["x: y"]).is_some(), "what the next one merges is its own");
    }

    #[test]
    fn a_line_goes_beside_a_key_that_ends_with_its_line() {
        let cases = [
            ("  - uses: a@v1\n  - run: b\n", Some("  - uses: a@v1\n    with:\n      c: d\n  - run: b\n")),
            (
                "    uses: a@v1 # why\n    if: x\n",
                Some("    uses: a@v1 # why\n    with:\n      c: d\n    if: x\n"),
            ),
            ("  - uses: >\n      a@v1\n", None),
            ("  - uses: a@v1\n      b\n", None),
            ("  - { uses: a@v1 }\n", None),
            ("  - uses: a@v1", None),
        ];
        for (text, expected) in cases {
            let edit = beside("f", text, 1, &["with:", "  c: d"]);
            assert_eq!(with(text, edit).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_a_whole_word_that_is_there_once_is_replaced() {
        let cases = [
            ("apiVersion: batch/v1beta1", Some("apiVersion: batch/v1")),
            ("apiVersion: batch/v1beta12", None),
            ("a: batch/v1beta1 # batch/v1beta1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(with(text, replaced("f", text, 1, "batch/v1beta1", "batch/v1")).as_deref(), expected);
        }
    }
}
