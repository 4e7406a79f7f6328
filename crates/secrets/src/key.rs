//! Keys that open encrypted files, and where they are kept.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::x25519::Identity;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Error;
use crate::private::{self, Access};

/// The name of a key's file, in a host's state and in a person's configuration.
pub const FILE: &str = "age.key";

/// Where a key may be.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The key itself (`$SEA_AGE_KEY`): what CI systems hand out.
    pub given: Option<SecretString>,
    /// A file that is named (`$SEA_AGE_KEY_FILE`).
    pub named: Option<PathBuf>,
    /// A host's: `STATE/age.key`.
    pub host: Option<PathBuf>,
    /// A person's: `$XDG_CONFIG_HOME/seaworthy/age.key`.
    pub person: Option<PathBuf>,
}

impl Places {
    /// As the variables of a process say; `state` is the folder of a host's state where there is one.
    pub fn new(variable: impl Fn(&str) -> Option<String>, state: Option<&Path>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let config = set("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
        Self {
            given: set("SEA_AGE_KEY").map(SecretString::from),
            named: set("SEA_AGE_KEY_FILE").map(PathBuf::from),
            host: state.map(|state| state.join(FILE)),
            person: config.map(|config| config.join("seaworthy").join(FILE)),
        }
    }

    /// The keys. What is given or named is used alone; else those of the host and of the person, where there are any.
    pub fn keys(&self) -> Result<Keys, Error> {
        if let Some(given) = &self.given {
            let from = "$SEA_AGE_KEY".to_owned();
            return Ok(Keys { all: parse(given.expose_secret(), &from)?, from, warnings: Vec::new() });
        }
        let paths: Vec<&PathBuf> = match &self.named {
            Some(named) => vec![named],
            None => self.host.iter().chain(&self.person).collect(),
        };
        let mut keys = Keys { all: Vec::new(), from: String::new(), warnings: Vec::new() };
        let mut found = Vec::new();
        for path in &paths {
            let Some(bytes) = private::read(path)? else { continue };
            let from = path.display().to_string();
            let text = std::str::from_utf8(&bytes).map_err(|_| Error::InvalidKey { from: from.clone() })?;
            keys.all.extend(parse(text, &from)?);
            keys.warnings.extend(private::too_open(path));
            found.push(from);
        }
        if keys.all.is_empty() {
            let mut looked = vec!["$SEA_AGE_KEY".to_owned()];
            looked.extend(paths.iter().map(|path| path.display().to_string()));
            return Err(Error::NoKey { looked });
        }
        keys.from = found.join(" and ");
        Ok(keys)
    }

    /// The file that a new key is written into: the one that is named, else the person's, else the host's.
    pub fn own_file(&self) -> Option<&Path> {
        self.named.as_deref().or(self.person.as_deref()).or(self.host.as_deref())
    }
}

/// Keys, the present one first.
pub struct Keys {
    pub(crate) all: Vec<Identity>,
    /// Where they were found.
    pub(crate) from: String,
    /// What is dangerous about how they are kept.
    pub warnings: Vec<String>,
}

impl Keys {
    /// A key that nobody has had.
    pub fn generate() -> Self {
        Self { all: vec![Identity::generate()], from: "memory".to_owned(), warnings: Vec::new() }
    }

    /// The public sides, `age1...`, in the order of the keys.
    pub fn recipients(&self) -> Vec<String> {
        self.all.iter().map(|key| key.to_public().to_string()).collect()
    }

    /// Where they were found, for people.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// The present key as a text, for whoever wants to carry it elsewhere.
    pub fn export(&self) -> Option<SecretString> {
        self.all.first().map(Identity::to_string)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Writes a new key into `path`, before those that the file holds, which still open what was encrypted for them. The
/// file and new folders on the way are for their owner alone. `about` is a comment: a date, a reason.
pub fn create(path: &Path, about: &str) -> Result<Keys, Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private::create_folder(folder)?;
    let _lock = private::Lock::of(folder)?;
    let old = private::read(path)?.unwrap_or_default();
    let from = path.display().to_string();
    let old = std::str::from_utf8(&old).map_err(|_| Error::InvalidKey { from: from.clone() })?;
    let mut all = vec![Identity::generate()];
    // Checked before anything is written: a file that is no key file is not ours to change.
    if !old.trim().is_empty() {
        all.extend(parse(old, &from)?);
    }
    let key = all[0].to_string();
    let about = about.replace(['\n', '\r'], " ");
    let public = all[0].to_public();
    let text = Zeroizing::new(format!("# {about}\n# public key: {public}\n{}\n{old}", key.expose_secret()));
    private::replace(&[(path.to_owned(), text.as_bytes())], Access::Owner)?;
    Ok(Keys { all, from, warnings: Vec::new() })
}

/// The keys of a text: one a line, comments and blank lines aside.
fn parse(text: &str, from: &str) -> Result<Vec<Identity>, Error> {
    let invalid = || Error::InvalidKey { from: from.to_owned() };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(|line| Identity::from_str(line).map_err(|_| invalid()));
    let keys: Vec<Identity> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(invalid()) } else { Ok(keys) }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn at(path: &Path) -> Places {
        Places { named: Some(path.to_owned()), ..Places::default() }
    }

    #[test]
    fn a_new_key_is_for_its_owner_and_the_old_one_still_opens() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/age.key");
        assert!(matches!(at(&path).keys(), Err(Error::NoKey { .. })));
        let first = create(&path, "made\nby a test").unwrap().recipients();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let second = create(&path, "again").unwrap().recipients();
        assert_eq!(second[1], first[0]);
        let keys = at(&path).keys().unwrap();
        assert_eq!(keys.recipients(), second);
        assert!(keys.warnings.is_empty(), "its folder is closed");
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        std::fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o755)).unwrap();
        assert_eq!(at(&path).keys().unwrap().warnings.len(), 1);
        assert!(!format!("{keys:?}").contains("SECRET"));
    }

    #[test]
    fn what_is_no_key_is_not_repeated_and_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("age.key");
        std::fs::write(&path, "hunter2-canary\n").unwrap();
        for error in [at(&path).keys().unwrap_err(), create(&path, "x").unwrap_err()] {
            assert!(matches!(&error, Error::InvalidKey { .. }) && !error.to_string().contains("canary"));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "hunter2-canary\n");
    }

    #[test]
    fn what_is_given_goes_before_files() {
        let variables = |name: &str| match name {
            "SEA_AGE_KEY_FILE" => Some("/k".to_owned()),
            "XDG_CONFIG_HOME" => Some("/c".to_owned()),
            _ => None,
        };
        let mut places = Places::new(variables, Some(Path::new("/s")));
        assert_eq!(places.own_file(), Some(Path::new("/k")));
        assert_eq!(places.host.as_deref(), Some(Path::new("/s/age.key")));
        assert_eq!(places.person.as_deref(), Some(Path::new("/c/seaworthy/age.key")));
        places.given = Keys::generate().export();
        assert_eq!(places.keys().unwrap().from(), "$SEA_AGE_KEY");
    }
}
