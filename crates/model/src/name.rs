//! Names of services, resources, jobs and environments.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name that is a DNS label, so that it can stand in URLs, Compose and Kubernetes unchanged:
/// `a`-`z`, `0`-`9` and `-`, starting and ending with a letter or digit, at most 63 characters (RFC 1123).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is no [`Name`]; `suggestion` is the nearest text that is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a name: use lower-case letters, digits and `-` (at most 63), such as `{suggestion}`"
)]
pub struct InvalidName {
    /// What was given.
    pub given: String,
    /// What could be written instead.
    pub suggestion: Name,
}

impl Name {
    /// Checks a text that a person wrote.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let suggestion = Self::from_text(text);
        if suggestion.0 == text {
            Ok(suggestion)
        } else {
            Err(InvalidName { given: text.to_owned(), suggestion })
        }
    }

    /// The nearest name to any text: `@acme/Web App` becomes `web-app`. Falls back to `app`.
    pub fn from_text(text: &str) -> Self {
        let text = match text.rsplit_once('/') {
            Some((_, last)) if !last.is_empty() => last,
            _ => text,
        };
        let mut name = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                name.push(c.to_ascii_lowercase());
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
            if name.len() == 63 {
                break;
            }
        }
        let name = name.trim_end_matches('-');
        Self(if name.is_empty() { "app" } else { name }.to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_has_a_nearest_name() {
        for (text, name) in [
            ("api", "api"),
            ("@acme/Web App", "web-app"),
            ("My_App!", "my-app"),
            ("--", "app"),
            ("", "app"),
            ("żółw", "w"),
        ] {
            assert_eq!(Name::from_text(text).as_str(), name, "{text:?}");
        }
    }

    #[test]
    fn a_wrong_name_is_refused_with_the_nearest_right_one() {
        let error = Name::parse("Web_App").unwrap_err();
        assert_eq!(error.suggestion.as_str(), "web-app");
        assert!(Name::parse("web-app").is_ok());
    }
}
