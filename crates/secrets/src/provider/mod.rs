//! Sources of values. Each is a file of this folder; what it says of itself never holds a value.

mod age;
mod command;
mod env;
mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seaworthy_model::{Environment, Name, SecretSource};
use secrecy::SecretString;

use crate::key::Places;
use crate::{Error, SecretName};

/// How long a command may take for one secret.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// Where sources are asked from.
#[derive(Clone, Debug)]
pub struct Context {
    /// The repository, which paths are relative to.
    pub root: PathBuf,
    /// The environment whose secrets are meant.
    pub environment: Name,
    /// Where keys may be.
    pub keys: Places,
    /// The variables of the process that asks: the source `env`.
    pub variables: BTreeMap<String, SecretString>,
    /// How long a command may take for one secret: [`COMMAND_TIMEOUT`].
    pub timeout: Duration,
}

/// One source, opened.
pub trait Provider: Send + Sync {
    /// What it is, for people: `secrets/production.age`, `` `vault` ``.
    fn title(&self) -> String;

    /// The value of a secret; `None` when this source has none. An error when nobody knows whether it has.
    fn get(&self, name: &SecretName) -> Result<Option<SecretString>, Error>;

    /// The names that it has, where it can tell: a command cannot.
    fn names(&self) -> Vec<SecretName> {
        Vec::new()
    }

    /// What is dangerous about it.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The sources that an environment names, in their order: the age file when it names none.
pub fn sources(environment: Option<&Environment>) -> Vec<SecretSource> {
    let said = environment.and_then(|environment| environment.secrets.get());
    said.cloned().unwrap_or_else(|| vec![SecretSource::Age])
}

/// Opens sources: files are read and opened once, commands run for each secret.
pub fn open(sources: &[SecretSource], context: &Context) -> Result<Vec<Box<dyn Provider>>, Error> {
    sources
        .iter()
        .map(|source| -> Result<Box<dyn Provider>, Error> {
            Ok(match source {
                SecretSource::Age => Box::new(age::Age::open(context)?),
                SecretSource::Env => Box::new(env::Env::open(context)),
                SecretSource::File(path) => Box::new(file::File::open(&at(&context.root, path))?),
                SecretSource::Command(words) => Box::new(command::Command::new(words, context)),
            })
        })
        .collect()
}

fn at(root: &Path, path: &str) -> PathBuf {
    // An absolute path stays as it is.
    root.join(path)
}
