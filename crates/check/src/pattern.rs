//! Rules that are data: patterns of code, looked for in the trees of the files that can have them.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use ast_grep_config::{CombinedScan, GlobalRules, RuleConfig, SerializableRuleConfig};
use ast_grep_core::tree_sitter::LanguageExt;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{AstGrep, Node, NodeMatch};
use ast_grep_language::SupportLang;
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde_json::{Map, Value, json};

use crate::catalogue::Catalogue;
use crate::context::{Context, Sink};
use crate::file::{Role, SourceFile};
use crate::finding::{Draft, Edit};
use crate::rule::{PatternSpec, Rule, Side};
use crate::side::side;
use crate::taint::{Flow, Taint};

/// Brackets within brackets beyond this are not code that a person wrote, and deep trees cost stack.
const DEEPEST: usize = 400;

/// The patterns of a catalogue, made ready as they are needed.
pub(crate) struct Patterns<'c> {
    entries: Vec<Entry<'c>>,
    anchors: AhoCorasick,
    /// Which entry an anchor belongs to.
    owners: Vec<usize>,
}

/// One pattern in one language.
struct Entry<'c> {
    rule: &'c Rule,
    spec: &'c PatternSpec,
    language: SupportLang,
    files: Option<GlobSet>,
    ignores: Option<GlobSet>,
    compiled: OnceLock<Option<Compiled>>,
}

/// A pattern, ready to be looked for.
struct Compiled {
    /// What is looked for: the rule, or the sinks.
    config: RuleConfig<SupportLang>,
    /// Whence the value must come.
    taint: Option<Taint>,
}

impl<'c> Patterns<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue) -> Self {
        let mut entries = Vec::new();
        let mut texts: Vec<&str> = Vec::new();
        let mut owners = Vec::new();
        for rule in catalogue.rules() {
            for spec in &rule.patterns {
                for language in spec.languages.iter().filter_map(|name| name.parse::<SupportLang>().ok()) {
                    texts.extend(spec.anchors.iter().map(String::as_str));
                    owners.extend(std::iter::repeat_n(entries.len(), spec.anchors.len()));
                    entries.push(Entry {
                        rule,
                        spec,
                        language,
                        files: globs(&spec.files).ok().flatten(),
                        ignores: globs(&spec.ignores).ok().flatten(),
                        compiled: OnceLock::new(),
                    });
                }
            }
        }
        let anchors = AhoCorasick::new(&texts)
            .unwrap_or_else(|error| unreachable!("some hundred short texts make an automaton: {error}"));
        Self { entries, anchors, owners }
    }

    /// Reports what is found in one file.
    pub(crate) fn check(&self, context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
        let Some(language) = file.language else { return };
        if file.role == Role::Generated {
            return;
        }
        let mut is_wanted = vec![false; self.entries.len()];
        for found in self.anchors.find_overlapping_iter(file.text) {
            is_wanted[self.owners[found.pattern().as_usize()]] = true;
        }
        let mut own_side = None;
        let entries: Vec<(&Entry<'c>, &Compiled)> = self
            .entries
            .iter()
            .zip(is_wanted)
            .filter(|(entry, wanted)| *wanted && entry.language == language && entry.looks_at(file))
            .filter(|(entry, _)| match entry.spec.side {
                Side::Any => true,
                Side::Browser => *own_side.get_or_insert_with(|| side(context, file)) == Side::Browser,
                Side::Server => *own_side.get_or_insert_with(|| side(context, file)) != Side::Browser,
            })
            .filter(|(entry, _)| {
                let needed = &entry.spec.dependencies;
                needed.is_empty() || needed.iter().any(|package| context.depends_on(file.path, package))
            })
            .filter(|(entry, _)| {
                !entry.spec.without.iter().any(|package| context.depends_on(file.path, package))
            })
            .filter_map(|(entry, _)| Some((entry, entry.compiled()?)))
            .collect();
        if entries.is_empty() || is_too_deep(file.text) {
            return;
        }
        let tree: AstGrep<StrDoc<SupportLang>> = language.ast_grep(file.text);
        let scan = CombinedScan::new(entries.iter().map(|(_, compiled)| &compiled.config).collect());
        let flow = Flow::default();
        for (config, matches) in scan.scan(&tree, false).matches {
            let Some((entry, compiled)) =
                entries.iter().find(|(_, compiled)| std::ptr::eq(&raw const compiled.config, config))
            else {
                continue;
            };
            for found in matches {
                let source = match &compiled.taint {
                    Some(taint) => match source(&flow, taint, &found) {
                        Some(source) => Some(source.text().into_owned()),
                        None => continue,
                    },
                    None => None,
                };
                sink.report_in(file, entry.draft(file, config, &found, source.as_deref()));
            }
        }
    }
}

impl Entry<'_> {
    fn looks_at(&self, file: &SourceFile<'_>) -> bool {
        let is_role = match file.role {
            Role::App => true,
            Role::Test | Role::Example => self.spec.tests,
            Role::Generated => false,
        };
        is_role
            && self.files.as_ref().is_none_or(|globs| globs.is_match(file.path))
            && self.ignores.as_ref().is_none_or(|globs| !globs.is_match(file.path))
    }

    fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get_or_init(|| compile(self.rule, self.spec, self.language).ok()).as_ref()
    }

    fn draft(
        &self,
        file: &SourceFile<'_>,
        compiled: &RuleConfig<SupportLang>,
        found: &NodeMatch<'_, StrDoc<SupportLang>>,
        source: Option<&str>,
    ) -> Draft {
        let mut draft = Draft::bytes(self.rule.id.clone(), file.path, found.range());
        if let Some(message) = &self.rule.message {
            let message = source
                .map_or_else(|| message.clone(), |source| message.replace("$SOURCE", &shortened(source)));
            draft = draft.says(filled(&message, found));
        }
        if let Some(fixer) = compiled.fixer.first() {
            let edit = found.make_edit(&compiled.matcher, fixer);
            let range = edit.position..edit.position + edit.deleted_length;
            let text = String::from_utf8_lossy(&edit.inserted_text).into_owned();
            draft = draft.mended_by(Edit { file: file.path.to_owned(), range, text });
        }
        draft
    }
}

