//! Values that are written as a text and mean more: one trait says how each is read, described and repaired.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::decode::{Decode, Decoder, Value, quoted};
use super::{Diagnostic, Span};

/// Why a text was refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// A stable code.
    pub(crate) code: &'static str,
    /// What is wrong, without saying where.
    pub(crate) message: String,
    /// What could be written instead.
    pub(crate) instead: Instead,
    /// Why it matters.
    pub(crate) note: Option<String>,
}

/// What could be written instead of a refused text.
#[derive(Debug)]
pub(crate) enum Instead {
    /// Nothing better than an example.
    Example,
    /// This text.
    Text(String),
    /// This advice.
    Advice(String),
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), instead: Instead::Example, note: None }
    }

    pub(crate) fn instead(mut self, text: impl Into<Option<String>>) -> Self {
        if let Some(text) = text.into() {
            self.instead = Instead::Text(text);
        }
        self
    }

    pub(crate) fn advice(mut self, advice: impl Into<Option<String>>) -> Self {
        if let Some(advice) = advice.into() {
            self.instead = Instead::Advice(advice);
        }
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(crate) fn into_diagnostic<T: Text>(self, span: Span, decoder: &Decoder<'_>) -> Diagnostic {
        let help = match self.instead {
            Instead::Text(text) => format!("write {}", quoted(&text)),
            Instead::Advice(advice) => advice,
            Instead::Example => format!("write it like {}", T::EXAMPLE),
        };
        Diagnostic::error(self.code, span, format!("`{}`: {}", decoder.path(), self.message))
            .note(self.note)
            .help(help)
    }
}

/// A value that is written as a text.
pub(crate) trait Text: Sized {
    /// What it is, with its article: `a duration`.
    const WANTED: &'static str;
    /// How one is written, with its quotes: `"30s"`.
    const EXAMPLE: &'static str;
    /// Whether a number may be written without quotes.
    const NUMBER: bool = false;
    /// Whether `true` and `false` may be written without quotes.
    const BOOLEAN: bool = false;

    /// Reads it.
    fn read(text: &str) -> Result<Self, Refusal>;

    /// What its JSON Schema says beyond its type.
    fn constraints() -> Json {
        json!({ "minLength": 1 })
    }

    /// Its JSON Schema.
    fn schema() -> schemars::Schema {
        let mut types = vec!["string"];
        types.extend(Self::NUMBER.then_some("number"));
        types.extend(Self::BOOLEAN.then_some("boolean"));
        let mut schema = schemars::json_schema!({ "type": types });
        if let [only] = types[..] {
            schema.insert("type".to_owned(), only.into());
        }
        if let Json::Object(constraints) = Self::constraints() {
            for (key, value) in constraints {
                schema.insert(key, value);
            }
        }
        schema
    }

    /// Looks at a text that was read, in place: a template has places of its own.
    fn inspect(&self, _value: &Value<'_>, _decoder: &mut Decoder<'_>) {}
}

impl<T: Text + schemars::JsonSchema> Decode for T {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref().to_owned(),
            DeValue::Integer(number) if T::NUMBER => number.to_string(),
            DeValue::Float(number) if T::NUMBER => number.as_str().to_owned(),
            DeValue::Boolean(flag) if T::BOOLEAN => flag.to_string(),
            other => {
                let help = repair::<T>(other, decoder.written(&value.span()))
                    .map_or_else(|| T::EXAMPLE.to_owned(), |text| quoted(&text));
                let key = decoder.key().to_owned();
                decoder.wrong_type(value, T::WANTED, format!("write `{key} = {help}`"));
                return None;
            }
        };
        match T::read(&text) {
            Ok(read) => {
                read.inspect(value, decoder);
                Some(read)
            }
            Err(refusal) => {
                let diagnostic = refusal.into_diagnostic::<T>(value.span(), decoder);
                decoder.report(diagnostic);
                None
            }
        }
    }
}

/// The text that a value of another type was probably meant to be.
fn repair<T: Text>(value: &DeValue<'_>, written: &str) -> Option<String> {
    let text = match value {
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => written.to_owned(),
        // A command as a list of words, as Docker wants it.
        DeValue::Array(items) => {
            items.iter().map(|item| item.get_ref().as_str()).collect::<Option<Vec<_>>>()?.join(" ")
        }
        DeValue::String(_) | DeValue::Boolean(_) | DeValue::Table(_) => return None,
    };
    match T::read(&text) {
        Ok(_) => Some(text),
        Err(Refusal { instead: Instead::Text(text), .. }) => Some(text),
        Err(_) => None,
    }
}

/// A text that must be one of a few words.
pub(crate) trait Words: Sized + Copy + 'static {
    /// What it is, with its article: `an engine`.
    const WHAT: &'static str;
    /// The words and what they mean.
    const WORDS: &'static [(&'static str, Self)];

    /// What others call them.
    const ALSO: &'static [(&'static str, &'static str)];

    /// Reads one of the words.
    fn read_word(text: &str) -> Result<Self, Refusal> {
        Self::WORDS.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
            let words = Self::WORDS.iter().map(|(word, _)| *word);
            let other = Self::ALSO.iter().find(|(also, _)| *also == text).map(|(_, word)| *word);
            let near = other.or_else(|| super::suggest::nearest(text, words.clone()));
            let known = super::suggest::list(words);
            let refusal = Refusal::new("unknown-word", format!("`{text}` is not {}", Self::WHAT));
            match near {
                Some(near) => refusal.instead(near.to_owned()).note(format!("known are {known}")),
                None => refusal.advice(format!("write one of {known}")),
            }
        })
    }
}

/// Gives each type the schema that its [`Text`] describes.
macro_rules! text_schema {
    ($($type:ty as $name:ident),+ $(,)?) => {$(
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$type as $crate::config::text::Text>::schema()
            }
        }
    )+};
}
pub(crate) use text_schema;

/// Defines a text with a type of its own, refused or normalised by a function.
macro_rules! text {
    (
        $(#[doc = $doc:literal])+
        pub struct $type:ident, $wanted:literal, like $example:literal, read by $read:path $(, $key:ident = $value:expr)*
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$type> for String {
            fn from(text: $type) -> Self {
                text.0
            }
        }

        impl $crate::config::text::Text for $type {
            const WANTED: &'static str = $wanted;
            const EXAMPLE: &'static str = $example;

            fn read(text: &str) -> Result<Self, $crate::config::text::Refusal> {
                $read(text).map(Self)
            }

            fn constraints() -> serde_json::Value {
                #[allow(unused_mut, reason = "not every text has more to say")]
                let mut constraints = serde_json::json!({
                    "minLength": 1,
                    "description": $crate::config::table::documentation(&[$($doc),+]),
                });
                $(constraints[$crate::config::table::key(stringify!($key))] = $value.into();)*
                constraints
            }
        }

        $crate::config::text::text_schema!($type as $type);
    };
}
pub(crate) use text;

/// Refuses an empty text.
pub(crate) fn not_empty(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        Err(Refusal::new("empty-value", "nothing is written")
            .advice(Some("write a value, or delete the line".to_owned())))
    } else {
        Ok(text.to_owned())
    }
}
