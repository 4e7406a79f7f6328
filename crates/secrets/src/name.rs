//! What a secret may be called.

use std::borrow::Borrow;
use std::fmt;

use seaworthy_model::placeholder::is_secret_name;

use crate::Error;

/// The name of a secret: that of a variable, so it can be no option of a command, no path and no line of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

/// Longer ones are values that were put in the wrong place.
const LONGEST: usize = 128;

impl SecretName {
    /// Checks a text. The error does not repeat it: people paste values where names belong.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_secret_name(text) && text.len() <= LONGEST {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Name)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for SecretName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_a_variable() {
        for name in ["A", "STRIPE_KEY", "_x1"] {
            assert_eq!(SecretName::parse(name).unwrap().as_str(), name);
        }
        let long = "A".repeat(LONGEST + 1);
        for other in ["", "-x", "--help", "1A", "A=b", "a b", "../A", "A\nB", "ä", "A\0", &long] {
            let error = SecretName::parse(other).unwrap_err().to_string();
            assert!(other.is_empty() || !error.contains(other), "{other:?}: {error}");
        }
    }
}
