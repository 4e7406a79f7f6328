//! Texts with rules: idempotency keys and release ids.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is no [`Key`] or [`ReleaseId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}: use 1 to {most} visible ASCII characters")]
pub struct InvalidText {
    given: String,
    what: &'static str,
    most: usize,
}

fn checked(text: &str, what: &'static str, most: usize) -> Result<String, InvalidText> {
    if !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        let given = text.chars().take(40).collect();
        Err(InvalidText { given, what, most })
    }
}

/// What makes an event the same event when it is written twice: appending a key again with the same content does
/// nothing, with other content it is refused. Say what is done and to what: `ship-7f3a/step/build`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        checked(text, "an idempotency key", 300).map(Self)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key that follows from this one.
    pub(crate) fn with(&self, suffix: &str) -> Self {
        Self(format!("{}/{suffix}", self.0))
    }
}

/// The id of a release: immutable, content-addressed, made by who builds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseId(String);

impl ReleaseId {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        checked(text, "a release id", 128).map(Self)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ReleaseId {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::parse(&text)
    }
}

impl From<ReleaseId> for String {
    fn from(id: ReleaseId) -> Self {
        id.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_control_characters_and_long_texts_are_refused() {
        for text in ["", "a b", "a\nb", "ö", &"x".repeat(301)] {
            assert!(Key::parse(text).is_err(), "{text:?}");
            assert!(ReleaseId::parse(text).is_err(), "{text:?}");
        }
        assert!(Key::parse("ship-7f3a/step/build").is_ok());
    }
}
