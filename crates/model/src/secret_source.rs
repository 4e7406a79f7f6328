//! Where the values of secrets come from.

use std::fmt;

/// Something that can be asked for the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file in the repository that age encrypted: `secrets/ENVIRONMENT.age`.
    Age,
    /// The variables of the process that asks.
    Env,
    /// A dotenv file, or a folder with one file a secret; relative to the repository's root, or absolute.
    File(String),
    /// A program and its arguments, in which [`SecretSource::NAME`] stands for the name of the secret; it prints the value.
    Command(Vec<String>),
}

impl SecretSource {
    /// What stands for the name of the secret in the arguments of a command.
    pub const NAME: &'static str = "{name}";
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Age => f.write_str("age"),
            Self::Env => f.write_str("env"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Command(words) => write!(f, "command {}", words.first().map_or("", String::as_str)),
        }
    }
}
