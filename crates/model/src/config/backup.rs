//! How a resource is backed up.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::decode::{Decode, Decoder, Value};
use super::table::table;
use super::{Diagnostic, Every};
use crate::Backup;
use crate::quantity::Retention;

table! {
    /// How a resource is backed up, and how that is tried.
    pub struct BackupConfig {
        /// How often: `6h`, `hourly`, `daily`, `weekly`. Required.
        every: Every,
        /// How many are kept: `7d 4w 6m`.
        keep: Retention,
        /// How often a restore is tried.
        drill: Every,
    }
}

impl Decode for Backup {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let known = decoder.count();
        let config = BackupConfig::decode(value, decoder)?;
        if config.every.is_none() && decoder.count() == known {
            let message = format!("`{}` does not say how often", decoder.path());
            decoder.report(
                Diagnostic::error("missing-key", value.span(), message)
                    .help("add `every = \"6h\"`".to_owned()),
            );
        }
        Some(Self {
            every: config.every?.value.into(),
            keep: config.keep.map(|keep| keep.value),
            drill: config.drill.map(|drill| drill.value.into()),
        })
    }
}

impl JsonSchema for Backup {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        BackupConfig::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        "Backup".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = BackupConfig::json_schema(generator);
        schema.insert("required".to_owned(), serde_json::json!(["every"]));
        schema
    }
}
