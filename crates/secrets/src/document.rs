//! Names and values as a text: a dotenv file or a TOML document, with the comments that people wrote.
//!
//! A text is TOML when it is a document of nothing but strings and reads differently as dotenv; else it is dotenv. What
//! we write ourselves means the same in both. Unlike in the `.env` files of development nothing is put in for `${NAME}`
//! or `$NAME`: passwords hold dollars.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use toml_edit::{DocumentMut, Item, Value};

use crate::{Error, SecretName, value};

/// A text with secrets.
pub struct Document {
    text: Zeroizing<String>,
    form: Form,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Dotenv,
    Toml,
}

struct Entry {
    name: SecretName,
    value: SecretString,
    /// Its lines in the text; nothing for TOML.
    span: Range<usize>,
}

/// Why a text was refused: the line, and what is wrong with it.
type Wrong = (Option<usize>, &'static str);

impl Default for Document {
    fn default() -> Self {
        Self { text: Zeroizing::default(), form: Form::Dotenv, entries: Vec::new() }
    }
}

impl Document {
    /// Reads a text; `path` is for errors, which hold nothing of the text.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        Self::read(text).map_err(|(line, what)| Error::Content { path: path.to_owned(), line, what })
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let dotenv = dotenv(text);
        let toml = toml(text);
        let (form, entries) = match (dotenv, toml) {
            (Ok(dotenv), Some(toml)) if !same(&dotenv, &toml) => (Form::Toml, toml),
            (Ok(dotenv), _) => (Form::Dotenv, dotenv),
            (Err(_), Some(toml)) => (Form::Toml, toml),
            (Err(wrong), None) => return Err(wrong),
        };
        Ok(Self { text: Zeroizing::new(text.to_owned()), form, entries })
    }

    /// The whole text, in clear.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of a secret; of several, the last. An empty one counts as absent: it stands for one to be filled in.
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        let mut entries = self.entries.iter().rev();
        entries
            .find(|entry| entry.name.as_str() == name)
            .map(|entry| &entry.value)
            .filter(|value| !value.expose_secret().is_empty())
    }

    /// Every secret, by name.
    pub fn all(&self) -> BTreeMap<&SecretName, &SecretString> {
        let entries = self.entries.iter().map(|entry| (&entry.name, &entry.value));
        entries.filter(|(_, value)| !value.expose_secret().is_empty()).collect()
    }

    /// Sets a secret: in the place that it has, else in the order of the names, so that texts of two people differ little.
    pub fn set(&mut self, name: &SecretName, secret: &SecretString) {
        if self.get(name.as_str()).is_some_and(|known| known.expose_secret() == secret.expose_secret()) {
            return;
        }
        let text = match self.form {
            Form::Toml => with_toml(&self.text, |document| {
                document[name.as_str()] = toml_edit::value(secret.expose_secret());
            }),
            Form::Dotenv => self.with_line(name, &line(name, secret.expose_secret())),
        };
        self.become_text(text);
    }

    /// Takes out a secret; false when there is none.
    pub fn remove(&mut self, name: &str) -> bool {
        if !self.entries.iter().any(|entry| entry.name.as_str() == name) {
            return false;
        }
        let text = match self.form {
            Form::Toml => with_toml(&self.text, |document| {
                document.remove(name);
            }),
            Form::Dotenv => self.without(name),
        };
        self.become_text(text);
        true
    }

    /// Does to this document what led from `before` to `after`.
    pub fn merge(&mut self, before: &Self, after: &Self) {
        let (old, new) = (before.all(), after.all());
        for (name, value) in &new {
            if old.get(name).is_none_or(|known| known.expose_secret() != value.expose_secret()) {
                self.set(name, value);
            }
        }
        for name in old.keys().filter(|name| !new.contains_key(**name)) {
            self.remove(name.as_str());
        }
    }

    fn without(&self, name: &str) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.text.len()));
        let mut from = 0;
        for entry in self.entries.iter().filter(|entry| entry.name.as_str() == name) {
            text.push_str(&self.text[from..entry.span.start]);
            from = entry.span.end;
        }
        text.push_str(&self.text[from..]);
        text
    }

    fn with_line(&self, name: &SecretName, line: &str) -> Zeroizing<String> {
        let own = |entry: &&Entry| entry.name == *name;
        let place = if let Some(entry) = self.entries.iter().rev().find(own) {
            entry.span.clone()
        } else {
            let next = self.entries.iter().find(|entry| entry.name > *name);
            let is_sorted = self.entries.is_sorted_by(|one, other| one.name <= other.name);
            let at = next.filter(|_| is_sorted).map_or(self.text.len(), |entry| entry.span.start);
            at..at
        };
        let mut text = Zeroizing::new(String::with_capacity(self.text.len() + line.len() + 2));
        text.push_str(&self.text[..place.start]);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        text.push_str(&self.text[place.end..]);
        text
    }

    /// What we wrote reads as what was meant; else (which the tests refute) the form that holds it is kept.
    fn become_text(&mut self, text: Zeroizing<String>) {
        let form = self.form;
        let entries = match form {
            Form::Dotenv => dotenv(&text).unwrap_or_default(),
            Form::Toml => toml(&text).unwrap_or_default(),
        };
        *self = Self { text, form, entries };
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.all().keys()).finish()
    }
}

