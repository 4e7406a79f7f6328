//! Imports and exports of JavaScript and TypeScript.

use super::lexer::{Kind, Token};
use super::unit::{Export, Import, Names, Unit};

/// Reads them from the tokens of a file.
pub(super) fn read(source: &str, tokens: &[Token], unit: &mut Unit) {
    let reader = Reader { source, tokens };
    let mut at = 0;
    let mut depth = 0_u32;
    let mut tries: Vec<u32> = Vec::new();
    while at < tokens.len() {
        let is_member = at > 0 && reader.is(at - 1, ".");
        match reader.text(at) {
            "{" => {
                depth += 1;
                if at > 0 && reader.is(at - 1, "try") {
                    tries.push(depth);
                }
            }
            "}" => {
                if tries.last() == Some(&depth) {
                    tries.pop();
                }
                depth = depth.saturating_sub(1);
            }
            "import" if !is_member && tokens[at].kind == Kind::Word => {
                reader.import(at, !tries.is_empty(), unit);
            }
            "export" if !is_member && depth == 0 && tokens[at].kind == Kind::Word => reader.export(at, unit),
            "require" if !is_member && reader.is(at + 1, "(") => reader.require(at, !tries.is_empty(), unit),
            "resolve" if is_member && at > 1 && reader.is(at - 2, "require") && reader.is(at + 1, "(") => {
                reader.require(at, true, unit);
            }
            // import.meta.glob('./pages/*.tsx'), require.context('./pages'), new URL('./worker.ts', import.meta.url)
            "glob" | "globEager" | "context" | "URL" if reader.is(at + 1, "(") => reader.files(at, unit),
            "mock" | "doMock" | "importActual" | "requireActual" | "unstable_mockModule"
                if is_member && reader.is(at + 1, "(") =>
            {
                reader.require(at, true, unit);
            }
            "exports" if is_member && at > 1 && reader.is(at - 2, "module") => {
                unit.exports.push(Export {
                    name: "default".to_owned(),
                    line: tokens[at].line,
                    is_type: false,
                    is_passed_on: true,
                });
            }
            _ => {}
        }
        at += 1;
    }
    unit.is_program = source.starts_with("#!") || source.contains("require.main === module");
}

