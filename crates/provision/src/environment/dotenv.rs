//! The syntax of `.env` files, as dotenv for JavaScript and python-dotenv read it.
//!
//! The crate `dotenvy` refuses what those take (`NAME=two words`, `NAME: value`), and a file that the framework reads must
//! be read here. `seaworthy-detect` reads example files for their names, lines and comments, this for the values.

use std::collections::BTreeMap;

/// The variables of a file, in its order; what is no assignment is left out, as the frameworks do.
pub fn parse(text: &str) -> Vec<(String, String)> {
    let text = text.replace("\r\n", "\n");
    let mut found = Vec::new();
    let mut known = BTreeMap::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(&text);
    while !rest.is_empty() {
        let end = rest.find('\n').unwrap_or(rest.len());
        let line = rest[..end].trim_start();
        let assigned = assignment(line);
        let Some((name, value)) = assigned else {
            rest = rest.get(end + 1..).unwrap_or_default();
            continue;
        };
        // A quoted value may go on over lines: it is looked for in all that is left.
        let start = end - value.len();
        let (value, after) = if let Some((value, quote, length)) = quoted(&rest[start..]) {
            let after = start + length;
            let end = rest[after..].find('\n').map_or(rest.len(), |at| after + at);
            let value = if quote == '"' { unescape(value) } else { value.to_owned() };
            (if quote == '\'' { value } else { expand(&value, &known) }, end)
        } else {
            let value = if value.starts_with('#') { "" } else { value };
            let value = value.find(" #").or_else(|| value.find("\t#")).map_or(value, |at| &value[..at]);
            (expand(value.trim(), &known), end)
        };
        known.insert(name.to_owned(), value.clone());
        found.push((name.to_owned(), value));
        rest = rest.get(after + 1..).unwrap_or_default();
    }
    found
}

/// Name and what follows the sign, without leading blanks.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))?;
    let (name, after) = line.split_at(end);
    let after = after.trim_start_matches([' ', '\t']);
    let value = after.strip_prefix('=').or_else(|| after.strip_prefix(": "))?;
    (!name.is_empty()).then(|| (name, value.trim_start_matches([' ', '\t'])))
}

/// A quoted value at the beginning of a text: what it holds, its quote, its length with both quotes.
fn quoted(text: &str) -> Option<(&str, char, usize)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quote == '"',
            _ if c == quote => return Some((&text[1..at], quote, at + 1)),
            _ => {}
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, (c == '\\').then(|| rest.next()).flatten()) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('r')) => plain.push('\r'),
            ('\\', Some('t')) => plain.push('\t'),
            ('\\', Some(other @ ('"' | '\\' | '$'))) => plain.push(other),
            ('\\', Some(other)) => plain.extend(['\\', other]),
            _ => plain.push(c),
        }
    }
    plain
}

/// Puts in `${NAME}` and `${NAME:-other}`. A bare `$NAME` stays: passwords hold dollars.
fn expand(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(length) = rest[at + 2..].find('}') else { break };
        let inside = &rest[at + 2..at + 2 + length];
        let (name, other) = inside.split_once(":-").unwrap_or((inside, ""));
        expanded.push_str(&rest[..at]);
        expanded.push_str(known.get(name).filter(|value| !value.is_empty()).map_or(other, String::as_str));
        rest = &rest[at + 2 + length + 1..];
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_frameworks_take() {
        let text = "\u{feff}# comment\nexport A=1\r\nB = two words # comment\nC=\"x # y\" # z\nD='$A ${A}'\nE=`a'b`\n\
                    F=\"line\\nbreak\"\nG=\"first\nsecond\"\nH=\nI=#none\nJ: yaml\nnot an assignment\nK=a#b\nL=\"open\nM=${A}-${NO:-x}\nN=p$A\n";
        let seen: Vec<String> =
            parse(text).into_iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        assert_eq!(
            seen,
            [
                r#"A="1""#,
                r#"B="two words""#,
                r#"C="x # y""#,
                r#"D="$A ${A}""#,
                r#"E="a'b""#,
                r#"F="line\nbreak""#,
                r#"G="first\nsecond""#,
                r#"H="""#,
                r#"I="""#,
                r#"J="yaml""#,
                r#"K="a#b""#,
                r#"L="\"open""#,
                r#"M="1-x""#,
                r#"N="p$A""#,
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([A-Z]|=|\"|'|`|\\\\|\\$|\\{|\\}|:|-|#| |\n|é|export ){0,40}") {
            parse(&text);
        }

        #[test]
        fn a_single_quoted_value_is_taken_as_it_is(value in "[^'\r]{0,20}") {
            prop_assert_eq!(parse(&format!("A='{value}'\nB=1\n")), [("A".to_owned(), value), ("B".to_owned(), "1".to_owned())]);
        }
    }
}
