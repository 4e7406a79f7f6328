//! The tree.

/// A value and the line it starts on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// 1-based line.
    pub line: u32,
    /// The value itself.
    pub value: Value,
    /// A YAML tag, such as `!reset`.
    pub tag: Option<Box<str>>,
}

/// What a value is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, as it is written.
    Number(Box<str>),
    /// A text.
    Text(Box<str>),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Map(Vec<Entry>),
}

/// A key of a table with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// 1-based line of the key.
    pub line: u32,
    /// The value.
    pub node: Node,
}

impl Node {
    /// A value on a line.
    pub fn new(line: u32, value: Value) -> Self {
        Self { line, value, tag: None }
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| &*entry.key == key).map(|entry| &entry.node)
    }

    /// The value under a path of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, number or truth value as it is written.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// The truth value, when it is one.
    pub fn bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A number, or a text that is one.
    pub fn integer(&self) -> Option<i64> {
        match &self.value {
            Value::Number(text) | Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a table; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The texts of a list, or the one text.
    pub fn texts(&self) -> Vec<&str> {
        match &self.value {
            Value::Text(text) => vec![text],
            Value::List(items) => items.iter().filter_map(Node::text).collect(),
            _ => Vec::new(),
        }
    }

    /// It is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    /// It is a table.
    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// It is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
}
