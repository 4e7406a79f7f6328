//! Reads values out of a parsed TOML document and reports everything that is wrong with it, not only the first
//! mistake: whatever cannot be read is left out and the rest is read on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::table::Table;
use super::{Config, Diagnostic, Keyed, Located, Span, keys};

/// A value of the parsed document.
pub(crate) type Value<'i> = Spanned<DeValue<'i>>;

/// What can be read out of `seaworthy.toml`.
pub(crate) trait Decode: Sized + JsonSchema {
    /// Reads it; `None` after at least one diagnostic.
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self>;
}

/// A key of a table whose keys are free.
pub(crate) trait DecodeKey: Sized + Ord + JsonSchema {
    /// Reads it; refused after at least one diagnostic. The value is given for hints only.
    fn decode_key(
        text: &str,
        span: Span,
        value: &Value<'_>,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, RefusedKey>;
}

/// What to do about the value of a refused key.
pub(crate) enum RefusedKey {
    /// Read it all the same: its own mistakes are worth knowing now.
    ReadValue,
    /// Leave it: it is not what it looks like.
    SkipValue,
}

/// Where the reading stands, and what it found wrong.
pub(crate) struct Decoder<'t> {
    /// The text that spans refer to.
    pub(crate) text: &'t str,
    path: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Decoder<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, path: Vec::new(), diagnostics: Vec::new() }
    }

    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// How many diagnostics there are, to see later whether more came.
    pub(crate) fn count(&self) -> usize {
        self.diagnostics.len()
    }

    /// The key being read, as it would be written: `services.api.port`.
    pub(crate) fn path(&self) -> String {
        if self.path.is_empty() { "the top level".to_owned() } else { self.path.join(".") }
    }

    /// The last key on the way to what is being read.
    pub(crate) fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Reads something one level down.
    pub(crate) fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(quoted_key(key));
        let value = read(self);
        self.path.pop();
        value
    }

    /// What the text says at these bytes.
    pub(crate) fn written(&self, span: &Span) -> &'t str {
        self.text.get(span.clone()).unwrap_or("")
    }

    /// The value is a table, or that is reported.
    pub(crate) fn table<'v, 'i>(&mut self, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => {
                let path = self.path();
                self.wrong_type(value, "a table", format!("write `[{path}]` with single brackets"));
                None
            }
            _ => {
                let path = self.path();
                let by_name = Config::KEYS.contains(&path.as_str()) && path != "name";
                let name = if by_name { ".NAME" } else { "" };
                let help = format!("write `[{path}{name}]`, and its keys on the lines below");
                self.wrong_type(value, "a table", help);
                None
            }
        }
    }

    /// The table has only these keys, or that is reported.
    pub(crate) fn refuse_unknown_keys(&mut self, table: &DeTable<'_>, known: &[&'static str]) {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) && !is_recovered(&key.span()) {
                let diagnostic = keys::unknown(key.get_ref(), key.span(), &self.path(), known);
                self.report(diagnostic);
            }
        }
    }

    /// Reads the value under a key, if there is one.
    pub(crate) fn field<T: Decode>(&mut self, table: &DeTable<'_>, key: &str) -> Option<Located<T>> {
        let value = table.get(key)?;
        if is_recovered(&value.span()) {
            return None;
        }
        let decoded = self.within(key, |decoder| T::decode(value, decoder))?;
        Some(Located { value: decoded, span: value.span() })
    }

    /// Reports a value of the wrong type.
    pub(crate) fn wrong_type(&mut self, value: &Value<'_>, wanted: &str, help: String) {
        let given = kind_of(value.get_ref());
        let diagnostic = Diagnostic::error(
            "wrong-type",
            value.span(),
            format!("`{}` is {wanted}, not {given}", self.path()),
        );
        self.report(diagnostic.label(format!("this is {given}")).help(help));
    }
}

/// The parser puts an empty value where a syntax error left none; that error is reported already.
fn is_recovered(span: &Span) -> bool {
    span.is_empty()
}

/// The type of a value as a person calls it.
pub(crate) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A key as TOML wants it written.
pub(crate) fn quoted_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

/// A text as a TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl<K: DecodeKey, T: Decode> Decode for BTreeMap<K, Keyed<T>> {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let table = decoder.table(value)?;
        let mut entries = Self::new();
        for (key, value) in table {
            if is_recovered(&key.span()) || is_recovered(&value.span()) {
                continue;
            }
            let name = key.get_ref();
            let known = K::decode_key(name, key.span(), value, decoder);
            if matches!(known, Err(RefusedKey::SkipValue)) {
                continue;
            }
            let read = decoder.within(name, |decoder| T::decode(value, decoder));
            if let (Ok(known), Some(read)) = (known, read) {
                entries.insert(known, Keyed { key: key.span(), span: value.span(), value: read });
            }
        }
        Some(entries)
    }
}

impl<T: Decode> Decode for Vec<Located<T>> {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let DeValue::Array(items) = value.get_ref() else {
            let help = match value.get_ref() {
                DeValue::String(_) | DeValue::Table(_) => {
                    format!("write `{} = [{}]`", decoder.key(), decoder.written(&value.span()))
                }
                _ => format!("write `{} = [...]`", decoder.key()),
            };
            decoder.wrong_type(value, "a list", help);
            return None;
        };
        let read = |item: &Value<'_>| {
            if is_recovered(&item.span()) {
                return None;
            }
            T::decode(item, decoder).map(|value| Located { value, span: item.span() })
        };
        Some(items.iter().filter_map(read).collect())
    }
}

impl Decode for bool {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let DeValue::Boolean(flag) = value.get_ref() else {
            let help = format!("write `{0} = true` or `{0} = false`", decoder.key());
            decoder.wrong_type(value, "true or false", help);
            return None;
        };
        Some(*flag)
    }
}
