//! `.env` files: `NAME=value` lines with comments, `export` and quotes.

/// One variable of an env file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvLine {
    /// Its name.
    pub name: String,
    /// Its value, without quotes.
    pub value: String,
    /// 1-based line.
    pub line: u32,
    /// The comment on the same line or on the lines right above.
    pub comment: String,
}

/// The variables of an env file, in its order; lines that are none are left out.
pub fn parse_env(text: &str) -> Vec<EnvLine> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for (number, raw) in (1_u32..).zip(text.lines()) {
        let line = raw.trim();
        if let Some(text) = line.strip_prefix('#') {
            comment.push_str(text.trim());
            comment.push(' ');
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once('=') else {
            comment.clear();
            continue;
        };
        let name = name.trim();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name {
            let (value, trailing) = unquote(value.trim());
            comment.push_str(trailing);
            found.push(EnvLine {
                name: name.to_owned(),
                value: value.to_owned(),
                line: number,
                comment: std::mem::take(&mut comment).trim().to_owned(),
            });
        }
        comment.clear();
    }
    found
}

/// The value without its quotes, and the comment after it.
fn unquote(value: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some((inner, rest)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return (inner, rest.trim_start().trim_start_matches('#').trim());
        }
    }
    match value.split_once(" #") {
        Some((value, comment)) => (value.trim_end(), comment.trim()),
        None if value.starts_with('#') => ("", value.trim_start_matches('#').trim()),
        None => (value, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_comments() {
        let text = "# where the data is\nexport DATABASE_URL=\"postgres://x\" # local\n\nPORT=3000\nEMPTY=\nnot a line\n=x\nA='b # c'\n";
        let lines = parse_env(text);
        let seen: Vec<_> =
            lines.iter().map(|l| (l.name.as_str(), l.value.as_str(), l.line, l.comment.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("DATABASE_URL", "postgres://x", 2, "where the data is local"),
                ("PORT", "3000", 4, ""),
                ("EMPTY", "", 5, ""),
                ("A", "b # c", 8, ""),
            ]
        );
    }
}
