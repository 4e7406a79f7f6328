//! Whether an app holds together: what its parts say about one another, and what no single value shows.
//!
//! The checks look at the merged app, so that a circle between `seaworthy.toml` and a Compose file is found as
//! well. Where the value in question was said by the given `seaworthy.toml`, its bytes are told; elsewhere its
//! file and line.
//!
//! ```
//! use seaworthy_model::App;
//! use seaworthy_model::config::{Config, Source};
//! use seaworthy_model::validate::{ValidationContext, validate};
//!
//! let text = "[services.api]\nenv = { DATABASE_URL = \"${resources.bd.url}\" }\n[resources.db]\ntype = \"postgres\"";
//! let (config, _) = Config::parse(text);
//! let mut app = App::default();
//! config.apply(&mut app, &Source::file("seaworthy.toml", text));
//!
//! let problems = validate(&app, &ValidationContext::new("seaworthy.toml", text));
//! assert_eq!(problems[0].message, "`DATABASE_URL` of `api` needs the resource `bd`, which does not exist");
//! assert_eq!(problems[0].help.as_deref(), Some("did you mean `db`?"));
//! ```

mod clashes;
mod cycles;
mod environments;
mod parts;
mod pipeline;
mod references;
mod schedules;

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::config::env_value::within;
use crate::config::{Diagnostic, Severity, Span};
use crate::{App, Layer, Origin, Place};

/// What does not hold together, and every place that takes part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable code, such as `unknown-dependency`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where, the most telling first; empty when no place is known.
    pub sites: Vec<Site>,
    /// Why it matters.
    pub note: Option<String>,
    /// What to type instead.
    pub help: Option<String>,
}

/// One place that takes part in a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// Bytes of the given `seaworthy.toml`.
    Config {
        /// The bytes.
        span: Span,
        /// What to write beside them; may be empty.
        label: String,
    },
    /// A line of another file.
    File {
        /// The file and line.
        place: Place,
        /// What to say about it; may be empty.
        label: String,
    },
    /// Neither: an option of the command line, or a convention.
    Elsewhere {
        /// The rule that said it.
        rule: String,
        /// What to say about it; may be empty.
        label: String,
    },
}

impl Problem {
    fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), sites: Vec::new(), note: None, help: None }
    }

    fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// An error where a person said it to us, a warning where it was read from elsewhere: `sea` may have
    /// misread that, and the app may run all the same.
    fn said_by(origin: &Origin, code: &'static str, message: impl Into<String>) -> Self {
        let severity = if origin.layer >= Layer::Config { Severity::Error } else { Severity::Warning };
        Self::new(code, severity, message)
    }

    fn at(mut self, site: impl Into<Option<Site>>) -> Self {
        self.sites.extend(site.into());
        self
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// The problem as a diagnostic of the given `seaworthy.toml`, when that takes part in it. Other places are
    /// named in its note.
    pub fn to_diagnostic(&self) -> Option<Diagnostic> {
        let mut spans = Vec::new();
        let mut others = Vec::new();
        for site in &self.sites {
            match site {
                Site::Config { span, label } => spans.push((span.clone(), label.clone())),
                Site::File { place, label } => others.push(named(&place.to_string(), label)),
                Site::Elsewhere { rule, label } => others.push(named(rule, label)),
            }
        }
        let mut spans = spans.into_iter();
        let (span, label) = spans.next()?;
        let mut diagnostic = Diagnostic::error(self.code, span, &self.message).label(label);
        diagnostic.severity = self.severity;
        diagnostic.secondary = spans.collect();
        let notes: Vec<_> = self
            .note
            .iter()
            .cloned()
            .chain(others.into_iter().map(|other| format!("also {other}")))
            .collect();
        diagnostic.note = (!notes.is_empty()).then(|| notes.join("; "));
        diagnostic.help.clone_from(&self.help);
        Some(diagnostic)
    }
}

fn named(place: &str, label: &str) -> String {
    if label.is_empty() { place.to_owned() } else { format!("{place} ({label})") }
}

/// Where the values of a `seaworthy.toml` stand.
#[derive(Clone, Debug, Default)]
pub struct ValidationContext<'a> {
    file: &'a str,
    text: &'a str,
    /// The bytes of each key and value, by dotted path.
    spans: BTreeMap<String, (Span, Span)>,
}

impl<'a> ValidationContext<'a> {
    /// For the `seaworthy.toml` that was applied under this name. Without one, use the default.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        let (root, _) = DeTable::parse_recoverable(text);
        let mut context = Self { file, text, spans: BTreeMap::new() };
        context.index_table(root.get_ref(), "");
        context
    }

    fn index_table(&mut self, table: &DeTable<'_>, at: &str) {
        for (key, value) in table {
            let path =
                if at.is_empty() { key.get_ref().to_string() } else { format!("{at}.{}", key.get_ref()) };
            self.index(&path, &key.span(), value);
        }
    }

    fn index(&mut self, path: &str, key: &Span, value: &toml::Spanned<DeValue<'_>>) {
        self.spans.insert(path.to_owned(), (key.clone(), value.span()));
        match value.get_ref() {
            DeValue::Table(table) => self.index_table(table, path),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.index(&format!("{path}.{index}"), &item.span(), item);
                    // A list of names is looked up by name.
                    if let Some(name) = item.get_ref().as_str() {
                        self.index(&format!("{path}.{name}"), &item.span(), item);
                    }
                }
            }
            _ => {}
        }
    }

    /// Where a value with this origin was said.
    fn site(&self, origin: &Origin, label: impl Into<String>) -> Site {
        self.part(origin, "", &(0..0), label)
    }

    /// As [`Self::site`], for some bytes of a text.
    fn part(&self, origin: &Origin, content: &str, part: &Span, label: impl Into<String>) -> Site {
        let label = label.into();
        let Some(place) = &origin.place else {
            return Site::Elsewhere { rule: origin.rule.to_string(), label };
        };
        match self.spans.get(origin.rule.as_ref()) {
            // A table stands where its header or brace stands; a key alone is told by its key.
            Some((_, value)) if place.file == self.file => {
                let span =
                    if part.is_empty() { value.clone() } else { within(self.text, value, content, part) };
                Site::Config { span, label }
            }
            _ => Site::File { place: place.clone(), label },
        }
    }

    /// Where a part of one value was said, by its path below the origin's rule; the whole value otherwise.
    fn below(&self, origin: &Origin, path: &str, label: impl Into<String>) -> Site {
        let deeper = Origin { rule: format!("{}.{path}", origin.rule).into(), ..origin.clone() };
        if self.spans.contains_key(deeper.rule.as_ref()) {
            self.site(&deeper, label)
        } else {
            self.site(origin, label)
        }
    }

    /// Whether a key is written, be its value right or refused.
    fn says(&self, path: &str) -> bool {
        self.spans.contains_key(path)
    }

    /// Where a key stands, such as `services.api`.
    fn key(&self, path: &str, label: impl Into<String>) -> Option<Site> {
        self.spans.get(path).map(|(key, _)| Site::Config { span: key.clone(), label: label.into() })
    }
}

/// Everything about `app` that does not hold together: errors first, then in the order of its parts.
pub fn validate(app: &App, context: &ValidationContext<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    references::check(app, context, &mut problems);
    cycles::check(app, context, &mut problems);
    clashes::check(app, context, &mut problems);
    parts::check(app, context, &mut problems);
    schedules::check(app, context, &mut problems);
    environments::check(app, context, &mut problems);
    pipeline::check(app, context, &mut problems);
    problems.sort_by_key(|problem| problem.severity);
    problems
}
