//! Names and other identifiers.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::decode::{DecodeKey, Decoder, RefusedKey, Value};
use super::text::{Refusal, Text, not_empty, text, text_schema};
use super::{Diagnostic, Span};
use crate::placeholder::{RESOURCE_TYPES, ResourceType, is_secret_name};
use crate::{Name, Runtime};

text! {
    /// A word or sentence.
    pub struct Phrase, "a text", like "\"...\"", read by not_empty
}

text! {
    /// A shell command, run in the folder of its service.
    pub struct Command, "a shell command", like "\"npm start\"", read by not_empty
}

text! {
    /// A version, as precise as it matters.
    pub struct Version, "a version", like "\"15\"", read by not_empty
}

text! {
    /// The type of a resource; `container` for an image that has no type of its own.
    pub struct TypeName, "a type of resource", like "\"postgres\"", read by type_name,
    r#enum = RESOURCE_TYPES.iter().map(|known| known.name).collect::<Vec<_>>()
}

text! {
    /// The name of an environment variable.
    pub struct VariableName, "a variable", like "\"PORT\"", read by variable_name, pattern = VARIABLE
}

text! {
    /// A latency percentile: `p50`, `p95`, `p99.9`.
    pub struct Percentile, "a percentile", like "\"p95\"", read by percentile, pattern = r"^p[0-9]{1,2}(\.[0-9]+)?$"
}

text! {
    /// When: five cron fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    pub struct Schedule, "a schedule", like "\"0 7 * * *\"", read by not_empty
}

text! {
    /// An IANA time zone.
    pub struct Timezone, "a time zone", like "\"America/Chicago\"", read by not_empty
}

text! {
    /// A container image.
    pub struct Image, "an image", like "\"postgres:15\"", read by one_word
}

const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

impl Text for Name {
    const WANTED: &'static str = "a name";
    const EXAMPLE: &'static str = "\"api\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error| {
            Refusal::new("invalid-name", format!("`{text}` is not a name"))
                .instead(error.suggestion.to_string())
                .note(NAME_NOTE)
        })
    }

    fn constraints() -> Json {
        json!({
            "description": "Lower-case letters, digits and `-`, at most 63 characters.",
            "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        })
    }
}

const NAME_NOTE: &str =
    "names stand in URLs, Compose and Kubernetes unchanged: `a`-`z`, `0`-`9` and `-`, at most 63 characters";

impl Text for Runtime {
    const WANTED: &'static str = "a runtime";
    const EXAMPLE: &'static str = "\"node@20\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        let named = |runtime: &Self| runtime.name.starts_with(|c: char| c.is_ascii_alphabetic());
        Self::parse(text).filter(named).ok_or_else(|| {
            let mut words = text.split([' ', ':', '=', '@', '-']).filter(|word| !word.is_empty());
            let candidate = match (words.next(), words.next(), words.next()) {
                (Some(name), Some(version), None) => Some(format!("{}@{version}", name.to_lowercase())),
                _ => None,
            };
            Refusal::new("invalid-runtime", format!("`{text}` is not a runtime"))
                .instead(candidate.filter(|candidate| Self::parse(candidate).as_ref().is_some_and(named)))
        })
    }

    fn constraints() -> Json {
        json!({ "description": "A runtime and its version: `node@20`.", "pattern": "^[A-Za-z][A-Za-z0-9_.-]*(@.+)?$" })
    }
}

text_schema!(Name as Name, Runtime as Runtime);

fn one_word(text: &str) -> Result<String, Refusal> {
    let text = not_empty(text)?;
    if text.contains(char::is_whitespace) {
        return Err(Refusal::new("invalid-image", format!("`{text}` is not an image")));
    }
    Ok(text)
}

fn type_name(text: &str) -> Result<String, Refusal> {
    if ResourceType::find(text).is_some() {
        return Ok(text.to_owned());
    }
    let also = [
        ("postgresql", "postgres"),
        ("pg", "postgres"),
        ("mongo", "mongodb"),
        ("valkey", "redis"),
        ("minio", "s3"),
        ("mail", "smtp"),
        ("mssql", "sqlserver"),
    ];
    let lower = text.to_lowercase();
    let same = also.iter().find(|(word, _)| *word == lower).map(|(_, name)| *name);
    let near = same.or_else(|| super::suggest::nearest(text, RESOURCE_TYPES.iter().map(|known| known.name)));
    let refusal = Refusal::new("unknown-resource-type", format!("`{text}` is no known type of resource"));
    Err(match near {
        Some(near) => refusal.instead(near.to_owned()),
        None => refusal
            .advice(Some("for any other program write `type = \"container\"` and its `image`".to_owned())),
    })
}

fn variable_name(text: &str) -> Result<String, Refusal> {
    if is_secret_name(text) {
        return Ok(text.to_owned());
    }
    let mut near: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if near.starts_with(|c: char| c.is_ascii_digit()) {
        near.insert(0, '_');
    }
    let refusal = Refusal::new("invalid-name", format!("`{text}` is no name of a variable"))
        .note("shells and most languages read letters, digits and `_`, not starting with a digit");
    Err(refusal.instead((!text.is_empty()).then_some(near)))
}

fn percentile(text: &str) -> Result<String, Refusal> {
    let number = text.strip_prefix('p').unwrap_or("");
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.') && !number.ends_with('.');
    if plain && number.parse::<f64>().is_ok_and(|share| share > 0.0 && share < 100.0) && number.len() <= 8 {
        return Ok(text.to_owned());
    }
    let candidate = format!("p{}", text.trim_start_matches(['p', 'P']).trim_end_matches('%'));
    let refusal = Refusal::new("unknown-percentile", format!("`{text}` is not a percentile"));
    Err(refusal
        .instead((candidate != text).then_some(candidate).filter(|candidate| percentile(candidate).is_ok())))
}

/// A key that is read as a text is.
pub(super) fn decode_key<T: Text>(
    text: &str,
    span: Span,
    decoder: &mut Decoder<'_>,
) -> Result<T, RefusedKey> {
    match T::read(text) {
        Ok(key) => Ok(key),
        Err(refusal) => {
            let diagnostic = decoder.within(text, |decoder| refusal.into_diagnostic::<T>(span, decoder));
            decoder.report(diagnostic);
            Err(RefusedKey::ReadValue)
        }
    }
}

impl DecodeKey for Name {
    fn decode_key(
        text: &str,
        span: Span,
        _: &Value<'_>,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, RefusedKey> {
        decode_key(text, span, decoder)
    }
}

impl DecodeKey for VariableName {
    fn decode_key(
        text: &str,
        span: Span,
        _: &Value<'_>,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, RefusedKey> {
        decode_key(text, span, decoder)
    }
}

impl DecodeKey for Percentile {
    fn decode_key(
        text: &str,
        span: Span,
        value: &Value<'_>,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, RefusedKey> {
        // `p99.9 = "1s"` without quotes is a table `p99` with a key `9`.
        if let DeValue::Table(inner) = value.get_ref()
            && let Some((part, _)) = inner.iter().next()
        {
            let whole = format!("{text}.{}", part.get_ref());
            if percentile(&whole).is_ok() {
                decoder.report(
                    Diagnostic::error(
                        "unquoted-percentile",
                        span.start..part.span().end.max(span.end),
                        format!("`{whole}` needs quotes"),
                    )
                    .note("a dot in a TOML key begins a table".to_owned())
                    .help(format!("write `\"{whole}\" = ...`")),
                );
                return Err(RefusedKey::SkipValue);
            }
        }
        decode_key(text, span, decoder)
    }
}
