//! Where keys and certificates are kept.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::pair::Pair;

/// How orders for a name went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempts {
    /// The hosts that were ordered for; the count begins anew with others.
    pub hosts: Vec<String>,
    /// The address of the authority.
    pub directory: String,
    /// Orders in a row that failed or did not end. Counted before an order begins, so that a process that dies in the
    /// middle of one, again and again, does not ask again and again.
    pub failures: u32,
    /// When the last order began.
    pub last: Option<Timestamp>,
    /// Not before then, as the authority said.
    pub retry: Option<Timestamp>,
    /// The authority wanted to be asked less often.
    pub was_limited: bool,
    /// Why the last order failed.
    pub reason: Option<String>,
    /// The code of that.
    pub code: Option<String>,
}

/// The folder where keys and certificates are kept: `NAME.pem` (certificate, chain and key in one file, so that they are
/// replaced together), `NAME.json` (how orders went) and `account-HASH.json` (one for each authority). Files are of this
/// user alone (0600), and whole or not there.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens the folder and makes it where it is missing.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(Error::file(&path))?;
        Ok(Self(path))
    }

    /// The certificate kept under a name. One that cannot be read is none: another is ordered.
    pub fn pair(&self, name: &str) -> Result<Option<(Pair, Facts)>> {
        let Some(text) = read(&self.path(name, "pem"))? else { return Ok(None) };
        Ok(Pair::new(&text, &text).ok())
    }

    /// Keeps a certificate under a name, in place of the one before.
    pub fn keep(&self, name: &str, pair: &Pair) -> Result<()> {
        let text = format!("{}{}", pair.chain_pem(), pair.key_pem());
        self.write(&self.path(name, "pem"), text.as_bytes())
    }

    /// How orders for a name went.
    pub fn attempts(&self, name: &str) -> Result<Attempts> {
        Ok(read_json(&self.path(name, "json"))?.unwrap_or_default())
    }

    /// Writes down how orders for a name went.
    pub fn note(&self, name: &str, attempts: &Attempts) -> Result<()> {
        self.write_json(&self.path(name, "json"), attempts)
    }

    pub(crate) fn account<T: DeserializeOwned>(&self, directory: &str) -> Result<Option<T>> {
        read_json(&self.account_path(directory))
    }

    pub(crate) fn keep_account<T: Serialize>(&self, directory: &str, account: &T) -> Result<()> {
        self.write_json(&self.account_path(directory), account)
    }

    /// Puts an account that the authority does not know (any more) aside.
    pub(crate) fn forget_account(&self, directory: &str) -> Result<()> {
        let path = self.account_path(directory);
        match std::fs::rename(&path, path.with_extension("unknown")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(path)(error)),
            _ => Ok(()),
        }
    }

    fn account_path(&self, directory: &str) -> PathBuf {
        self.0.join(format!("account-{}.json", hash(directory)))
    }

    /// A name becomes part of a file's name; what could mean more than that is hashed.
    fn path(&self, name: &str, extension: &str) -> PathBuf {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        let plain =
            name.bytes().all(is_plain) && !name.starts_with('.') && !name.is_empty() && name.len() < 200;
        let stem = if plain { name.to_owned() } else { format!("name-{}", hash(name)) };
        self.0.join(format!("{stem}.{extension}"))
    }

    fn write_json<T: Serialize>(&self, path: &Path, value: &T) -> Result<()> {
        let json = serde_json::to_vec_pretty(value).map_err(|error| Error::file(path)(error.into()))?;
        self.write(path, &json)
    }

    /// A reader sees the old file or the new one, after a loss of power too.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let write = || {
            let mut file = NamedTempFile::new_in(&self.0)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(Error::file(path))
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    // What is no JSON was written by nobody who knows this folder.
    Ok(read(path)?.and_then(|text| serde_json::from_str(&text).ok()))
}

fn read(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}

fn hash(text: &str) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
