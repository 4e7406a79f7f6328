//! TOML that is no TOML: every mistake the parser found, in our words where ours say more.

use toml::de::{DeTable, Error};

use super::{Diagnostic, Span};

/// A diagnostic for a syntax error.
fn diagnostic(text: &str, error: &Error) -> Diagnostic {
    let span = boundaries(text, error.span().unwrap_or(text.len()..text.len()));
    let written = text.get(span.clone()).unwrap_or("").trim();
    let (what, expected) = match error.message().split_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (error.message(), None),
    };
    let diagnostic = Diagnostic::error("toml-syntax", span.clone(), what);
    match what {
        "string values must be quoted" if written.is_empty() => Diagnostic {
            message: "a value is missing after `=`".to_owned(),
            ..diagnostic.help("write a value, or delete the line".to_owned())
        },
        "string values must be quoted" if !written.contains(['"', '\'', '\\']) => {
            diagnostic.help(format!("write \"{written}\""))
        }
        "string values must be quoted" => diagnostic.help(format!("write '{}'", written.replace('\'', ""))),
        "unquoted keys cannot be empty" => {
            Diagnostic { message: "a key is missing".to_owned(), ..diagnostic }
                .help("write `key = value`".to_owned())
        }
        "duplicate key" => {
            let repeated = Diagnostic {
                code: "duplicate-key",
                message: match line_around(text, &span) {
                    line if text[line.clone()].trim_start().starts_with('[') => {
                        format!("`{}` is said twice", text[line].trim())
                    }
                    _ => format!("`{written}` is said twice"),
                },
                ..diagnostic.help("keep one of the two".to_owned())
            };
            match first_definition(text, &span) {
                Some(first) => repeated.label("again").and(first, "first said here"),
                None => repeated,
            }
        }
        "invalid basic string" | "invalid literal string" if span.is_empty() => {
            let quote = expected.map_or("\"", |quote| quote.trim_matches(['`', '\'']));
            Diagnostic { message: "a string is not closed".to_owned(), ..diagnostic }
                .help(format!("add the closing `{}`", if quote.is_empty() { "'" } else { quote }))
        }
        "unexpected key or value" => {
            Diagnostic { message: "a line says more than one thing".to_owned(), ..diagnostic }
                .help("begin a new line here, or put the whole value in quotes".to_owned())
        }
        "invalid unquoted key" if written == ":" => {
            Diagnostic { message: "a key is followed by `:`".to_owned(), ..diagnostic }
                .help("write `=` between key and value".to_owned())
        }
        "key with no value" => diagnostic.help("write `key = value`; a table is `[name]`".to_owned()),
        "invalid boolean" => diagnostic.help("write `true` or `false`, in lower case".to_owned()),
        "unexpected leading zero" => diagnostic.help("delete the zero, or quote the value".to_owned()),
        "missing escaped value" => {
            diagnostic.help("for a literal `\\` write `\\\\`, or quote with `'`".to_owned())
        }
        _ if what.starts_with("cannot extend value of type inline table") => {
            diagnostic.help("an inline table `{ ... }` is complete: add the key inside its braces".to_owned())
        }
        _ if what.starts_with("cannot extend value of type") => Diagnostic {
            message: format!("`{written}` has a value already, and cannot be a table"),
            ..diagnostic
        }
        .help("keep the value or the table".to_owned()),
        _ if what.starts_with("unclosed") => match expected {
            Some(closing) => diagnostic.help(format!("add {closing}")),
            None => diagnostic,
        },
        _ => match expected {
            Some("nothing") | None => diagnostic,
            Some(expected) => diagnostic.help(format!("expected {expected}")),
        },
    }
}

/// A text whose lines that are no TOML were blanked, byte for byte, so that offsets stay true; and everything
/// that is wrong with its syntax.
pub(crate) struct Repaired {
    pub(crate) text: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The parser gives up at a line that is neither a key with a value nor a header. Such lines are blanked and the
/// rest is parsed again, until all has been seen.
pub(crate) fn repair(text: &str) -> Repaired {
    let mut repaired = text.to_owned();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    // Each round blanks a line; a file of which this is not enough is no TOML at all.
    for _ in 0..100 {
        let (_, errors) = DeTable::parse_recoverable(&repaired);
        let hopeless = errors.iter().find(|error| gives_up(error)).and_then(Error::span);
        let hopeless = hopeless.map(|span| line_around(&repaired, &span)).filter(|line| !line.is_empty());
        let Some(hopeless) = hopeless else {
            diagnostics.extend(errors.iter().map(|error| diagnostic(text, error)));
            break;
        };
        // What was reported elsewhere is reported again in the next round, perhaps better.
        let here = errors.iter().map(|error| diagnostic(text, error));
        let mut here: Vec<_> = here
            .filter(|found| hopeless.contains(&found.span.start) || found.span.start == hopeless.end)
            .collect();
        here.sort_by_key(|found| (found.span.is_empty(), found.span.start));
        diagnostics.extend(here.into_iter().next());
        repaired.replace_range(hopeless.clone(), &" ".repeat(hopeless.len()));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.dedup_by_key(|diagnostic| diagnostic.span.start);
    Repaired { text: repaired, diagnostics }
}

/// After these the parser reads no further.
fn gives_up(error: &Error) -> bool {
    error.message().starts_with("key with no value")
}

/// The line, without its end, that a span begins in.
fn line_around(text: &str, span: &Span) -> Span {
    let at = boundaries(text, span.clone()).start;
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find(['\r', '\n']).map_or(text.len(), |newline| at + newline);
    start..end
}

/// What the decoder says about lines that are no TOML is an echo of the syntax error there.
pub(crate) fn is_echo(text: &str, errors: &[Diagnostic], diagnostic: &Diagnostic) -> bool {
    errors.iter().any(|error| {
        let at = diagnostic.span.start;
        let from = text[..error.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let to = text[error.span.end..].find('\n').map_or(text.len(), |newline| error.span.end + newline);
        // After a header or a bracket that was not closed, nobody knows which table a key belongs to.
        (from..=to).contains(&at) || (error.message.starts_with("unclosed") && at >= from)
    })
}

/// Where the key or header at `again` was said before: the same header anywhere above, or the same key since
/// the last header.
fn first_definition(text: &str, again: &Span) -> Option<Span> {
    let line_start = text[..again.start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next()?;
    let header = line.trim_start().starts_with('[');
    let key = if header { line.trim() } else { line.split('=').next()?.trim() };
    let mut first = None;
    let mut at = 0;
    for earlier in text[..line_start].split_inclusive('\n') {
        let trimmed = earlier.trim();
        let same =
            if header { trimmed == key } else { trimmed.split('=').next().map(str::trim) == Some(key) };
        if !header && trimmed.starts_with('[') {
            first = None;
        } else if same && first.is_none() {
            let start = at + earlier.find(key)?;
            first = Some(start..start + key.len());
        }
        at += earlier.len();
    }
    first
}

/// The span, within the text and between characters.
fn boundaries(text: &str, span: Span) -> Span {
    let floor = |mut offset: usize| {
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}
