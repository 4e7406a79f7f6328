//! Every rule: those of the binary, and those that a project adds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use thiserror::Error;

use crate::rule::{Category, Rule};

static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../rules/check");

/// Where a project keeps rules of its own, below its root.
pub const PROJECT_RULES: &str = ".seaworthy/rules";

/// The same without examples, as the build script makes it.
static EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));

/// Why a project's rule cannot be used.
#[derive(Debug, Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a rule.
    #[error("{}: {message}; compare it with a rule that `sea explain` shows", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// Two rules have one name.
    #[error("{}: there is a rule named `{id}` already; give this one another id", path.display())]
    Duplicate {
        /// The file.
        path: PathBuf,
        /// The name.
        id: String,
    },
}

/// Rules by their ids.
#[derive(Debug, Default)]
pub struct Catalogue {
    rules: BTreeMap<String, Rule>,
}

impl Catalogue {
    /// The rules of the binary. Their examples are left out: see [`Catalogue::with_examples`].
    pub fn embedded() -> Self {
        let rules: Vec<Rule> = serde_json::from_str(EMBEDDED)
            // A test reads all of them, from both forms.
            .unwrap_or_else(|error| unreachable!("the build wrote this: {error}"));
        Self { rules: rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect() }
    }

    /// The rules of the binary and those in the project's `.seaworthy/rules`.
    pub fn of_project(root: &Path) -> Result<Self, Error> {
        let mut catalogue = Self::embedded();
        let folder = root.join(PROJECT_RULES);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(catalogue),
            Err(source) => return Err(Error::Read { path: folder, source }),
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
            })
            .collect();
        paths.sort();
        for path in paths {
            let text =
                fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
            let malformed = |message: String| Error::Malformed { path: path.clone(), message };
            let rule = parse(&text).map_err(malformed)?;
            crate::pattern::verify(&rule).map_err(malformed)?;
            if catalogue.rules.contains_key(&rule.id) {
                return Err(Error::Duplicate { path, id: rule.id });
            }
            catalogue.rules.insert(rule.id.clone(), rule);
        }
        Ok(catalogue)
    }

    /// A rule by its id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// Every rule, by id.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.values()
    }

    /// The rules of the binary with their examples, for pages and tests.
    pub fn with_examples() -> Self {
        let rules = files().into_iter().filter_map(|(_, text)| parse(text).ok());
        Self { rules: rules.map(|rule| (rule.id.clone(), rule)).collect() }
    }
}

/// Parses one rule.
pub fn parse(text: &str) -> Result<Rule, String> {
    let rule: Rule = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let is_id =
        |id: &str| !id.is_empty() && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !is_id(&rule.id) {
        return Err(format!("`{}` is not an id: small letters, digits and `-`", rule.id));
    }
    Ok(rule)
}

/// The files of the embedded rules with their texts, for those who write pages about them: path, text.
pub fn files() -> Vec<(String, &'static str)> {
    let mut files = Vec::new();
    for category in Category::ALL {
        let Some(folder) = RULES.get_dir(category.as_str()) else { continue };
        for file in folder.files() {
            files.push((file.path().display().to_string(), file.contents_utf8().unwrap_or_default()));
        }
    }
    files
}
