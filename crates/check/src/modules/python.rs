//! Imports and definitions of Python.

use super::lexer::{Kind, Token};
use super::unit::{Definition, Import, Names, Unit, hash};

/// Reads them from the tokens of a file.
pub(super) fn read(source: &str, tokens: &[Token], unit: &mut Unit) {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(source));
    let is_line_start =
        |at: usize| at == 0 || tokens[at - 1].line != tokens[at].line || matches!(text(at - 1), ";" | ":");
    // Columns of the `try:` and `if TYPE_CHECKING:` that are open.
    let mut guards: Vec<(u32, bool)> = Vec::new();
    let mut last_decorated = 0_u32;
    for at in 0..tokens.len() {
        let token = &tokens[at];
        count(source, token, unit);
        if token.kind == Kind::Sign && text(at) == "@" && is_line_start(at) && token.column == 0 {
            last_decorated = token.line;
        }
        if token.kind != Kind::Word || !is_line_start(at) {
            continue;
        }
        if at == 0 || tokens[at - 1].line != token.line {
            while guards.last().is_some_and(|(column, _)| token.column <= *column) {
                guards.pop();
            }
        }
        match text(at) {
            "try" | "except" => guards.push((token.column, false)),
            "if" if text(at + 1) == "TYPE_CHECKING" || text(at + 3) == "TYPE_CHECKING" => {
                guards.push((token.column, true));
            }
            "if" if text(at + 1) == "__name__" => unit.is_program = true,
            "import" => imports(source, tokens, at, &guards, unit),
            "from" => from(source, tokens, at, &guards, unit),
            "def" | "class" if token.column == 0 => define(tokens, at, text(at + 1), last_decorated, unit),
            "async" if token.column == 0 && text(at + 1) == "def" => {
                define(tokens, at, text(at + 2), last_decorated, unit);
            }
            _ => {}
        }
    }
    unit.is_program |= source.starts_with("#!");
    let computed = ["import_module(", "__import__(", "pkgutil.", "load_source(", "exec_module("];
    if computed.iter().any(|call| source.contains(call)) {
        unit.dynamic.push(String::new());
    }
}

/// A name, or the words of a text: `getattr`, configuration and templates name things in texts.
fn count(source: &str, token: &Token, unit: &mut Unit) {
    match token.kind {
        Kind::Word => *unit.names.entry(hash(token.text(source))).or_insert(0) += 1,
        Kind::Text => {
            let words = token.inner(source).split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            for word in words.filter(|word| word.len() > 2) {
                *unit.names.entry(hash(word)).or_insert(0) += 1;
            }
        }
        _ => {}
    }
}

fn define(tokens: &[Token], at: usize, name: &str, last_decorated: u32, unit: &mut Unit) {
    let line = tokens[at].line;
    // A decorator of several lines ends right above as well.
    let is_decorated = last_decorated > 0
        && tokens[..at].iter().rev().take_while(|token| token.line >= last_decorated).all(|token| {
            token.line == last_decorated || token.column > 0 || tokens[at].line - token.line < 2
        });
    unit.definitions.push(Definition { name: name.to_owned(), line, is_decorated });
}

/// Dotted names from here: the name, and where it ends.
fn dotted(source: &str, tokens: &[Token], mut at: usize) -> (String, usize) {
    let mut name = String::new();
    let Some(line) = tokens.get(at).map(|token| token.line) else { return (name, at) };
    while let Some(token) = tokens.get(at).filter(|token| token.line == line) {
        let text = token.text(source);
        let is_part = match token.kind {
            Kind::Sign => text == ".",
            Kind::Word => text != "import" && text != "as" && (name.is_empty() || name.ends_with('.')),
            _ => false,
        };
        if !is_part {
            break;
        }
        name.push_str(text);
        at += 1;
    }
    (name, at)
}

fn add(unit: &mut Unit, specifier: String, line: u32, names: Names, guards: &[(u32, bool)]) {
    if specifier.is_empty() {
        return;
    }
    let is_type = guards.iter().any(|(_, is_type)| *is_type);
    unit.imports.push(Import { specifier, line, names, is_type, is_optional: !guards.is_empty() });
}

fn imports(source: &str, tokens: &[Token], start: usize, guards: &[(u32, bool)], unit: &mut Unit) {
    let mut at = start + 1;
    let line = tokens[start].line;
    loop {
        let (name, end) = dotted(source, tokens, at);
        add(unit, name, line, Names::All, guards);
        at = end;
        if tokens.get(at).is_some_and(|token| token.text(source) == "as") {
            at += 2;
        }
        if tokens.get(at).is_none_or(|token| token.text(source) != "," || token.line != line) {
            break;
        }
        at += 1;
    }
}

fn from(source: &str, tokens: &[Token], start: usize, guards: &[(u32, bool)], unit: &mut Unit) {
    let (module, mut at) = dotted(source, tokens, start + 1);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(source));
    if text(at) != "import" {
        return;
    }
    at += 1;
    let is_open = text(at) == "(";
    at += usize::from(is_open);
    let line = tokens[start].line;
    let mut names = Vec::new();
    while let Some(token) = tokens.get(at) {
        if token.text(source) == "\\" {
            at += 1;
            continue;
        }
        let is_continued = at > 0 && text(at - 1) == "\\";
        if !is_open && token.line != line && !is_continued && names.is_empty() | (text(at - 1) != ",") {
            break;
        }
        match (token.kind, token.text(source)) {
            (Kind::Word, "as") => at += 1,
            (Kind::Word, name) => names.push(name.to_owned()),
            (Kind::Sign, "*") => {
                add(unit, module, line, Names::All, guards);
                return;
            }
            (Kind::Sign, ",") => {}
            _ => break,
        }
        at += 1;
    }
    add(unit, module, line, Names::Some(names), guards);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_import_is_seen() {
        let source = "import os, app.db as db\nfrom . import models\nfrom ..core.x import (\n    a,\n    b as c,\n)\n\
                      from y import *\ntry:\n    import ujson\nexcept ImportError:\n    import json\nimport late\n\
                      if TYPE_CHECKING:\n    from t import T\ndef f():\n    import inner\nx = \"import no\"\nfrom z import q, \\\n    r\nprint(q)\n";
        let unit = Unit::read("app/m.py", source).unwrap();
        let seen: Vec<(&str, u32, bool)> = unit
            .imports
            .iter()
            .map(|import| (import.specifier.as_str(), import.line, import.is_optional))
            .collect();
        assert_eq!(
            seen,
            [
                ("os", 1, false),
                ("app.db", 1, false),
                (".", 2, false),
                ("..core.x", 3, false),
                ("y", 7, false),
                ("ujson", 9, true),
                ("json", 11, true),
                ("late", 12, false),
                ("t", 14, true),
                ("inner", 16, false),
                ("z", 18, false),
            ]
        );
        assert_eq!(unit.imports[3].names, Names::Some(vec!["a".into(), "b".into()]));
        assert_eq!(unit.imports[10].names, Names::Some(vec!["q".into(), "r".into()]));
    }

    #[test]
    fn definitions_know_their_decorators() {
        let source = "@app.get('/')\nasync def a():\n    pass\n\n\ndef b():\n    pass\n\nclass C:\n    def m(self): ...\n";
        let unit = Unit::read("app/m.py", source).unwrap();
        let seen: Vec<(&str, bool)> = unit
            .definitions
            .iter()
            .map(|definition| (definition.name.as_str(), definition.is_decorated))
            .collect();
        assert_eq!(seen, [("a", true), ("b", false), ("C", false)]);
    }
}
