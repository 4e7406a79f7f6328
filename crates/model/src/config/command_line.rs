//! `--set KEY=VALUE`: a line of `seaworthy.toml` on the command line, where quotes are easily lost.

use toml::de::DeValue;

use super::decode::quoted;
use super::{Config, Diagnostic, Span};

/// Reads `services.api.port=5000`. What is no TOML value is taken as a text, and so is what is one but has to
/// be a text: `resources.db.version=15`. Spans refer to the given text.
pub(crate) fn parse(text: &str) -> (Config, Vec<Diagnostic>) {
    let as_it_is = Config::parse(text);
    if as_it_is.1.is_empty() && text.contains('=') {
        return as_it_is;
    }
    let Some(equals) = text.find('=') else {
        let diagnostic = Diagnostic::error("missing-value", 0..text.len(), format!("`{text}` sets nothing"))
            .help("write `KEY=VALUE`, such as `services.api.port=5000`".to_owned());
        return (Config::default(), vec![diagnostic]);
    };
    let (key, value) = (&text[..equals], &text[equals + 1..]);
    let quoted = format!("{key}={}", quoted(value.trim()));
    let (config, mut diagnostics) = Config::parse(&quoted);
    if !diagnostics.is_empty() && DeValue::parse(value.trim()).is_ok() {
        return as_it_is;
    }
    for diagnostic in &mut diagnostics {
        diagnostic.span = unquoted(&diagnostic.span, equals, text.len());
        for (span, _) in &mut diagnostic.secondary {
            *span = unquoted(span, equals, text.len());
        }
    }
    (config, diagnostics)
}

/// A span in the quoted text as one in the given text: the key is where it was, the value is meant as a whole.
fn unquoted(span: &Span, equals: usize, end: usize) -> Span {
    if span.end <= equals + 1 { span.clone() } else { (equals + 1).min(end)..end }
}
