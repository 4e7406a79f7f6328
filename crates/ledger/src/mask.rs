//! Secrets out of bodies, before anything is hashed or written.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

/// Replaces secrets in a text. Told at open, since only the caller knows what is secret.
#[derive(Clone)]
pub struct Mask(Arc<MaskText>);

type MaskText = dyn Fn(&str) -> Cow<'_, str> + Send + Sync;

impl Mask {
    /// A mask by function.
    pub fn new(mask: impl Fn(&str) -> Cow<'_, str> + Send + Sync + 'static) -> Self {
        Self(Arc::new(mask))
    }

    /// Nothing is secret: for data that holds none by construction, such as imported tags, and for tests.
    pub fn nothing() -> Self {
        Self::new(|text| Cow::Borrowed(text))
    }

    /// The text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        (self.0)(text)
    }

    /// Every text and every key of a value without secrets. Values are masked one by one, before they are escaped:
    /// a secret with a quote in it would not be found in the finished JSON.
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => match self.text(&text) {
                Cow::Borrowed(_) => Value::String(text),
                Cow::Owned(masked) => Value::String(masked),
            },
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(key, value)| (self.text(&key).into_owned(), self.value(value)))
                .collect(),
            other => other,
        }
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_before_they_are_escaped_in_keys_too() {
        let mask = Mask::new(|text| Cow::Owned(text.replace("s\"3", "***")));
        let value = serde_json::json!({"a": ["x s\"3 y", {"s\"3": 1}]});
        assert_eq!(mask.value(value), serde_json::json!({"a": ["x *** y", {"***": 1}]}));
    }
}
