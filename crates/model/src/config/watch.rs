//! What a changed file leads to during development.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::decode::{Decode, Decoder, Value};
use super::table::table;
use super::{Command, Diagnostic, Located, Phrase, ServicePath};
use crate::{WatchAction, WatchRule};

table! {
    /// What a changed file leads to during development.
    pub struct WatchConfig {
        /// The file, folder or glob, relative to the folder of the service.
        path: ServicePath,
        /// What is done: `restart`, `rebuild`, `sync`, `sync+restart` or `sync+exec`.
        action: WatchAction,
        /// Where files are synchronised to.
        target: Phrase,
        /// What is executed after a synchronisation.
        exec: Command,
        /// Globs that lead to nothing.
        ignore: Vec<Located<Phrase>>,
    }
}

impl Decode for WatchRule {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let known = decoder.count();
        let config = WatchConfig::decode(value, decoder)?;
        let refused = decoder.count() > known;
        let mut need = |key: &str, example: &str, present: bool| {
            if !present && !refused {
                let message = format!("a rule of `{}` has no `{key}`", decoder.path());
                decoder.report(
                    Diagnostic::error("missing-key", value.span(), message)
                        .help(format!("add `{key} = {example}`")),
                );
            }
        };
        need("path", "\"src\"", config.path.is_some());
        need("action", "\"restart\"", config.action.is_some());
        let action = config.action.map(|action| action.value);
        if action == Some(WatchAction::SyncExec) {
            need("exec", "\"...\"", config.exec.is_some());
        }
        Some(Self {
            path: config.path?.value.into(),
            action: action?,
            target: config.target.map(|target| target.value.into()),
            exec: config.exec.map(|exec| exec.value.into()),
            ignore: config
                .ignore
                .map(|globs| globs.value.into_iter().map(|glob| glob.value.into()).collect())
                .unwrap_or_default(),
        })
    }
}

impl JsonSchema for WatchRule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        WatchConfig::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        "WatchRule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = WatchConfig::json_schema(generator);
        schema.insert("required".to_owned(), serde_json::json!(["path", "action"]));
        schema
    }
}
