//! HCL, as `terraform fmt` would leave it.
//!
//! Files are built from [`Body`] and [`Value`], expressions parsed from their text ([`expression`]), so that a wrong one
//! fails where it is made and not in the user's terminal.

use hcl_edit::Decorate as _;
use hcl_edit::Ident;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body as Structure, Structure as Item};

/// What stands between the braces of a block, or in a file.
#[derive(Clone, Debug, Default)]
pub struct Body {
    items: Vec<Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Attribute { key: String, value: Value, comment: Option<String> },
    Block { words: Vec<String>, body: Body, comment: Option<String> },
}

/// What stands behind an `=`: more than one line of it is laid out here.
#[derive(Clone, Debug)]
pub enum Value {
    /// An expression of one line.
    Plain(Expression),
    /// `{ ... }`, one line for each entry. Its body has attributes only.
    Object(Body),
    /// `[ ... ]`, one line for each item.
    List(Vec<Value>),
    /// `NAME(ARGUMENT)`.
    Call(&'static str, Box<Value>),
}

impl Value {
    /// An expression, as [`Body::expression`] takes it.
    ///
    /// # Panics
    /// When the text is no expression.
    pub fn expression(text: &str) -> Self {
        Self::Plain(expression(text))
    }

    /// A text in which nothing is an expression.
    pub fn text(text: &str) -> Self {
        Self::expression(&quote(&escape(text)))
    }

    /// A function of this value.
    #[must_use]
    pub fn call(self, function: &'static str) -> Self {
        Self::Call(function, Box::new(self))
    }

    fn print(&self, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        match self {
            Self::Plain(expression) => expression.to_string().trim().to_owned(),
            Self::Object(body) if body.is_empty() => "{}".to_owned(),
            Self::Object(body) => format!("{{\n{}{indent}}}", body.structure(depth + 1)),
            Self::List(items) if items.is_empty() => "[]".to_owned(),
            Self::List(items) => {
                let lines: Vec<_> =
                    items.iter().map(|item| format!("{indent}  {},\n", item.print(depth + 1))).collect();
                format!("[\n{}{indent}]", lines.concat())
            }
            Self::Call(function, value) => format!("{function}({})", value.print(depth)),
        }
    }
}

impl Body {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `key = "text"`; nothing in the text is an expression.
    #[must_use]
    pub fn text(self, key: &str, text: &str) -> Self {
        self.value(key, Value::text(text))
    }

    /// Adds `key = 5`.
    #[must_use]
    pub fn number(self, key: &str, number: impl Into<i64>) -> Self {
        self.value(key, Value::Plain(Expression::from(number.into())))
    }

    /// Adds `key = true`.
    #[must_use]
    pub fn flag(self, key: &str, value: bool) -> Self {
        self.value(key, Value::Plain(Expression::from(value)))
    }

    /// Adds `key = EXPRESSION`, such as `var.region`, `[aws_subnet.a.id]` or `"${var.name}-db"`.
    ///
    /// # Panics
    /// When the text is no expression: it is ours, so the tests of the target find it.
    #[must_use]
    pub fn expression(self, key: &str, text: &str) -> Self {
        self.value(key, Value::expression(text))
    }

    /// Adds `key = VALUE`.
    #[must_use]
    pub fn value(mut self, key: &str, value: Value) -> Self {
        self.items.push(Entry::Attribute { key: key.to_owned(), value, comment: None });
        self
    }

    /// Adds `key = { ... }`, one line for each entry.
    #[must_use]
    pub fn object(self, key: &str, body: Body) -> Self {
        self.value(key, Value::Object(body))
    }

    /// Adds `key = [ ... ]`, one line for each item.
    #[must_use]
    pub fn list(self, key: &str, items: impl IntoIterator<Item = Value>) -> Self {
        self.value(key, Value::List(items.into_iter().collect()))
    }

    /// Adds a block: `words` are its type and its labels.
    #[must_use]
    pub fn block(mut self, words: &[&str], body: Body) -> Self {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.items.push(Entry::Block { words, body, comment: None });
        self
    }

    /// Puts a comment above what was added last.
    #[must_use]
    pub fn comment(mut self, text: &str) -> Self {
        if let Some(Entry::Attribute { comment, .. } | Entry::Block { comment, .. }) = self.items.last_mut() {
            *comment = Some(text.to_owned());
        }
        self
    }

    /// Adds all of another one.
    #[must_use]
    pub fn append(mut self, other: Body) -> Self {
        self.items.extend(other.items);
        self
    }

    /// Nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Prints it as a file.
    pub fn print(&self) -> String {
        self.structure(0).to_string()
    }

