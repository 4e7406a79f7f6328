//! The encrypted files of a repository: `secrets/ENVIRONMENT.age`, and who they are for: `secrets/recipients.txt`.
//!
//! A change holds a lock on the folder from reading to writing, so two that happen at once are both kept. The new file
//! is encrypted, opened again for a test and safe on the disk before it takes the place of the old one. age encrypts
//! differently each time; so that a file changes only when its content does, nothing is written where nothing changed.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor};
use seaworthy_model::Name;
use secrecy::zeroize::Zeroizing;

use crate::Error;
use crate::document::Document;
use crate::key::Keys;
use crate::private::{self, Access, Lock};
use crate::recipients::Recipients;

/// The folder's name in a repository.
pub const NAME: &str = "secrets";

/// `secrets/` of a repository.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: PathBuf,
}

/// What a change led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed<T> {
    /// What the change said.
    pub value: T,
    /// Files were written.
    pub written: bool,
}

impl Folder {
    /// The folder of a repository; it need not exist.
    pub fn of(root: &Path) -> Self {
        Self { dir: root.join(NAME) }
    }

    /// The file of an environment.
    pub fn file(&self, environment: &Name) -> PathBuf {
        self.dir.join(format!("{environment}.age"))
    }

    /// The file that says who files are encrypted for.
    pub fn recipients_file(&self) -> PathBuf {
        self.dir.join("recipients.txt")
    }

    /// Who files are encrypted for; nobody where the file is absent.
    pub fn recipients(&self) -> Result<Recipients, Error> {
        let path = self.recipients_file();
        let bytes = private::read(&path)?.unwrap_or_default();
        let what = "is no UTF-8 text";
        let text = std::str::from_utf8(&bytes).map_err(|_| Error::Content {
            path: path.clone(),
            line: None,
            what,
        })?;
        Recipients::parse(text, &path)
    }

    /// The environments that have a file.
    pub fn environments(&self) -> Result<Vec<Name>, Error> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::file("read the folder", &self.dir)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry.map_err(Error::file("read the folder", &self.dir))?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(".age"));
            found.extend(name.and_then(|name| Name::parse(name).ok()));
        }
        found.sort();
        Ok(found)
    }

    /// The secrets of an environment; `None` where there is no file.
    pub fn read(&self, environment: &Name, keys: &Keys) -> Result<Option<Document>, Error> {
        let path = self.file(environment);
        let Some(bytes) = private::read(&path)? else { return Ok(None) };
        let text = decrypt(&bytes, &path, keys)?;
        Document::parse(&text, &path).map(Some)
    }

    /// Changes the secrets of an environment.
    pub fn change<T>(
        &self,
        environment: &Name,
        keys: &Keys,
        change: impl FnOnce(&mut Document) -> Result<T, Error>,
    ) -> Result<Changed<T>, Error> {
        self.create()?;
        let _lock = Lock::of(&self.dir)?;
        let known = self.read(environment, keys)?;
        let before = known.as_ref().map(|known| Zeroizing::new(known.text().to_owned()));
        let mut document = known.unwrap_or_default();
        let value = change(&mut document)?;
        if before.as_ref().is_some_and(|before| before.as_str() == document.text()) {
            return Ok(Changed { value, written: false });
        }
        let path = self.file(environment);
        let bytes = encrypt(document.text(), &self.recipients()?, &path, &self.recipients_file(), keys)?;
        private::replace(&[(path, &bytes)], Access::Everyone)?;
        Ok(Changed { value, written: true })
    }

    /// Changes who files are for, and encrypts every file anew for them. A file that cannot be opened keeps all as it is.
    pub fn change_recipients<T>(
        &self,
        keys: &Keys,
        change: impl FnOnce(&mut Recipients) -> Result<T, Error>,
    ) -> Result<Changed<T>, Error> {
        self.create()?;
        let _lock = Lock::of(&self.dir)?;
        let mut recipients = self.recipients()?;
        let before = recipients.clone();
        let value = change(&mut recipients)?;
        if recipients == before {
            return Ok(Changed { value, written: false });
        }
        let mut files = Vec::new();
        for environment in self.environments()? {
            let path = self.file(&environment);
            let Some(bytes) = private::read(&path)? else { continue };
            let text = decrypt(&bytes, &path, keys)?;
            let bytes = encrypt(&text, &recipients, &path, &self.recipients_file(), keys)?;
            files.push((path, bytes));
        }
        // Last, so that whoever is interrupted finds the old list and does the same again.
        files.push((self.recipients_file(), recipients.text().into_bytes()));
        let files: Vec<(PathBuf, &[u8])> =
            files.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
        private::replace(&files, Access::Everyone)?;
        Ok(Changed { value, written: true })
    }

    fn create(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.dir).map_err(Error::file("create the folder", &self.dir))
    }
}

/// The text in an encrypted file.
fn decrypt(bytes: &[u8], path: &Path, keys: &Keys) -> Result<Zeroizing<String>, Error> {
    let content = |what| Error::Content { path: path.to_owned(), line: None, what };
    // Both sides of a conflict begin with the same line, so the mark is rarely the first thing.
    if bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"<<<<<<< ")) {
        return Err(content(
            "holds two versions that git could not merge: take one (`git checkout --ours`), then set what the other had",
        ));
    }
    let refused = |error: DecryptError| match error {
        DecryptError::NoMatchingKeys => {
            Error::NotARecipient { path: path.to_owned(), keys: keys.from.clone() }
        }
        _ => content("is no file of age, or was damaged"),
    };
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(bytes)).map_err(refused)?;
    let mut reader =
        decryptor.decrypt(keys.all.iter().map(|key| key as &dyn age::Identity)).map_err(refused)?;
    // The text is shorter than what holds it, so it is never moved while it grows.
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len()));
    reader.read_to_end(&mut text).map_err(|_| content("is damaged: its end does not fit"))?;
    match String::from_utf8(std::mem::take(&mut *text)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(content("holds no UTF-8 text"))
        }
    }
}

/// A text for all recipients, which whoever writes it can open: that is tried.
fn encrypt(
    text: &str,
    recipients: &Recipients,
    path: &Path,
    list: &Path,
    keys: &Keys,
) -> Result<Vec<u8>, Error> {
    let recipients = recipients.keys();
    if recipients.is_empty() {
        return Err(Error::NoRecipients { path: list.to_owned() });
    }
    let failed = |error: io::Error| Error::file("encrypt", path)(error);
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|one| one as &dyn age::Recipient))
        .map_err(|error| failed(io::Error::other(error.to_string())))?;
    let armour = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(failed)?;
    let mut writer = encryptor.wrap_output(armour).map_err(failed)?;
    writer.write_all(text.as_bytes()).map_err(failed)?;
    let bytes = writer.finish().and_then(ArmoredWriter::finish).map_err(failed)?;
    match decrypt(&bytes, path, keys) {
        Ok(again) if *again == text => Ok(bytes),
        Err(Error::NotARecipient { path, keys }) => Err(Error::LockedOut { path, keys }),
        Ok(_) => Err(failed(io::Error::other("what came out was not what went in"))),
        Err(error) => Err(error),
    }
}
