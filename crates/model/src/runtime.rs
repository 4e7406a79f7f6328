//! The runtime that a service needs.

use std::fmt;

use serde::Serialize;

/// A language runtime and its version: `node@20`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Runtime {
    /// The runtime's name as version managers write it: `node`, `python`, `go`, `java`, `dotnet`, ...
    pub name: String,
    /// The version, as precise as the repository says it (`20`, `3.11.4`); for a range its lowest version.
    pub version: Option<String>,
    /// The requirement as it was written (`>=18 <21`), where it is more than one version.
    pub requirement: Option<String>,
}

impl Runtime {
    /// A runtime of a given version.
    pub fn new(name: impl Into<String>, version: Option<String>) -> Self {
        Self { name: name.into(), version, requirement: None }
    }

    /// Reads `node@20` or `node`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) if !version.is_empty() => (name, Some(version.to_owned())),
            Some(_) => return None,
            None => (text, None),
        };
        (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
            .then(|| Self::new(name, version))
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}
