//! Data of YAML and JSON files, with the order in which a person expects its keys.

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_saphyr::{Commented, FlowSeq};

/// What a comment begins with while it is printed: from there on [`super::yaml`] knows it from other text.
pub(super) const COMMENT: char = '\u{e000}';

/// A value of a YAML or JSON file. Maps keep the order in which they were made.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A list of few short items, on one line where the format can.
    Flow(Vec<Node>),
    /// A map.
    Map(Vec<(String, Node)>),
    /// A value with a comment on its line; JSON leaves it out.
    Commented(Box<Node>, String),
}

impl Node {
    /// A map of these entries; those without a value are left out.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Option<Node>)>) -> Self {
        Self::Map(entries.into_iter().filter_map(|(key, value)| Some((key.into(), value?))).collect())
    }

    /// A list of these items.
    pub fn list<N: Into<Node>>(items: impl IntoIterator<Item = N>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// A list on one line.
    pub fn flow<N: Into<Node>>(items: impl IntoIterator<Item = N>) -> Self {
        Self::Flow(items.into_iter().map(Into::into).collect())
    }

    /// The same value with a comment on its line.
    #[must_use]
    pub fn comment(self, comment: impl Into<String>) -> Self {
        Self::Commented(Box::new(self), comment.into())
    }

    /// Adds an entry to a map; anything else is left as it is.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Node>) {
        if let Self::Map(entries) = self {
            let key = key.into();
            match entries.iter_mut().find(|(known, _)| *known == key) {
                Some((_, old)) => *old = value.into(),
                None => entries.push((key, value.into())),
            }
        }
    }

    /// Adds an entry to a map, unless its value is empty.
    pub fn set_filled(&mut self, key: impl Into<String>, value: impl Into<Node>) {
        if let Some(value) = value.into().filled() {
            self.set(key, value);
        }
    }

    /// The entry of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Self::Map(entries) => entries.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            Self::Commented(inner, _) => inner.get(key),
            _ => None,
        }
    }

    /// A map, list or text with nothing in it, or nothing at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) | Self::Flow(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Commented(inner, _) => inner.is_empty(),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) => false,
        }
    }

    /// The value, unless it is empty.
    pub fn filled(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Node {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Node {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Node {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u16> for Node {
    fn from(value: u16) -> Self {
        Self::Int(value.into())
    }
}

impl From<u64> for Node {
    fn from(value: u64) -> Self {
        // What does not fit is no number that any of these files could hold.
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<N: Into<Node>> From<Vec<N>> for Node {
    fn from(items: Vec<N>) -> Self {
        Self::list(items)
    }
}

/// Writes data as it will look: `node!({ "kind": "Service", "ports": [80, 443], "labels": labels })`. Keys are literals
/// or parenthesised expressions, values are literals, nested data or expressions that become a [`Node`].
#[macro_export]
macro_rules! node {
    ({ $($key:tt : $value:tt),* $(,)? }) => {
        $crate::print::Node::Map(vec![$(($crate::node!(@key $key), $crate::node!($value))),*])
    };
    ([ $($value:tt),* $(,)? ]) => {
        $crate::print::Node::List(vec![$($crate::node!($value)),*])
    };
    (null) => { $crate::print::Node::Null };
    (@key ($key:expr)) => { ::std::string::String::from($key) };
    (@key $key:literal) => { ::std::string::String::from($key) };
    ($value:expr) => { $crate::print::Node::from($value) };
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Flow(items) => FlowSeq(items).serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Commented(inner, comment) => {
                Commented(inner.as_ref(), format!("{COMMENT}{comment}")).serialize(serializer)
            }
        }
    }
}
