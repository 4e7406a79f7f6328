//! HCL, as `terraform fmt` would leave it.
//!
//! Blocks are built with [`block`] and [`Body`], expressions parsed from their text ([`expression`]), so that a wrong one
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
    Attribute { key: String, value: Expression, comment: Option<String> },
    Block { words: Vec<String>, body: Body, comment: Option<String> },
}

impl Body {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `key = "text"`; nothing in the text is an expression.
    #[must_use]
    pub fn text(self, key: &str, text: &str) -> Self {
        self.push(key, Expression::from(text))
    }

    /// Adds `key = 5`.
    #[must_use]
    pub fn number(self, key: &str, number: impl Into<i64>) -> Self {
        self.push(key, Expression::from(number.into()))
    }

    /// Adds `key = true`.
    #[must_use]
    pub fn flag(self, key: &str, value: bool) -> Self {
        self.push(key, Expression::from(value))
    }

    /// Adds `key = EXPRESSION`, such as `var.region`, `[aws_subnet.a.id]` or `"${var.name}-db"`.
    ///
    /// # Panics
    /// When the text is no expression: it is ours, so the tests of the target find it.
    #[must_use]
    pub fn expression(self, key: &str, text: &str) -> Self {
        self.push(key, expression(text))
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

    fn push(mut self, key: &str, value: Expression) -> Self {
        self.items.push(Entry::Attribute { key: key.to_owned(), value, comment: None });
        self
    }

    /// Prints it as a file.
    pub fn print(&self) -> String {
        self.structure(0).to_string()
    }

    fn structure(&self, depth: usize) -> Structure {
        let indent = "  ".repeat(depth);
        let mut body = Structure::new();
        for (index, entry) in self.items.iter().enumerate() {
            // Blocks stand apart from what is before them, and what follows a block from it.
            let previous = index.checked_sub(1).map(|before| &self.items[before]);
            let apart = previous.is_some_and(|before| {
                matches!((before, entry), (Entry::Block { .. }, _) | (_, Entry::Block { .. }))
            });
            let gap = if apart { "\n" } else { "" };
            let lead = |comment: &Option<String>| {
                let lines: Vec<_> = comment.iter().flat_map(|text| text.lines()).collect();
                let comment: Vec<_> = lines.iter().map(|line| format!("{indent}# {line}\n")).collect();
                format!("{gap}{}{indent}", comment.concat())
            };
            match entry {
                Entry::Attribute { key, value, comment } => {
                    let mut attribute = Attribute::new(Ident::new(key), value.clone());
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

    /// The width that the `=` of an attribute is aligned to: that of its neighbours of one line each, as
    /// `terraform fmt` does it.
    fn width_around(&self, index: usize) -> usize {
        let is_single = |index: usize| match self.items.get(index) {
            Some(Entry::Attribute { value, .. }) => !value.to_string().contains('\n'),
            _ => false,
        };
        let has_comment =
            |index: usize| matches!(self.items.get(index), Some(Entry::Attribute { comment: Some(_), .. }));
        if !is_single(index) {
            return self.key_length(index);
        }
        let mut first = index;
        while first > 0 && !has_comment(first) && is_single(first - 1) {
            first -= 1;
        }
        let mut last = index;
        while is_single(last + 1) && !has_comment(last + 1) {
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
}
