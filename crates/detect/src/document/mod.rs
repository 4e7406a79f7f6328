//! Structured files as one kind of tree, whatever their format, each value with its line.

mod env_file;
mod json;
mod node;
mod toml;
mod xml;
mod yaml;

pub use env_file::{EnvLine, parse_env};
pub use node::{Entry, Node, Value};
pub(crate) use xml::{Element, parse_xml};

/// The formats that are read as trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with comments and trailing commas (JSON5's looser forms are read too).
    Json,
    /// TOML 1.1.
    Toml,
    /// YAML 1.2.
    Yaml,
}

impl Format {
    /// The format of a file by its ending; YAML, which reads JSON as well, where the ending says nothing.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match (name, extension) {
            ("Pipfile" | "Cargo.lock" | "poetry.lock" | "uv.lock" | "pdm.lock" | ".replit", _)
            | (_, "toml") => Self::Toml,
            (_, "json" | "jsonc" | "json5" | "lock") | (".babelrc" | ".firebaserc", _) => Self::Json,
            _ => Self::Yaml,
        }
    }
}

/// Why a text is not in the format that its file's name promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// The 1-based line, where the parser knows it.
    pub line: Option<u32>,
}

/// Parses a text; of several YAML documents the first.
pub fn parse(format: Format, text: &str) -> Result<Node, ParseError> {
    match format {
        Format::Json => json::parse(text),
        Format::Toml => toml::parse(text),
        Format::Yaml => Ok(yaml::parse_all(text)?.into_iter().next().unwrap_or_default()),
    }
}

/// Parses every YAML document of a text.
pub fn parse_yaml_stream(text: &str) -> Result<Vec<Node>, ParseError> {
    yaml::parse_all(text)
}

/// Finds the 1-based line of a byte offset, quickly for many offsets of one text.
pub(crate) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes());
        Self {
            starts: std::iter::once(0)
                .chain(ends.map(|end| u32::try_from(end + 1).unwrap_or(u32::MAX)))
                .collect(),
        }
    }

    pub(crate) fn line(&self, offset: usize) -> u32 {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}