struct Reader<'s> {
    source: &'s str,
    tokens: &'s [Token],
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text(self.source))
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.text(at) == text
    }

    fn line(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(1, |token| token.line)
    }

    /// A fixed text at this place.
    fn fixed(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at)?;
        (token.kind == Kind::Text).then(|| token.inner(self.source).to_owned())
    }

    fn add(&self, unit: &mut Unit, at: usize, specifier: &str, names: Names, flags: (bool, bool)) {
        let (is_type, is_optional) = flags;
        let specifier = specifier.split(['?', '!']).next().unwrap_or_default().to_owned();
        unit.imports.push(Import { specifier, line: self.line(at), names, is_type, is_optional });
    }

    fn import(&self, start: usize, is_guarded: bool, unit: &mut Unit) {
        if self.is(start + 1, "(") {
            return match self.fixed(start + 2) {
                Some(specifier) => self.add(unit, start, &specifier, Names::All, (false, is_guarded)),
                None => self.computed(start + 2, unit),
            };
        }
        if let Some(specifier) = self.fixed(start + 1) {
            return self.add(unit, start, &specifier, Names::Some(Vec::new()), (false, is_guarded));
        }
        let mut at = start + 1;
        let is_type = self.is(at, "type") && !self.is(at + 1, "from") && !self.is(at + 1, ",");
        at += usize::from(is_type);
        let mut names = Names::Some(Vec::new());
        if self.tokens.get(at).is_some_and(|token| token.kind == Kind::Word) {
            // import x = require('y') is seen as a require.
            if self.is(at + 1, "=") {
                return;
            }
            names = Names::Some(vec!["default".to_owned()]);
            at += 1;
            at += usize::from(self.is(at, ","));
        }
        match self.text(at) {
            "*" => {
                names = Names::All;
                at += 3;
            }
            "{" => {
                let (listed, end) = self.list(at);
                if let Names::Some(names) = &mut names {
                    names.extend(listed.into_iter().map(|(name, _, _)| name));
                }
                at = end;
            }
            _ => {}
        }
        if self.is(at, "from")
            && let Some(specifier) = self.fixed(at + 1)
        {
            self.add(unit, start, &specifier, names, (is_type, is_guarded));
        }
    }

    /// `{ a, b as c, type d }`: what is on the left and right of each `as`, and where it ends.
    fn list(&self, open: usize) -> (Vec<(String, String, u32)>, usize) {
        let mut names = Vec::new();
        let mut at = open + 1;
        while at < self.tokens.len() && !self.is(at, "}") {
            let is_type = self.is(at, "type") && !matches!(self.text(at + 1), "," | "}" | "as");
            at += usize::from(is_type);
            let name = self.fixed(at).unwrap_or_else(|| self.text(at).to_owned());
            let line = self.line(at);
            let mut outer = name.clone();
            at += 1;
            if self.is(at, "as") {
                self.text(at + 1).clone_into(&mut outer);
                at += 2;
            }
            names.push((name, outer, line));
            while at < self.tokens.len() && !matches!(self.text(at), "," | "}") {
                at += 1;
            }
            at += usize::from(self.is(at, ","));
        }
        (names, at + 1)
    }

    fn export(&self, start: usize, unit: &mut Unit) {
        let mut at = start + 1;
        let is_type = self.is(at, "type") && matches!(self.text(at + 1), "{" | "*");
        at += usize::from(is_type);
        match self.text(at) {
            "*" => {
                let named = self.is(at + 1, "as").then(|| self.text(at + 2).to_owned());
                let from = at + if named.is_some() { 3 } else { 1 };
                if let Some(name) = named {
                    self.exported(unit, name, start, is_type, true);
                }
                if self.is(from, "from")
                    && let Some(specifier) = self.fixed(from + 1)
                {
                    // What is passed on unseen counts as used by whoever uses this module.
                    self.add(unit, start, &specifier, Names::All, (is_type, false));
                }
            }
            "{" => {
                let (names, end) = self.list(at);
                let source = if self.is(end, "from") { self.fixed(end + 1) } else { None };
                for (_, outer, line) in &names {
                    unit.exports.push(Export {
                        name: outer.clone(),
                        line: *line,
                        is_type,
                        is_passed_on: source.is_some(),
                    });
                }
                if let Some(specifier) = source {
                    let inner = names.into_iter().map(|(name, _, _)| name).collect();
                    self.add(unit, start, &specifier, Names::Some(inner), (is_type, false));
                }
            }
            "default" => self.exported(unit, "default".to_owned(), start, false, false),
            _ => self.declaration(at, start, unit),
        }
    }

    fn exported(&self, unit: &mut Unit, name: String, at: usize, is_type: bool, is_passed_on: bool) {
        unit.exports.push(Export { name, line: self.line(at), is_type, is_passed_on });
    }

    /// `export async function name`, `export const name = ...`, `export const { a, b } = ...`.
    fn declaration(&self, mut at: usize, start: usize, unit: &mut Unit) {
        while matches!(self.text(at), "declare" | "async" | "abstract") {
            at += 1;
        }
        let keyword = self.text(at);
        let is_type = matches!(keyword, "type" | "interface");
        match keyword {
            "const" | "let" | "var" if matches!(self.text(at + 1), "{" | "[") => {
                let mut inner = at + 2;
                while inner < self.tokens.len() && !matches!(self.text(inner), "}" | "]") {
                    let is_name = matches!(self.text(inner + 1), "," | "}" | "]" | "=");
                    if is_name && self.tokens[inner].kind == Kind::Word {
                        self.exported(unit, self.text(inner).to_owned(), inner, false, false);
                    }
                    inner += 1;
                }
            }
            "const" if self.is(at + 1, "enum") => {
                self.exported(unit, self.text(at + 2).to_owned(), start, false, false);
            }
            "const" | "let" | "var" | "class" | "enum" | "namespace" | "type" | "interface" => {
                self.exported(unit, self.text(at + 1).to_owned(), start, is_type, false);
            }
            "function" => {
                let name = at + 1 + usize::from(self.is(at + 1, "*"));
                self.exported(unit, self.text(name).to_owned(), start, false, false);
            }
            _ => {}
        }
    }

    fn require(&self, at: usize, is_guarded: bool, unit: &mut Unit) {
        match self.fixed(at + 2) {
            Some(specifier) => self.add(unit, at, &specifier, Names::All, (false, is_guarded)),
            None => self.computed(at + 2, unit),
        }
    }

    /// What a computed specifier starts with.
    fn computed(&self, at: usize, unit: &mut Unit) {
        let Some(token) = self.tokens.get(at) else { return };
        let prefix = match token.kind {
            Kind::Template => {
                let text = token.text(self.source).trim_start_matches('`');
                text.split("${").next().unwrap_or_default().to_owned()
            }
            // path.join(__dirname, 'routes', file): the first text within the brackets.
            _ => self.tokens[at..]
                .iter()
                .take(12)
                .take_while(|token| token.text(self.source) != ";")
                .find(|token| token.kind == Kind::Text)
                .map(|token| token.inner(self.source).to_owned())
                .unwrap_or_default(),
        };
        unit.dynamic.push(prefix);
    }

    /// Patterns of files, or one file.
    fn files(&self, at: usize, unit: &mut Unit) {
        for token in self.tokens[at..].iter().take(24).take_while(|token| token.text(self.source) != ")") {
            if token.kind != Kind::Text {
                continue;
            }
            let text = token.inner(self.source);
            if !text.starts_with(['.', '/', '@', '~']) {
                continue;
            }
            match text.find('*') {
                Some(star) => unit.dynamic.push(text[..star].to_owned()),
                None if self.is(at, "context") => unit.dynamic.push(format!("{text}/")),
                None => self.add(unit, at, text, Names::All, (false, true)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(source: &str) -> Unit {
        Unit::read("src/a.ts", source).unwrap()
    }

    #[test]
    fn every_form_of_import_is_seen() {
        let unit = unit(
            "import a, { b, type c as d } from './m';\nimport * as e from 'pkg';\nimport type { T } from '@s/types';\n\
             import 'side';\nconst f = require('./r');\ntry { require('maybe') } catch {}\nconst g = await import('./lazy');\n\
             await import(`./lang/${x}.ts`);\nexport { h as i } from './n';\nexport * from './o';\nx.import('no');\n\
             // import z from 'comment'\nconst s = \"import q from 'text'\";\nnew Worker(new URL('./w.ts', import.meta.url));",
        );
        let seen: Vec<(&str, bool, bool)> = unit
            .imports
            .iter()
            .map(|import| (import.specifier.as_str(), import.is_type, import.is_optional))
            .collect();
        assert_eq!(
            seen,
            [
                ("./m", false, false),
                ("pkg", false, false),
                ("@s/types", true, false),
                ("side", false, false),
                ("./r", false, false),
                ("maybe", false, true),
                ("./lazy", false, false),
                ("./n", false, false),
                ("./o", false, false),
                ("./w.ts", false, true),
            ]
        );
        assert_eq!(unit.imports[0].names, Names::Some(vec!["default".into(), "b".into(), "c".into()]));
        assert_eq!(unit.dynamic, ["./lang/"]);
    }

    #[test]
    fn every_form_of_export_is_seen() {
        let unit = unit(
            "export const a = 1;\nexport async function b() {}\nexport default class {}\nexport { c, d as e };\n\
             export type F = string;\nexport interface G {}\nexport const { h, i } = x;\nexport abstract class J {}\nexport const enum K {}",
        );
        let names: Vec<&str> = unit.exports.iter().map(|export| export.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "default", "c", "e", "F", "G", "h", "i", "J", "K"]);
    }
}