    fn structure(&self, depth: usize) -> Structure {
        let indent = "  ".repeat(depth);
        let mut body = Structure::new();
        for (index, entry) in self.items.iter().enumerate() {
            let gap = if self.is_apart(index) { "\n" } else { "" };
            let lead = |comment: &Option<String>| {
                let lines: Vec<_> = comment.iter().flat_map(|text| text.lines()).collect();
                let comment: Vec<_> = lines.iter().map(|line| format!("{indent}# {line}\n")).collect();
                format!("{gap}{}{indent}", comment.concat())
            };
            match entry {
                Entry::Attribute { key, value, comment } => {
                    let value = expression(&value.print(depth));
                    let mut attribute = Attribute::new(Ident::new(key), value);
                    attribute.decor_mut().set_prefix(lead(comment));
                    let width = self.width_around(index);
                    attribute.key.decor_mut().set_suffix(" ".repeat(width - key.len() + 1));
                    attribute.value.decor_mut().set_prefix(" ");
                    body.push(Item::Attribute(attribute));
                }
                Entry::Block { words, body: inner, comment } => {
                    let kind = words.first().map_or("block", String::as_str);
                    let mut block = Block::builder(Ident::new(kind))
                        .labels(words.iter().skip(1).map(String::as_str))
                        .build();
                    block.body = inner.structure(depth + 1);
                    block.body.set_prefer_omit_trailing_newline(false);
                    block.decor_mut().set_prefix(lead(comment));
                    if inner.is_empty() {
                        block.body.set_prefer_oneline(true);
                    } else {
                        block.body.decor_mut().set_suffix(indent.as_str());
                    }
                    body.push(Item::Block(block));
                }
            }
        }
        body
    }

    /// A blank line stands before this entry: blocks stand apart from what is around them, and what says how many there
    /// are of a block from the rest of it.
    fn is_apart(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1).map(|before| &self.items[before]) else { return false };
        match (before, &self.items[index]) {
            (Entry::Block { .. }, _) | (_, Entry::Block { .. }) => true,
            (Entry::Attribute { key, .. }, _) => matches!(key.as_str(), "count" | "for_each"),
        }
    }

    /// The width that the `=` of an attribute is aligned to: that of its neighbours of one line each, as
    /// `terraform fmt` does it.
    fn width_around(&self, index: usize) -> usize {
        let is_single = |index: usize| match self.items.get(index) {
            Some(Entry::Attribute { value, .. }) => !value.print(0).contains('\n'),
            _ => false,
        };
        let begins = |index: usize| {
            self.is_apart(index)
                || matches!(self.items.get(index), Some(Entry::Attribute { comment: Some(_), .. }))
        };
        if !is_single(index) {
            return self.key_length(index);
        }
        let mut first = index;
        while first > 0 && !begins(first) && is_single(first - 1) {
            first -= 1;
        }
        let mut last = index;
        while is_single(last + 1) && !begins(last + 1) {
            last += 1;
        }
        (first..=last).map(|index| self.key_length(index)).max().unwrap_or_default()
    }

    fn key_length(&self, index: usize) -> usize {
        match self.items.get(index) {
            Some(Entry::Attribute { key, .. }) => key.len(),
            _ => 0,
        }
    }
}

/// A text as it stands between the quotes of a string: nothing in it is an expression.
pub fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t")
        .replace("${", "$${")
        .replace("%{", "%%{")
}

/// A string whose parts are escaped texts and `${...}`; where it is one expression and nothing else, that.
pub fn quote(template: &str) -> String {
    let inner = template.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match inner {
        Some(inner) if !inner.contains("${") && !inner.contains('}') => inner.to_owned(),
        _ => format!("\"{template}\""),
    }
}

/// Reads an expression.
///
/// # Panics
/// When the text is none.
pub fn expression(text: &str) -> Expression {
    match text.parse() {
        Ok(expression) => expression,
        Err(error) => panic!("`{text}` is no HCL expression: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_as_terraform_fmt_leaves_it() {
        let body = Body::new()
            .block(
                &["terraform"],
                Body::new().text("required_version", ">= 1.9").block(&["backend", "s3"], Body::new()),
            )
            .block(
                &["resource", "aws_instance", "web"],
                Body::new()
                    .expression("ami", "var.ami")
                    .text("instance_type", "t3.micro ${x} \"q\"")
                    .flag("monitoring", true)
                    .expression("tags", "{\n    Name = \"web\"\n  }")
                    .number("count", 2)
                    .comment("two of them")
                    .block(&["root_block_device"], Body::new().flag("encrypted", true)),
            );
        insta::assert_snapshot!(body.print());
    }

    #[test]
    fn values_of_many_lines_are_laid_out() {
        let entry = |name: &str| Value::Object(Body::new().text("name", name).number("a_number", 1));
        let body = Body::new().block(
            &["resource", "aws_ecs_task_definition", "api"],
            Body::new()
                .expression("count", "local.n")
                .text("family", "api")
                .value("container_definitions", Value::List(vec![entry("a"), entry("b")]).call("jsonencode"))
                .object("tags", Body::new().text("Name", "x").object("inner", Body::new().flag("deep", true)))
                .list("empty", [])
                .list("names", [Value::text("a"), Value::expression("var.b")]),
        );
        insta::assert_snapshot!(body.print());
    }

    #[test]
    fn texts_are_no_expressions() {
        let body = Body::new().text("a", "${x} %{if} \\ \"q\"\n$").expression("b", &quote("${var.x}"));
        assert_eq!(body.print(), "a = \"$${x} %%{if} \\\\ \\\"q\\\"\\n$\"\nb = var.x\n");
        assert_eq!(quote("${a}-${b}"), "\"${a}-${b}\"");
    }
}
