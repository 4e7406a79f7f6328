//! One file of code: what it imports and exports.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use super::lexer::{Kind, Syntax, Token, lex};
use super::{javascript, python};
use crate::file::{Role, SourceFile, extension};

/// A file of code.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) path: String,
    pub(crate) syntax: Syntax,
    pub(crate) role: Role,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    /// Functions and classes of a Python module.
    pub(crate) definitions: Vec<Definition>,
    /// How often a name stands in it, words in texts included; Python only.
    pub(crate) names: HashMap<u64, u32>,
    /// It imports or requires what is computed: a prefix of the path, as it is written, where there is one.
    pub(crate) dynamic: Vec<String>,
    /// It can be run as a program.
    pub(crate) is_program: bool,
    /// Of its text, blanks at its ends aside.
    pub(crate) digest: u64,
    /// Bytes of that text.
    pub(crate) size: usize,
    /// Selected hashes of its tokens with the lines they start on.
    pub(crate) prints: Vec<(u64, u32)>,
}

/// An import, export-from, require or dynamic import of a fixed specifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// As it is written; dotted for Python, with its leading dots.
    pub(crate) specifier: String,
    pub(crate) line: u32,
    pub(crate) names: Names,
    /// Types only: nothing is loaded.
    pub(crate) is_type: bool,
    /// Failure is provided for, or it is loaded only when needed.
    pub(crate) is_optional: bool,
}

/// What of a module is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// These; `default` among them where it is.
    Some(Vec<String>),
    /// Whatever there is.
    All,
}

/// An exported name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) is_type: bool,
    /// It passes on what another module exports.
    pub(crate) is_passed_on: bool,
}

/// A function or class at the top of a Python module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) line: u32,
    /// A decorator may have registered it somewhere.
    pub(crate) is_decorated: bool,
}

/// The same in every run: nothing random may decide what is found.
pub(crate) fn hash(value: &(impl std::hash::Hash + ?Sized)) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

impl Unit {
    /// Reads a file; `None` where it is in no language that is looked at.
    pub(crate) fn read(path: &str, text: &str) -> Option<Self> {
        let syntax = syntax(path)?;
        let file = SourceFile::new(path, text);
        if file.role == Role::Generated {
            return None;
        }
        let trimmed = text.trim();
        let mut unit = Self {
            path: path.to_owned(),
            syntax,
            role: file.role,
            imports: Vec::new(),
            exports: Vec::new(),
            definitions: Vec::new(),
            names: HashMap::new(),
            dynamic: Vec::new(),
            is_program: false,
            digest: hash(trimmed),
            size: trimmed.len(),
            prints: Vec::new(),
        };
        let code = code(path, text);
        let tokens = lex(syntax, &code);
        match syntax {
            Syntax::JavaScript => javascript::read(&code, &tokens, &mut unit),
            Syntax::Python => python::read(&code, &tokens, &mut unit),
        }
        if file.role == Role::App {
            unit.prints = prints(&code, &tokens);
        }
        Some(unit)
    }

    /// The folder it is in.
    pub(crate) fn dir(&self) -> &str {
        self.path.rsplit_once('/').map_or(".", |(dir, _)| dir)
    }

    /// The last part of its path without its endings.
    pub(crate) fn stem(&self) -> &str {
        let name = crate::file::name(&self.path);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }
}

/// The syntax of a file by its ending.
pub(crate) fn syntax(path: &str) -> Option<Syntax> {
    match extension(path) {
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" | "astro" => {
            Some(Syntax::JavaScript)
        }
        "py" => Some(Syntax::Python),
        _ => None,
    }
}

/// The code of a file, everything else blanked so that lines stay: scripts of components, the front matter of pages.
pub(crate) fn code<'t>(path: &str, text: &'t str) -> std::borrow::Cow<'t, str> {
    let ranges: Vec<std::ops::Range<usize>> = match extension(path) {
        "vue" | "svelte" => scripts(text),
        "astro" => {
            let front = text.strip_prefix("---").and_then(|rest| rest.find("\n---")).map(|end| 3..3 + end);
            front.into_iter().chain(scripts(text)).collect()
        }
        _ => return text.into(),
    };
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        code.extend(text[at..range.start].chars().filter(|letter| *letter == '\n'));
        code.push_str(&text[range.clone()]);
        at = range.end;
    }
    code.into()
}

fn scripts(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("<script").map(|start| at + start) {
        let Some(open) = text[start..].find('>').map(|open| start + open + 1) else { break };
        let end = text[open..].find("</script").map_or(text.len(), |end| open + end);
        ranges.push(open..end);
        at = end;
    }
    ranges
}

/// Tokens that a clone has at least.
pub(crate) const CLONE: usize = 60;

/// Tokens that are hashed together; with windows of the same size a clone of [`CLONE`] tokens always shares a print
/// (Schleimer, Wilkerson, Aiken: Winnowing, 2003).
const GRAM: usize = 30;

/// The hash of a token as clones compare it: texts and numbers may differ, names may not.
pub(crate) fn token_hash(source: &str, token: &Token) -> u64 {
    match token.kind {
        Kind::Text | Kind::Template => 1,
        Kind::Literal => 2,
        Kind::Word | Kind::Sign => hash(token.text(source)),
    }
}

/// The least hash of every window of hashes of neighbouring tokens.
fn prints(source: &str, tokens: &[Token]) -> Vec<(u64, u32)> {
    const BASE: u64 = 0x0000_0100_0000_01b3;
    if tokens.len() < CLONE {
        return Vec::new();
    }
    let hashes: Vec<u64> = tokens.iter().map(|token| token_hash(source, token)).collect();
    let top = (1..GRAM).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut rolling = 0_u64;
    let mut grams = Vec::with_capacity(hashes.len());
    for (index, value) in hashes.iter().enumerate() {
        if index >= GRAM {
            rolling = rolling.wrapping_sub(hashes[index - GRAM].wrapping_mul(top));
        }
        rolling = rolling.wrapping_mul(BASE).wrapping_add(*value);
        if index + 1 >= GRAM {
            // Spread, so that the least one is no property of what the code says.
            grams.push((rolling ^ (rolling >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
    }
    let window = CLONE - GRAM + 1;
    let mut chosen: Vec<(u64, u32)> = Vec::new();
    let mut last = usize::MAX;
    let mut queue: std::collections::VecDeque<usize> = std::collections::VecDeque::new();
    for index in 0..grams.len() {
        while queue.back().is_some_and(|back| grams[*back] >= grams[index]) {
            queue.pop_back();
        }
        queue.push_back(index);
        if queue.front().is_some_and(|front| front + window <= index) {
            queue.pop_front();
        }
        if index + 1 >= window
            && let Some(least) = queue.front()
            && *least != last
        {
            last = *least;
            chosen.push((grams[last], u32::try_from(last).unwrap_or(u32::MAX)));
        }
    }
    chosen
}
