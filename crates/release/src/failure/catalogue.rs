//! All signatures, compiled.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use super::signature::Signature;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../rules/failures");

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| {
    // The files are part of this binary, and a test reads every one of them.
    Catalogue::from_files(&FILES).unwrap_or_else(|error| panic!("{error}"))
});

/// Memory that the automaton of all patterns may take, in bytes.
const AUTOMATON: usize = 32 << 20;

/// Every cause that is known.
#[derive(Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
    /// All patterns at once.
    patterns: RegexSet,
    /// The entry of each pattern.
    owners: Vec<usize>,
    consequences: RegexSet,
}

/// A signature and its expressions.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) signature: Signature,
    pub(super) patterns: Vec<Regex>,
    pub(super) context: Vec<Regex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consequences {
    patterns: Vec<String>,
}

impl Catalogue {
    /// The signatures of this binary.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads the signatures of a folder.
    fn from_files(files: &Dir<'_>) -> Result<Self, String> {
        let mut entries = Vec::new();
        for file in files.dirs().flat_map(Dir::files) {
            let path = file.path().with_extension("");
            let wrong = |error: String| format!("rules/failures/{}.toml: {error}", path.display());
            let text = file.contents_utf8().ok_or_else(|| wrong("it is no text".to_owned()))?;
            let mut signature: Signature = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
            signature.id = path.to_string_lossy().into_owned();
            entries.push(Entry::compile(signature).map_err(wrong)?);
        }
        entries.sort_by(|a, b| a.signature.id.cmp(&b.signature.id));
        let owned: Vec<(usize, &str)> = entries
            .iter()
            .enumerate()
            .flat_map(|(index, entry)| {
                entry.signature.patterns.iter().map(move |text| (index, text.as_str()))
            })
            .collect();
        let patterns = set(owned.iter().map(|(_, text)| *text))?;
        let owners = owned.iter().map(|(index, _)| *index).collect();
        let text =
            files.get_file("consequences.toml").and_then(|file| file.contents_utf8()).unwrap_or_default();
        let consequences: Consequences = toml::from_str(text).map_err(|error| error.to_string())?;
        let consequences = set(consequences.patterns.iter().map(String::as_str))?;
        Ok(Self { entries, patterns, owners, consequences })
    }

    /// Every signature, by its identifier.
    pub fn signatures(&self) -> impl Iterator<Item = &Signature> {
        self.entries.iter().map(|entry| &entry.signature)
    }

    pub(super) fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Entries with a pattern that a line matches.
    pub(super) fn matching<'a>(&'a self, line: &[u8]) -> impl Iterator<Item = usize> + use<'a> {
        self.patterns.matches(line).into_iter().map(|pattern| self.owners[pattern])
    }

    /// The line only says that something before it went wrong.
    pub(super) fn is_consequence(&self, line: &[u8]) -> bool {
        self.consequences.is_match(line)
    }
}

impl Entry {
    fn compile(signature: Signature) -> Result<Self, String> {
        let compile =
            |texts: &[String]| texts.iter().map(|text| expression(text)).collect::<Result<Vec<_>, _>>();
        let patterns = compile(&signature.patterns)?;
        let context = compile(&signature.context)?;
        if patterns.is_empty() {
            return Err("there is no pattern".to_owned());
        }
        Ok(Self { signature, patterns, context })
    }
}

fn expression(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).unicode(false).build().map_err(|error| error.to_string())
}

fn set<'a>(texts: impl Iterator<Item = &'a str>) -> Result<RegexSet, String> {
    let mut builder = RegexSetBuilder::new(texts);
    builder.unicode(false).size_limit(AUTOMATON).dfa_size_limit(AUTOMATON);
    builder.build().map_err(|error| error.to_string())
}
