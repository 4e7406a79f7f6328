//! What can go wrong with secrets, and what to type next. No error holds a value, or anything that a file or a program
//! said: nobody knows what they say.

use std::io;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;

/// Something that kept secrets from being read or changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text is no name of a secret. It is not repeated, for it may be a value.
    #[error(
        "a secret is named like a variable: letters, digits and `_`, no digit first, at most 128 characters"
    )]
    Name,
    /// A value that no variable can hold, as in "the value ...".
    #[error("the value {0}")]
    Value(&'static str),
    /// The file system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as in "cannot ...".
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file with secrets that cannot be understood.
    #[error("{}{} {what}", path.display(), line.map_or(String::new(), |line| format!(":{line}")))]
    Content {
        /// The file.
        path: PathBuf,
        /// 1-based line of the text inside, where one is to blame.
        line: Option<usize>,
        /// What is wrong, as in "FILE ...".
        what: &'static str,
    },
    /// There is no key at all.
    #[error("there is no age key: looked for {}", looked.join(", "))]
    NoKey {
        /// Where it was looked for.
        looked: Vec<String>,
    },
    /// Something that should be a key is none.
    #[error("{from} holds no age key (AGE-SECRET-KEY-1...)")]
    InvalidKey {
        /// Where it was found.
        from: String,
    },
    /// A file that none of the keys opens.
    #[error("{} is encrypted for others: no key of {keys} opens it", path.display())]
    NotARecipient {
        /// The file.
        path: PathBuf,
        /// Where the keys are.
        keys: String,
    },
    /// What would be written could not be read again by whoever writes it.
    #[error("no key of {keys} is a recipient of {}: you could not read it again", path.display())]
    LockedOut {
        /// The file.
        path: PathBuf,
        /// Where the keys are.
        keys: String,
    },
    /// A line of the recipients that is none.
    #[error("{}:{line} is no recipient (age1...): other types than X25519 are not supported", path.display())]
    Recipient {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: usize,
    },
    /// There is nobody to encrypt for.
    #[error("{} names no recipient", path.display())]
    NoRecipients {
        /// The file with the recipients.
        path: PathBuf,
    },
    /// A program that should give a secret could not.
    #[error("`{program}` {what}")]
    Command {
        /// The program.
        program: String,
        /// What happened, as in "PROGRAM ...".
        what: String,
        /// The command line with the name of the secret put in.
        line: String,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(String),
}

impl Error {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "secret-name",
            Self::Value(_) => "secret-value",
            Self::File { .. } => "file-access",
            Self::Content { .. } => "secret-file",
            Self::NoKey { .. } => "no-age-key",
            Self::InvalidKey { .. } => "invalid-age-key",
            Self::NotARecipient { .. } => "not-a-recipient",
            Self::LockedOut { .. } => "locked-out",
            Self::Recipient { .. } => "invalid-recipient",
            Self::NoRecipients { .. } => "no-recipients",
            Self::Command { .. } => "secret-command-failed",
            Self::Random(_) => "internal-error",
        }
    }

    /// What to type next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Name => "sea secrets set STRIPE_KEY, and the value when it asks for it".to_owned(),
            Self::NoKey { .. } => {
                "sea secrets init, which makes one; in CI, put one into $SEA_AGE_KEY".to_owned()
            }
            Self::InvalidKey { .. } => "sea secrets init, or fetch the key from where it was kept".to_owned(),
            Self::NotARecipient { .. } => {
                "let someone who can read it type `sea secrets recipient add` with what `sea secrets init` prints"
                    .to_owned()
            }
            Self::LockedOut { .. } => "sea secrets init, which adds your key to the recipients".to_owned(),
            Self::NoRecipients { .. } => "sea secrets init".to_owned(),
            Self::Recipient { path, .. } => format!("correct or delete the line in {}", path.display()),
            Self::Command { line, .. } => format!("try it by hand: `{line}`"),
            Self::Value(_) | Self::File { .. } | Self::Content { .. } | Self::Random(_) => return None,
        })
    }

    /// Turns an I/O error into one that says what was tried where.
    pub(crate) fn file<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::File { action, path: path.to_owned(), source }
    }
}

/// What to type so that a secret is there.
pub(crate) fn set_command(name: &str, environment: &Name) -> String {
    format!("sea secrets set {name} --env {environment}")
}
