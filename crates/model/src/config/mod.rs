//! `seaworthy.toml`: read, described, and applied to an app.
//!
//! Reading reports everything that is wrong at once, each with the bytes it is about and what to type instead;
//! what is right is kept. The tables are defined once, in `tables.rs`; their structs, decoders, lists of known
//! keys and JSON Schema come from that definition.
//!
//! ```
//! use seaworthy_model::config::{Config, Source};
//! use seaworthy_model::{App, Name};
//!
//! let text = r#"
//! [services.api]
//! start = "node server.js"
//! port = 4000
//! "#;
//! let (config, diagnostics) = Config::parse(text);
//! assert!(diagnostics.is_empty());
//!
//! let mut app = App::default();
//! config.apply(&mut app, &Source::file("seaworthy.toml", text));
//! let port = &app.services["api"].port;
//! assert_eq!(port.get(), Some(&4000));
//! assert_eq!(port.origin().unwrap().place.as_ref().unwrap().to_string(), "seaworthy.toml:4");
//!
//! let (_, diagnostics) = Config::parse("[services.api]\nprot = 4000");
//! assert_eq!(diagnostics[0].message, "`prot` is no key of `services.api`");
//! assert_eq!(diagnostics[0].help.as_deref(), Some("did you mean `port`?"));
//! ```

mod addresses;
mod adopt;
mod apply;
mod backup;
mod command_line;
pub(crate) mod decode;
mod depends_on;
mod diagnostic;
pub(crate) mod env_value;
mod imply;
mod keys;
mod located;
mod names;
mod numbers;
pub(crate) mod paths;
mod probe;
mod quantities;
mod schema;
mod secret_sources;
mod steps;
mod strategy;
pub(crate) mod suggest;
mod syntax;
mod table;
mod tables;
mod text;
mod watch;
pub(crate) mod words;

use toml::de::{DeTable, DeValue};

pub use addresses::{Domain, Host, HttpPath, Route};
pub use apply::Source;
pub use backup::BackupConfig;
pub use depends_on::{DependencyConfig, DependsOn};
pub use diagnostic::{Diagnostic, Severity, Span, line_column};
pub use env_value::EnvValue;
pub use located::{Keyed, Located, Map};
pub use names::{Command, Image, Percentile, Phrase, Schedule, Timezone, TypeName, VariableName, Version};
pub use numbers::{Count, Port, Threshold};
pub use paths::{FileOrCommand, RelativePath, ServicePath};
pub use probe::{ProbeConfig, TcpPort};
pub use quantities::{Every, Latency};
pub use schema::json_schema;
pub use secret_sources::{SecretSourceConfig, SecretSources};
pub use steps::StepNames;
pub use strategy::StrategyConfig;
pub use tables::{
    CheckConfig, Config, EnvironmentConfig, GenerateConfig, JobConfig, PipelineConfig, ResourceConfig,
    SecretConfig, ServiceConfig, SloConfig, StepConfig,
};
pub use watch::WatchConfig;
pub use words::{SecretSourceWord, StrategyWord};

use decode::{Decode, Decoder};

impl Config {
    /// Reads the text of a `seaworthy.toml`: what could be read, and everything that is wrong, in the order of
    /// the text.
    pub fn parse(text: &str) -> (Self, Vec<Diagnostic>) {
        let syntax::Repaired { text: repaired, mut diagnostics } = syntax::repair(text);
        let (table, _) = DeTable::parse_recoverable(&repaired);
        let mut decoder = Decoder::new(text);
        let root = toml::Spanned::new(0..text.len(), DeValue::Table(table.into_inner()));
        let config = Self::decode(&root, &mut decoder).unwrap_or_default();
        let found = decoder.finish();
        let echoes: Vec<_> =
            found.into_iter().filter(|one| !syntax::is_echo(text, &diagnostics, one)).collect();
        diagnostics.extend(echoes);
        diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
        (config, diagnostics)
    }

    /// Reads an override from the command line, such as `services.api.port=5000`: a line of `seaworthy.toml`
    /// in which a text needs no quotes. Spans refer to the given text.
    ///
    /// ```
    /// use seaworthy_model::config::Config;
    ///
    /// let (config, diagnostics) = Config::parse_override("services.api.start=node server.js");
    /// assert!(diagnostics.is_empty());
    /// assert!(config.services.is_some());
    /// ```
    pub fn parse_override(text: &str) -> (Self, Vec<Diagnostic>) {
        command_line::parse(text)
    }
}
