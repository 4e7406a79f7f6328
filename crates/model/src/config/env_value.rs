//! The value of an environment variable: a text with placeholders.

use serde_json::{Value as Json, json};

use super::decode::{Decoder, Value};
use super::text::{Refusal, Text, text_schema};
use super::{Diagnostic, Span};
use crate::placeholder::Template;

/// The value of an environment variable; `${resources.db.url}` and its like are put in when the service starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvValue {
    text: String,
}

impl EnvValue {
    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<EnvValue> for String {
    fn from(value: EnvValue) -> Self {
        value.text
    }
}

impl Text for EnvValue {
    const WANTED: &'static str = "a text";
    const EXAMPLE: &'static str = "\"info\"";
    const NUMBER: bool = true;
    const BOOLEAN: bool = true;

    fn read(text: &str) -> Result<Self, Refusal> {
        Ok(Self { text: text.to_owned() })
    }

    fn constraints() -> Json {
        json!({
            "description": "A text, with placeholders such as `${resources.db.url}` or `${secrets.STRIPE_KEY}`.",
        })
    }

    fn inspect(&self, value: &Value<'_>, decoder: &mut Decoder<'_>) {
        let Err(errors) = Template::parse(&self.text) else { return };
        for error in errors {
            let span = within(decoder.text, &value.span(), &self.text, &error.span);
            let message = format!("`{}`: {error}", decoder.path());
            decoder.report(Diagnostic::error(error.code(), span, message).help(error.help()));
        }
    }
}

text_schema!(EnvValue as EnvironmentValue);

/// Where bytes of a string's content stand in the file: exactly, when the string is written without escapes;
/// else the whole string is meant.
pub(crate) fn within(text: &str, string: &Span, content: &str, part: &Span) -> Span {
    let written = text.get(string.clone()).unwrap_or("");
    match written.find(content) {
        Some(start) if !content.is_empty() => {
            string.start + start + part.start..string.start + start + part.end
        }
        _ => string.clone(),
    }
}
