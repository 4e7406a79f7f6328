//! Where the values of secrets come from: one word, a table that says more, or a list of those.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::decode::{Decode, Decoder, Value};
use super::table::table;
use super::text::Text;
use super::words::SecretSourceWord;
use super::{Diagnostic, Located, Phrase};
use crate::SecretSource;

table! {
    /// A source of secrets with all that has to be said about it: either `file` or `command`.
    pub struct SecretSourceConfig {
        /// A dotenv file, or a folder with one file a secret; relative to the repository, or absolute.
        file: Phrase,
        /// A program and its arguments, where `{name}` stands for the name of the secret; it prints the value.
        command: Vec<Located<Phrase>>,
    }
}

/// Sources of secrets, in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSources(pub Vec<SecretSource>);

impl Decode for SecretSources {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            return SecretSource::decode(value, decoder).map(|source| Self(vec![source]));
        }
        let sources: Vec<Located<SecretSource>> = Decode::decode(value, decoder)?;
        if sources.is_empty() && value.get_ref().as_array().is_some_and(|items| items.is_empty()) {
            let message = format!("`{}` names no source", decoder.path());
            let help = format!("write `{} = {}`", decoder.key(), SecretSourceWord::EXAMPLE);
            decoder.report(Diagnostic::error("empty-value", value.span(), message).help(help));
            return None;
        }
        Some(Self(sources.into_iter().map(|source| source.value).collect()))
    }
}

impl Decode for SecretSource {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if value.get_ref().is_str() {
            return SecretSourceWord::decode(value, decoder).map(|word| match word {
                SecretSourceWord::Age => Self::Age,
                SecretSourceWord::Env => Self::Env,
            });
        }
        if !value.get_ref().is_table() {
            let help = format!("write `{} = {}`", decoder.key(), SecretSourceWord::EXAMPLE);
            decoder.wrong_type(value, "a word or a table", help);
            return None;
        }
        let known = decoder.count();
        let config = SecretSourceConfig::decode(value, decoder)?;
        match (config.file, config.command) {
            (Some(file), None) => Some(Self::File(file.value.into())),
            // With a word missing, what is left would be another command.
            (None, Some(_)) if decoder.count() > known => None,
            (None, Some(command)) => {
                let words: Vec<String> = command.value.into_iter().map(|word| word.value.into()).collect();
                let is_named = words.iter().skip(1).any(|word| word.contains(Self::NAME));
                if !is_named || words.first().is_some_and(|program| program.contains(Self::NAME)) {
                    let path = decoder.path();
                    let message = format!("no argument of `{path}.command` holds `{}`", Self::NAME);
                    decoder.report(
                        Diagnostic::error("secret-command", command.span, message)
                            .note("it runs once for each secret, and is told which one by that".to_owned())
                            .help(
                                "write it like `[\"vault\", \"kv\", \"get\", \"-field={name}\", \"secret/app\"]`"
                                    .to_owned(),
                            ),
                    );
                    return None;
                }
                Some(Self::Command(words))
            }
            (Some(file), Some(command)) => {
                let message = format!("`{}` names two sources", decoder.path());
                decoder.report(
                    Diagnostic::error("conflicting-keys", command.span, message)
                        .and(file.span, "this is the other")
                        .help("keep one of them, or write a list of two tables".to_owned()),
                );
                None
            }
            (None, None) => {
                if decoder.count() == known {
                    let message = format!("`{}` does not say which source it is", decoder.path());
                    decoder.report(
                        Diagnostic::error("missing-key", value.span(), message)
                            .help("add `file = \"...\"` or `command = [\"...\"]`".to_owned()),
                    );
                }
                None
            }
        }
    }
}

impl JsonSchema for SecretSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<SecretSourceWord>(),
                generator.subschema_for::<SecretSourceConfig>(),
            ],
        })
    }
}

impl JsonSchema for SecretSources {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretSources".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<SecretSource>(),
                { "type": "array", "items": generator.subschema_for::<SecretSource>(), "minItems": 1 },
            ],
        })
    }
}