/// Where what a sink takes comes from, if it is a source.
fn source<'t>(
    flow: &Flow<'t>,
    taint: &Taint,
    found: &NodeMatch<'t, StrDoc<SupportLang>>,
) -> Option<Node<'t, StrDoc<SupportLang>>> {
    let one = found.get_env().get_match("TAINTED").cloned();
    let many = found.get_env().get_multiple_matches("TAINTED");
    one.iter().chain(&many).find_map(|part| match &*part.kind() {
        // All that a call is given.
        "arguments" | "argument_list" => {
            part.named_children().collect::<Vec<_>>().iter().find_map(|one| flow.source(taint, one))
        }
        _ => flow.source(taint, part),
    })
}

/// A message with the variables of a match in the place of their names.
fn filled(message: &str, found: &NodeMatch<'_, StrDoc<SupportLang>>) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let name: &str = &rest[at + 1..];
        let end = name
            .find(|letter: char| !letter.is_ascii_uppercase() && letter != '_' && !letter.is_ascii_digit())
            .unwrap_or(name.len());
        match found.get_env().get_match(&name[..end]) {
            Some(node) if end > 0 => out.push_str(&shortened(&node.text())),
            _ => out.push_str(&rest[at..=at + end]),
        }
        rest = &name[end..];
    }
    out.push_str(rest);
    out
}

/// The first line of what was matched, cut where it is long.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// A rule's patterns can all be used; the error says which cannot and why.
pub(crate) fn verify(rule: &Rule) -> Result<(), String> {
    for spec in &rule.patterns {
        if spec.anchors.is_empty() || spec.anchors.iter().any(String::is_empty) {
            return Err("a pattern needs anchors: texts without which it cannot match".to_owned());
        }
        globs(&spec.files).and(globs(&spec.ignores)).map_err(|error| error.to_string())?;
        for name in &spec.languages {
            let language = name
                .parse::<SupportLang>()
                .ok()
                .filter(|language| is_supported(*language))
                .ok_or_else(|| format!("`{name}` is no language that patterns can be written for"))?;
            compile(rule, spec, language).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}

/// The languages whose grammars are part of the binary.
fn is_supported(language: SupportLang) -> bool {
    use SupportLang as L;
    matches!(
        language,
        L::JavaScript | L::TypeScript | L::Tsx | L::Python | L::Go | L::Ruby | L::Php | L::Java | L::CSharp
    )
}

fn compile(rule: &Rule, spec: &PatternSpec, language: SupportLang) -> Result<Compiled, String> {
    let parts = [
        ("constraints", &spec.constraints),
        ("utils", &spec.utils),
        ("transform", &spec.transform),
        ("fix", &spec.fix),
    ];
    let parts: Vec<(&str, &Value)> =
        parts.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))).collect();
    let (looked_for, taint) = match (&spec.rule, &spec.taint) {
        (Some(looked_for), None) => (looked_for.clone(), None),
        (None, Some(taint)) => (json!({ "any": taint.sinks }), Some(Taint::new(&rule.id, taint, language)?)),
        _ => return Err("a pattern has a `rule` or a `taint`, and not both".to_owned()),
    };
    Ok(Compiled { config: compile_rule(&rule.id, language, looked_for, &parts)?, taint })
}

/// Makes an ast-grep rule of its parts.
pub(crate) fn compile_rule(
    id: &str,
    language: SupportLang,
    rule: Value,
    parts: &[(&str, &Value)],
) -> Result<RuleConfig<SupportLang>, String> {
    let mut config = Map::new();
    config.insert("id".to_owned(), json!(id));
    config.insert("language".to_owned(), json!(language.to_string()));
    config.insert("rule".to_owned(), rule);
    for (key, value) in parts {
        config.insert((*key).to_owned(), (*value).clone());
    }
    let config: SerializableRuleConfig<SupportLang> =
        serde_json::from_value(Value::Object(config)).map_err(|error| error.to_string())?;
    RuleConfig::try_from(config, &GlobalRules::default()).map_err(|error| reasons(&error))
}

/// An error with all that caused it.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>, globset::Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        builder.add(Glob::new(pattern)?);
    }
    builder.build().map(Some)
}

/// The tree of a file that rules look at; `None` where there is none to be had at a bearable cost.
pub(crate) fn tree(file: &SourceFile<'_>) -> Option<AstGrep<StrDoc<SupportLang>>> {
    let language = file.language?;
    (file.role != Role::Generated && !is_too_deep(file.text)).then(|| language.ast_grep(file.text))
}

/// Brackets nest too deep; those in texts count too, which does no harm.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_the_binary_can_be_used() {
        let catalogue = Catalogue::embedded();
        let wrong: Vec<String> = catalogue
            .rules()
            .filter_map(|rule| verify(rule).err().map(|error| format!("{}: {error}", rule.id)))
            .collect();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}
