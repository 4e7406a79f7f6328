//! Random values: passwords of resources and development secrets, kept in `.seaworthy/secrets.json` for the user alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Error;
use crate::record::{self, Access};
use crate::state::State;

/// The secrets of one worktree, the same in every run.
#[derive(Debug)]
pub struct Secrets {
    path: PathBuf,
    known: BTreeMap<String, String>,
}

impl Secrets {
    /// Reads what was made up in earlier runs.
    pub fn open(state: &State) -> Self {
        let path = state.root().join("secrets.json");
        Self { known: record::load(&path), path }
    }

    /// The secret of this name; made up (32 random bytes as hexadecimal digits) and kept where there is none.
    pub fn get_or_create(&mut self, name: &str) -> Result<String, Error> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let value = random_hex(32)?;
        self.known.insert(name.to_owned(), value.clone());
        record::save(&self.path, &self.known, Access::Owner)?;
        Ok(value)
    }

    /// The secret of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.known.get(name).map(String::as_str)
    }

    /// Every secret that was ever made up here: what must be redacted from logs.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.known.values().map(String::as_str)
    }
}

/// This many random bytes of the operating system, as hexadecimal digits.
pub(crate) fn random_hex(bytes: usize) -> Result<String, Error> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Broken(format!("the operating system gives no random bytes: {error}")))?;
    Ok(hex(&random))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_up_once_and_differs_from_every_other() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        let mut secrets = Secrets::open(&state);
        let first = secrets.get_or_create("SESSION_SECRET").unwrap();
        assert_eq!(first.len(), 64);
        assert_ne!(first, secrets.get_or_create("JWT_SECRET").unwrap());
        let mut again = Secrets::open(&state);
        assert_eq!(again.get_or_create("SESSION_SECRET").unwrap(), first);
        assert_eq!(again.values().count(), 2);
    }
}
