//! Whole numbers with a range.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::Diagnostic;
use super::decode::{Decode, Decoder, Value};

macro_rules! number {
    ($($(#[doc = $doc:literal])+ $type:ident($inner:ty), $wanted:literal, $low:literal..=$high:expr, like $example:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $type(pub $inner);

        impl From<$type> for $inner {
            fn from(number: $type) -> Self {
                number.0
            }
        }

        impl Decode for $type {
            fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
                let number = whole(value, decoder, $wanted, $low, i64::from($high), $example)?;
                // The range fits the type.
                <$inner>::try_from(number).ok().map(Self)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "integer", "minimum": $low, "maximum": $high })
            }
        }
    )+};
}

number! {
    /// A TCP port.
    Port(u16), "a port from 1 to 65535", 1..=u16::MAX, like "4000";
    /// How many there are.
    Count(u32), "a whole number from 0 up", 0..=u32::MAX, like "2";
    /// How many times in a row.
    Threshold(u32), "a whole number from 1 up", 1..=u32::MAX, like "3";
}

/// An integer within a range.
fn whole(
    value: &Value<'_>,
    decoder: &mut Decoder<'_>,
    wanted: &str,
    low: i64,
    high: i64,
    example: &str,
) -> Option<i64> {
    let key = decoder.key().to_owned();
    let in_range = |number: &i64| (low..=high).contains(number);
    let DeValue::Integer(number) = value.get_ref() else {
        // `port = "4000"` and `replicas = 2.0` say what they mean.
        let written = match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Float(number) => number.as_str().trim_end_matches('0').trim_end_matches('.').to_owned(),
            _ => String::new(),
        };
        let meant = written.parse().ok().filter(in_range).map(|number: i64| number.to_string());
        let help = format!("write `{key} = {}`", meant.as_deref().unwrap_or(example));
        decoder.wrong_type(value, wanted, help);
        return None;
    };
    let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
    if let Some(number) = number.filter(in_range) {
        return Some(number);
    }
    let written = decoder.written(&value.span());
    decoder.report(
        Diagnostic::error(
            "out-of-range",
            value.span(),
            format!("`{}` is {wanted}, not {written}", decoder.path()),
        )
        .help(format!("write something like `{key} = {example}`")),
    );
    None
}
