//! Names of steps of the pipeline.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value as Json, json};

use super::decode::{Decode, DecodeKey, Decoder, RefusedKey, Value};
use super::names::decode_key;
use super::suggest::nearest;
use super::text::{Refusal, Text, text_schema};
use super::{Located, Span};
use crate::{Name, Stage, StepName};

impl Text for StepName {
    const WANTED: &'static str = "the name of a step";
    const EXAMPLE: &'static str = "\"api:test\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).ok_or_else(|| {
            let stages = Stage::ALL.map(Stage::as_str);
            let instead = match text.split_once(':') {
                Some((name, stage)) => nearest(stage, stages)
                    .map(|stage| format!("{}:{stage}", Name::from_text(name)))
                    .filter(|_| !name.is_empty()),
                None => (!text.trim().is_empty()).then(|| Name::from_text(text).to_string()),
            };
            Refusal::new("invalid-step", format!("`{text}` is no name of a step")).instead(instead).note(
                format!("it is a word of its own such as `e2e`, or SERVICE:STAGE with {}", stages.join(", ")),
            )
        })
    }

    fn constraints() -> Json {
        json!({
            "description": "A step: a name of its own (`e2e`), or a service and a stage (`api:test`).",
            "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(:(install|lint|test|check|scan|build))?$",
        })
    }
}

text_schema!(StepName as StepName);

impl DecodeKey for StepName {
    fn decode_key(
        text: &str,
        span: Span,
        _: &Value<'_>,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, RefusedKey> {
        decode_key(text, span, decoder)
    }
}

/// One name or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepNames(pub Vec<StepName>);

impl Decode for StepNames {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if value.get_ref().is_str() {
            return StepName::decode(value, decoder).map(|name| Self(vec![name]));
        }
        let names = Vec::<Located<StepName>>::decode(value, decoder)?;
        Some(Self(names.into_iter().map(|name| name.value).collect()))
    }
}

impl JsonSchema for StepNames {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StepNames".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<StepName>(),
                { "type": "array", "items": generator.subschema_for::<StepName>() },
            ],
        })
    }
}
