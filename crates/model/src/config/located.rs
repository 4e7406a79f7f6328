//! Values with the bytes that say them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Span;

/// A value and the bytes that say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it is said.
    pub span: Span,
}

/// An entry of a table whose keys are free: a service under its name, a variable under its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed<T> {
    /// Where the key is said.
    pub key: Span,
    /// Where the value is said; for a `[table]`, its header.
    pub span: Span,
    /// The value.
    pub value: T,
}

/// A table whose keys are free.
pub type Map<K, T> = BTreeMap<K, Keyed<T>>;

/// In a schema the place of a value is invisible: only the value counts.
macro_rules! schema_of_the_value {
    ($($type:ident),+) => {$(
        impl<T: JsonSchema> JsonSchema for $type<T> {
            fn inline_schema() -> bool {
                T::inline_schema()
            }
            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }
            fn schema_id() -> Cow<'static, str> {
                T::schema_id()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )+};
}
schema_of_the_value!(Located, Keyed);
