//! How a release takes over: one word, or a table that says more.
//!
//! A table names its strategy by `type = "rolling"` or `type = "blue-green"`, the key that a resource has too;
//! `canary` needs no `type`, for its list of steps says it. A key such as `blue-green = true` would have
//! no meaning for `false`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder, Value};
use super::table::table;
use super::text::Text;
use super::words::StrategyWord;
use super::{Diagnostic, Located};
use crate::Strategy;
use crate::quantity::{Duration, Percent};

table! {
    /// A strategy with all that can be said about it: either `type` or `canary`.
    pub struct StrategyConfig {
        /// `rolling` or `blue-green`.
        r#type: StrategyWord,
        /// The shares of traffic that the new release gets, one after another; the last is `100%`.
        canary: Vec<Located<Percent>>,
        /// How long the old release stays warm, ready to take over again.
        watch: Duration,
    }
}

impl Decode for Strategy {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if value.get_ref().as_str() == Some("canary") {
            let message = format!("`{}`: a canary needs its steps", decoder.path());
            let help = format!("write `{} = {{ canary = [\"10%\", \"50%\", \"100%\"] }}`", decoder.key());
            decoder.report(Diagnostic::error("missing-key", value.span(), message).help(help));
            return None;
        }
        if value.get_ref().is_str() {
            return StrategyWord::decode(value, decoder).map(|word| match word {
                StrategyWord::Rolling => Self::Rolling,
                StrategyWord::BlueGreen => Self::BlueGreen { watch: None },
            });
        }
        if !value.get_ref().is_table() {
            let help = format!("write `{} = {}`", decoder.key(), StrategyWord::EXAMPLE);
            decoder.wrong_type(value, "a word or a table", help);
            return None;
        }
        let known = decoder.count();
        let config = StrategyConfig::decode(value, decoder)?;
        let watch = config.watch.as_ref().map(|watch| watch.value);
        match (config.canary, config.r#type) {
            // With a step missing, what is left would be judged for what it is not.
            (Some(_), None) if decoder.count() > known => None,
            (Some(steps), None) => {
                Some(Self::Canary { steps: steps.value.into_iter().map(|step| step.value).collect(), watch })
            }
            (None, Some(Located { value: StrategyWord::BlueGreen, .. })) => Some(Self::BlueGreen { watch }),
            (None, Some(Located { value: StrategyWord::Rolling, span })) => {
                if let Some(watch) = config.watch {
                    let message = format!("`{}`: nothing stays warm in a rolling release", decoder.path());
                    decoder.report(
                        Diagnostic::error("conflicting-keys", watch.span, message)
                            .and(span, "replaces instance by instance")
                            .help("delete `watch`, or write `type = \"blue-green\"`".to_owned()),
                    );
                }
                Some(Self::Rolling)
            }
            (Some(steps), Some(r#type)) => {
                let message = format!("`{}` names two strategies", decoder.path());
                decoder.report(
                    Diagnostic::error("conflicting-keys", r#type.span, message)
                        .and(steps.span, "this makes it a canary")
                        .help("keep `type` or `canary`".to_owned()),
                );
                None
            }
            (None, None) => {
                if decoder.count() == known {
                    let message = format!("`{}` does not say which strategy it is", decoder.path());
                    decoder
                        .report(Diagnostic::error("missing-key", value.span(), message).help(
                            "add `type = \"blue-green\"` or `canary = [\"10%\", \"100%\"]`".to_owned(),
                        ));
                }
                None
            }
        }
    }
}

impl JsonSchema for Strategy {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Strategy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<StrategyWord>(),
                generator.subschema_for::<StrategyConfig>(),
            ],
        })
    }
}
