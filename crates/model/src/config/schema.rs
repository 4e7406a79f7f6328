//! The JSON Schema of `seaworthy.toml`, made from the same definitions that decode it.

use serde_json::Value;

use super::Config;

/// The JSON Schema (draft 2020-12) of `seaworthy.toml`; the same bytes every time.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Config);
    schema.insert("$id".to_owned(), "urn:seaworthy:config:1".into());
    schema.insert("title".to_owned(), "seaworthy.toml".into());
    let mut schema = schema.to_value();
    // Another crate may make serde_json keep the order of insertion; sorted, both come to the same.
    schema.sort_all_objects();
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::table::Table;
    use super::super::{
        BackupConfig, CheckConfig, Config, DependencyConfig, EnvironmentConfig, GenerateConfig, JobConfig,
        PipelineConfig, ProbeConfig, ResourceConfig, SecretConfig, SecretSourceConfig, ServiceConfig,
        SloConfig, StepConfig, StrategyConfig, WatchConfig,
    };
    use super::*;

    #[test]
    fn the_decoder_and_the_schema_know_the_same_keys() {
        let schema = json_schema();
        let tables = [
            ("Config", Config::KEYS),
            ("ServiceConfig", ServiceConfig::KEYS),
            ("ResourceConfig", ResourceConfig::KEYS),
            ("JobConfig", JobConfig::KEYS),
            ("EnvironmentConfig", EnvironmentConfig::KEYS),
            ("SloConfig", SloConfig::KEYS),
            ("GenerateConfig", GenerateConfig::KEYS),
            ("PipelineConfig", PipelineConfig::KEYS),
            ("CheckConfig", CheckConfig::KEYS),
            ("StepConfig", StepConfig::KEYS),
            ("SecretConfig", SecretConfig::KEYS),
            ("BackupConfig", BackupConfig::KEYS),
            ("SecretSourceConfig", SecretSourceConfig::KEYS),
            ("StrategyConfig", StrategyConfig::KEYS),
            ("ProbeConfig", ProbeConfig::KEYS),
            ("WatchConfig", WatchConfig::KEYS),
            ("DependencyConfig", DependencyConfig::KEYS),
        ];
        let keys = |schema: &Value| -> BTreeSet<String> {
            schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
        };
        for (name, known) in tables {
            let definition = if name == "Config" { &schema } else { &schema["$defs"][name] };
            assert_eq!(keys(definition), known.iter().map(ToString::to_string).collect(), "{name}");
        }
        // The other way round: nothing with keys that the decoder has no table for.
        for (name, definition) in schema["$defs"].as_object().unwrap() {
            assert!(keys(definition).is_empty() || tables.iter().any(|(table, _)| table == name), "{name}");
        }
    }
}
