//! What a service waits for: a list of names, or a table from name to condition, as in Compose.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder, Value};
use super::table::table;
use super::{Located, Map};
use crate::{Condition, Name};

table! {
    /// What must hold of something before a service starts.
    pub struct DependencyConfig {
        /// `service_started`, `service_healthy` or `service_completed_successfully`.
        condition: Condition,
    }
}

/// The names, each with the condition that was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DependsOn(pub Vec<(Located<Name>, Option<Condition>)>);

impl Decode for DependsOn {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if value.get_ref().is_table() {
            let table = Map::<Name, DependencyConfig>::decode(value, decoder)?;
            let named = table.into_iter().map(|(name, entry)| {
                let condition = entry.value.condition.map(|condition| condition.value);
                (Located { value: name, span: entry.key }, condition)
            });
            return Some(Self(named.collect()));
        }
        let names = Vec::<Located<Name>>::decode(value, decoder)?;
        Some(Self(names.into_iter().map(|name| (name, None)).collect()))
    }
}

impl JsonSchema for DependsOn {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DependsOn".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<Vec<Name>>(),
                generator.subschema_for::<Map<Name, DependencyConfig>>(),
            ],
        })
    }
}
