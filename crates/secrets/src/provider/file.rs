//! A dotenv file, or a folder with one file a secret, as Docker, Kubernetes and systemd mount them.

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::Provider;
use crate::document::Document;
use crate::private;
use crate::{Error, SecretName, value};

pub(super) struct File {
    path: PathBuf,
    held: Held,
}

enum Held {
    /// One file a secret.
    Folder,
    /// All in one.
    Document(Document),
}

impl File {
    /// A path where nothing is has no secrets to tell: that is a mistake, not an answer.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let metadata = fs::metadata(path).map_err(Error::file("read", path))?;
        let held = if metadata.is_dir() {
            Held::Folder
        } else {
            let bytes = private::read(path)?.unwrap_or_default();
            let what = "is no UTF-8 text";
            let text = std::str::from_utf8(&bytes).map_err(|_| Error::Content {
                path: path.to_owned(),
                line: None,
                what,
            })?;
            Held::Document(Document::parse(text, path)?)
        };
        Ok(Self { path: path.to_owned(), held })
    }

    /// The file of a secret: by its name, else in the small letters that Compose users like.
    fn file(&self, name: &SecretName) -> Option<PathBuf> {
        let exact = self.path.join(name.as_str());
        let small = self.path.join(name.as_str().to_ascii_lowercase());
        [exact, small].into_iter().find(|path| path.is_file())
    }
}

impl Provider for File {
    fn title(&self) -> String {
        self.path.display().to_string()
    }

    fn get(&self, name: &SecretName) -> Result<Option<SecretString>, Error> {
        match &self.held {
            Held::Document(document) => Ok(document.get(name.as_str()).cloned()),
            Held::Folder => {
                let Some(path) = self.file(name) else { return Ok(None) };
                let Some(bytes) = private::read(&path)? else { return Ok(None) };
                if bytes.iter().all(u8::is_ascii_whitespace) {
                    return Ok(None);
                }
                value::from_bytes(bytes.to_vec()).map(Some)
            }
        }
    }

    fn names(&self) -> Vec<SecretName> {
        match &self.held {
            Held::Document(document) => document.all().into_keys().cloned().collect(),
            Held::Folder => {
                let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
                let mut names: Vec<SecretName> = entries
                    .filter(|entry| entry.path().is_file())
                    .filter_map(|entry| SecretName::parse(entry.file_name().to_str()?).ok())
                    .collect();
                names.sort();
                names
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        match &self.held {
            Held::Document(_) => private::too_open(&self.path).into_iter().collect(),
            Held::Folder => {
                self.names().iter().filter_map(|name| private::too_open(&self.file(name)?)).collect()
            }
        }
    }
}