fn same(one: &[Entry], other: &[Entry]) -> bool {
    let by_name = |entries: &[Entry]| -> BTreeMap<String, SecretString> {
        entries.iter().map(|entry| (entry.name.to_string(), entry.value.clone())).collect()
    };
    let (one, other) = (by_name(one), by_name(other));
    one.len() == other.len()
        && one
            .iter()
            .zip(&other)
            .all(|(one, other)| one.0 == other.0 && one.1.expose_secret() == other.1.expose_secret())
}

/// The entries of a TOML document in which every value is a string.
fn toml(text: &str) -> Option<Vec<Entry>> {
    let document: DocumentMut = text.parse().ok()?;
    let entry = |(name, item): (&str, &Item)| {
        let Item::Value(Value::String(value)) = item else { return None };
        let value = value.value();
        if !is_value(value) {
            return None;
        }
        Some(Entry { name: SecretName::parse(name).ok()?, value: value.as_str().into(), span: 0..0 })
    };
    document.iter().map(entry).collect()
}

fn with_toml(text: &str, change: impl FnOnce(&mut DocumentMut)) -> Zeroizing<String> {
    // What was read as TOML once is TOML.
    let mut document: DocumentMut = text.parse().unwrap_or_default();
    change(&mut document);
    Zeroizing::new(document.to_string())
}

/// An empty value is one to be filled in; every other must be one that a variable can hold.
fn is_value(text: &str) -> bool {
    text.is_empty() || (text.len() <= value::LONGEST && !text.contains('\0'))
}

/// `NAME='value'`, in a form that shells, dotenv readers and TOML understand alike.
fn line(name: &SecretName, value: &str) -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::with_capacity(name.as_str().len() + 2 * value.len() + 4));
    line.extend([name.as_str(), "="]);
    if !value.contains(['\'', '\n', '\r']) {
        line.extend(["'", value, "'"]);
        return line;
    }
    line.push('"');
    for c in value.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '"' | '\\' => line.extend(['\\', c]),
            _ => line.push(c),
        }
    }
    line.push('"');
    line
}

/// The entries of a dotenv text. Stricter than frameworks are: a line that is no assignment would be a secret lost.
fn dotenv(text: &str) -> Result<Vec<Entry>, Wrong> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let number = || Some(1 + text[..at].bytes().filter(|byte| *byte == b'\n').count());
        let start = at;
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        let line = &text[at..end];
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            at = end + 1;
            continue;
        }
        if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
            return Err((number(), "holds two versions that git could not merge"));
        }
        let (name, _) = line.split_once('=').ok_or((number(), "is no `NAME=value`"))?;
        let value_at = at + name.len() + 1;
        let name = name.trim();
        let name = name.strip_prefix("export ").map_or(name, str::trim_start);
        let name = SecretName::parse(name).map_err(|_| (number(), "names no secret before its `=`"))?;
        let value_at = value_at + text[value_at..end].len() - text[value_at..end].trim_start().len();
        let quote = text[value_at..].chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
        let (value, after) = if let Some(quote) = quote {
            let (value, length) =
                quoted(&text[value_at + 1..], quote).ok_or((number(), "has a quote that nothing closes"))?;
            let after = value_at + 1 + length;
            let end = text[after..].find('\n').map_or(text.len(), |length| after + length);
            let rest = text[after..end].trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err((number(), "goes on behind its closing quote"));
            }
            (value, end)
        } else {
            let value = &text[value_at..end];
            let value = if value.starts_with('#') { "" } else { value };
            let comment = value.find(" #").or_else(|| value.find("\t#"));
            (Zeroizing::new(comment.map_or(value, |at| &value[..at]).trim().to_owned()), end)
        };
        if !is_value(&value) {
            return Err((number(), "holds a value that no variable can hold (NUL, or more than 64 KiB)"));
        }
        at = after + 1;
        entries.push(Entry { name, value: value.as_str().into(), span: start..at.min(text.len()) });
    }
    Ok(entries)
}

