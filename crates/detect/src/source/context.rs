//! What stands around a read of a variable: a fallback, a question, an assignment.

use std::sync::LazyLock;

use crate::pattern::Pattern;

/// How a read is used.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// The literal it falls back to.
    pub(super) default: Option<String>,
    /// It has something to fall back to, or its presence is asked for.
    pub(super) optional: bool,
    /// It is written, not read.
    pub(super) written: bool,
}

/// Judges a read by the text of its line before and after it.
pub(super) fn context(before: &str, after: &str) -> Context {
    static FALLBACK: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"^\s*[!)]*\s*(?:\|\||\?\?|\bor\b|\borelse\b|\?:)=?\s*"));
    static ASKED_AFTER: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"^\s*[)]*\s*(?:\?[^?.:]|&&|[!=]==?|\?\.|is\s+(?:not\s+)?None)"));
    static ASKED_BEFORE: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r"(?:\bif\s+|\bif\s*\(\s*|\bunless\s+|!!|\bBoolean\(\s*|\bbool\(\s*|&&\s*|\bin\s+|\btypeof\s+)$",
        )
    });
    let mut found = Context::default();
    if let Some(fallback) = FALLBACK.find(after) {
        let rest = after.get(fallback.whole().end..).unwrap_or_default();
        found.default = literal(rest);
        // `process.env.X || throw` or an undefined fallback is none.
        let nothing = ["undefined", "null", "None", "nil", "throw", "raise", "panic"];
        found.optional = !nothing.iter().any(|word| rest.starts_with(word));
        return found;
    }
    let trimmed = after.trim_start();
    if trimmed.starts_with('=') && !trimmed.starts_with("==") && !trimmed.starts_with("=>")
        || before.trim_end().ends_with("delete")
    {
        found.written = true;
    }
    found.optional = ASKED_AFTER.is_match(after) || ASKED_BEFORE.is_match(before);
    found
}

/// What comes after this text of a line is inside a string in double quotes: told about, not read. Interpolation
/// brings it back into code.
pub(super) fn is_told(before: &str) -> bool {
    before.matches('"').count() % 2 == 1 && !before.contains("${") && !before.contains("#{")
}

/// The literal that a text starts with: a string, a number or a truth value.
pub(super) fn literal(text: &str) -> Option<String> {
    let text = text.trim_start().trim_start_matches('(').trim_start();
    let mut characters = text.chars();
    match characters.next()? {
        quote @ ('"' | '\'' | '`') => {
            let inner = characters.as_str();
            let end = inner.find(quote)?;
            let inner = &inner[..end];
            (!inner.contains("${") && !inner.contains("#{") && !inner.contains('\n'))
                .then(|| inner.to_owned())
        }
        c if c.is_ascii_digit() => {
            let end =
                text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(text.len());
            Some(text[..end].replace('_', "").trim_end_matches('.').to_owned())
        }
        _ => ["true", "false", "True", "False"]
            .into_iter()
            .find(|word| {
                text.strip_prefix(word)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            })
            .map(str::to_lowercase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: &str, after: &str) -> (Option<String>, bool, bool) {
        let Context { default, optional, written } = context(before, after);
        (default, optional, written)
    }

    #[test]
    fn fallbacks_questions_and_writes() {
        assert_eq!(of("const a = ", " || 3000;"), (Some("3000".to_owned()), true, false));
        assert_eq!(of("const a = ", " ?? 'x'"), (Some("x".to_owned()), true, false));
        assert_eq!(of("a = ", " or \"x\""), (Some("x".to_owned()), true, false));
        assert_eq!(of("const a = ", " || compute()"), (None, true, false));
        assert_eq!(of("const a = ", "!;"), (None, false, false));
        assert_eq!(of("const a = ", ";"), (None, false, false));
        assert_eq!(of("if (", ") {"), (None, true, false));
        assert_eq!(of("if (!", ") throw"), (None, false, false));
        assert_eq!(of("x = ", " ? a : b"), (None, true, false));
        assert_eq!(of("x = ", " === 'production'"), (None, true, false));
        assert_eq!(of("", " = 'test'"), (None, false, true));
        assert_eq!(of("x = Number(", ") || 5"), (Some("5".to_owned()), true, false));
    }

    #[test]
    fn literals() {
        for (text, value) in [
            ("'a b'", Some("a b")),
            ("8080)", Some("8080")),
            ("30_000,", Some("30000")),
            ("True", Some("true")),
            ("Truely", None),
            ("`http://${host}`", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(literal(text).as_deref(), value, "{text}");
        }
    }
}
