//! One definition a table: the struct, its decoder, its list of keys and its JSON Schema.

/// What every table of `seaworthy.toml` can say about itself.
pub(crate) trait Table {
    /// Its keys, in the order of its definition.
    const KEYS: &'static [&'static str];
}

/// The key that a field stands for: `r#type` is `type`.
pub(crate) const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// The lines of a doc comment as one text.
pub(crate) fn documentation(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// Defines a table: every field becomes an `Option<Located<T>>` under a key of the same name.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        pub struct $table:ident {
            $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $table {
            $($(#[doc = $field_doc])+ pub $field: Option<$crate::config::Located<$type>>,)+
        }

        impl $crate::config::table::Table for $table {
            const KEYS: &'static [&'static str] =
                &[$($crate::config::table::key(stringify!($field))),+];
        }

        impl $crate::config::decode::Decode for $table {
            fn decode(
                value: &$crate::config::decode::Value<'_>,
                decoder: &mut $crate::config::decode::Decoder<'_>,
            ) -> Option<Self> {
                use $crate::config::table::{Table, key};
                let table = decoder.table(value)?;
                decoder.refuse_unknown_keys(table, Self::KEYS);
                Some(Self { $($field: decoder.field(table, key(stringify!($field))),)+ })
            }
        }

        impl schemars::JsonSchema for $table {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($table).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use $crate::config::table::{documentation, key};
                let mut properties = serde_json::Map::new();
                $(
                    let mut schema = generator.subschema_for::<$type>();
                    schema.insert("description".to_owned(), documentation(&[$($field_doc),+]).into());
                    properties.insert(key(stringify!($field)).to_owned(), schema.to_value());
                )+
                schemars::json_schema!({
                    "type": "object",
                    "description": documentation(&[$($doc),+]),
                    "properties": properties,
                    "additionalProperties": false,
                })
            }
        }
    };
}
pub(crate) use table;
