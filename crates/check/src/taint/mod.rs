//! Where input goes: from what a client sends, through assignments and texts, to where it does harm.
//!
//! A pattern with `taint` names sources, sinks and sanitizers as ast-grep rules. Its sinks are looked for like any other
//! pattern; [`Flow`] then follows the part named `$TAINTED` backwards, within the function and those around it, to a
//! source. Precision comes first: a call that is not known to hand its arguments on ends the way, and so does a check
//! that the value passed.

mod flow;
mod scope;
mod shape;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ast_grep_config::RuleConfig;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::pattern::compile_rule;
use crate::rule::{Carries, TaintSpec};

pub(crate) use flow::Flow;

/// A node of a file's tree.
pub(crate) type Node<'t> = ast_grep_core::Node<'t, StrDoc<SupportLang>>;

/// What the rules share.
const SHARED: &str = include_str!("../../../../rules/check/taint.yaml");

/// The file `rules/check/taint.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedFile {
    sources: BTreeMap<String, Vec<Set>>,
    passes: String,
    stops: String,
    checks: String,
}

/// Rules for some languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    languages: Vec<String>,
    any: Vec<Value>,
}

/// What the rules share, ready to use.
pub(crate) struct Shared {
    sources: BTreeMap<String, Vec<Set>>,
    passes: Regex,
    stops: Regex,
    checks: Regex,
}

impl Shared {
    pub(crate) fn get() -> &'static Self {
        static LOADED: OnceLock<Shared> = OnceLock::new();
        LOADED.get_or_init(|| {
            Self::read(SHARED).unwrap_or_else(|error| unreachable!("a test reads taint.yaml: {error}"))
        })
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: SharedFile = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        // Names in code that matter here are ASCII.
        let regex = |text: &str| {
            regex::RegexBuilder::new(text).unicode(false).build().map_err(|error| error.to_string())
        };
        Ok(Self {
            sources: file.sources,
            passes: regex(&file.passes)?,
            stops: regex(&file.stops)?,
            checks: regex(&file.checks)?,
        })
    }

    fn rules(&self, name: &str, language: SupportLang) -> Result<Vec<Value>, String> {
        let sets = self.sources.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.sources.keys().map(String::as_str).collect();
            format!("there are no sources named `{name}`; there are {}", known.join(", "))
        })?;
        let is_for = |set: &&Set| set.languages.iter().any(|name| name.parse().ok() == Some(language));
        Ok(sets.iter().filter(is_for).flat_map(|set| set.any.clone()).collect())
    }
}

/// The sources and sanitizers of one rule in one language.
pub(crate) struct Taint {
    sources: RuleConfig<SupportLang>,
    sanitizers: Option<RuleConfig<SupportLang>>,
    carries: Carries,
}

impl Taint {
    /// The error says what cannot be used.
    pub(crate) fn new(id: &str, spec: &TaintSpec, language: SupportLang) -> Result<Self, String> {
        let mut sources = Vec::new();
        for source in &spec.sources {
            match source {
                Value::String(name) => sources.extend(Shared::get().rules(name, language)?),
                rule => sources.push(rule.clone()),
            }
        }
        if sources.is_empty() {
            return Err(format!("no source is known in {language}"));
        }
        let sanitizers = if spec.sanitizers.is_empty() {
            None
        } else {
            Some(compile_rule(id, language, json!({ "any": spec.sanitizers }), &[])?)
        };
        let sources = compile_rule(id, language, json!({ "any": sources }), &[])?;
        Ok(Self { sources, sanitizers, carries: spec.carries })
    }
}

#[cfg(test)]
mod tests;