/// What is between quotes, and its length with the closing one. Only double quotes know escapes.
fn quoted(text: &str, quote: char) -> Option<(Zeroizing<String>, usize)> {
    let mut value = Zeroizing::new(String::with_capacity(text.find(quote)?));
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((value, at + c.len_utf8())),
            '\\' if quote == '"' => match chars.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                other @ ('"' | '\\' | '$') => value.push(other),
                other => value.extend(['\\', other]),
            },
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Document {
        Document::parse(text, Path::new("secrets/production.age")).unwrap()
    }

    fn seen(document: &Document) -> String {
        let all = document.all();
        let all: Vec<String> =
            all.iter().map(|(name, value)| format!("{name}={:?}", value.expose_secret())).collect();
        all.join(" ")
    }

    fn name(text: &str) -> SecretName {
        SecretName::parse(text).unwrap()
    }

    #[test]
    fn dotenv_is_read_and_dollars_stay() {
        let text = "\u{feff}# c\nexport A=1 # no\nB = 'x # ${A}'\nC=\"a\\nb\\$\\q\"\nD=`it's`\nE=\nF=\"two\nlines\" # c\nA=2";
        assert_eq!(seen(&parse(text)), r#"A="2" B="x # ${A}" C="a\nb$\\q" D="it's" F="two\nlines""#);
    }

    #[test]
    fn toml_is_read_where_it_says_something_else() {
        assert_eq!(parse("A = \"\\u0041\"\n").form, Form::Toml);
        assert_eq!(seen(&parse("A = \"\"\"\nx\ny\"\"\"\nB = 'z'\n")), r#"A="x\ny" B="z""#);
        assert_eq!(parse("A='x'\nB=\"y\"\n").form, Form::Dotenv);
        assert_eq!(seen(&parse("PIN=1_000\n")), r#"PIN="1_000""#, "no number");
    }

    #[test]
    fn a_mistake_is_told_by_its_line_alone() {
        for (text, said) in [
            ("A=1\ncanary", "s:2 is no `NAME=value`"),
            ("canary canary=1", "s:1 names no secret before its `=`"),
            ("\n\nA='canary", "s:3 has a quote that nothing closes"),
            ("A='b' canary", "s:1 goes on behind its closing quote"),
            ("A=ca\0nary", "s:1 holds a value that no variable can hold (NUL, or more than 64 KiB)"),
            ("<<<<<<< ours\nA=1\n", "s:1 holds two versions that git could not merge"),
            ("[canary]\nA = \"1\"\n", "s:1 is no `NAME=value`"),
        ] {
            assert_eq!(Document::parse(text, Path::new("s")).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn a_change_leaves_the_rest_as_it_was() {
        let mut document = parse("# ours\nB=old # c\n\nD='d'");
        document.set(&name("C"), &"it's\nnew\\".into());
        document.set(&name("B"), &"b".into());
        document.set(&name("E"), &"e".into());
        assert_eq!(document.text(), "# ours\nB='b'\n\nC=\"it's\\nnew\\\\\"\nD='d'\nE='e'\n");
        assert!(document.remove("C") && !document.remove("C"));
        assert_eq!(document.text(), "# ours\nB='b'\n\nD='d'\nE='e'\n");

        let mut document = parse("# ours\nB = \"\\u0041\" # c\n");
        document.set(&name("A"), &"x".into());
        assert_eq!(
            (document.form, document.text()),
            (Form::Toml, "# ours\nB = \"\\u0041\" # c\nA = \"x\"\n")
        );
        assert!(document.remove("B"));
    }

    #[test]
    fn two_changes_at_once_come_together() {
        let before = parse("A=1\nB=1\nC=1\n");
        let mut now = parse("A=1\nB=1\nC=1\nTHEIRS=1\n");
        now.merge(&before, &parse("A=2\nC=1\nOURS=1\n"));
        assert_eq!(seen(&now), r#"A="2" C="1" OURS="1" THEIRS="1""#);
    }

    #[test]
    fn nothing_of_it_is_shown() {
        assert_eq!(format!("{:?}", parse("A=canary\n")), "{SecretName(\"A\")}");
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_back(values in proptest::collection::btree_map("[A-C_]{1,2}", "[^\0]{1,12}", 1..5), before in "(#[^\n]{0,6}\n|A=x\n|B = \"\\\\u0041\"\n|\n){0,4}") {
            let mut document = parse(&before);
            for (key, value) in &values {
                document.set(&name(key), &value.as_str().into());
            }
            for again in [&document, &parse(document.text())] {
                for (key, value) in &values {
                    prop_assert_eq!(again.get(key).map(ExposeSecret::expose_secret), Some(value.as_str()), "{:?}", document.text());
                }
            }
        }

        #[test]
        fn no_text_panics(text in "([A-Z]|=|\"|'|`|\\\\|\\$|#| |\n|é|\\[|\\]|export |<<<<<<<|\0){0,40}") {
            let _ = Document::parse(&text, Path::new("s"));
        }
    }
}
