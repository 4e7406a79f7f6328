//! What can be wrong with a placeholder, and what to type instead.

use std::fmt;
use std::ops::Range;

use super::{ENVIRONMENT_ATTRIBUTES, ROOTS, is_secret_name};
use crate::Name;
use crate::config::suggest::nearest;

/// What is wrong with one placeholder of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong.
    pub kind: TemplateErrorKind,
    /// The bytes it is about.
    pub span: Range<usize>,
    /// What stands between the braces, as far as it may be shown.
    content: String,
}

/// The ways in which a placeholder can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateErrorKind {
    /// There is no `}`.
    Unclosed,
    /// There is nothing between the braces.
    Empty,
    /// It begins with something that is not among [`ROOTS`].
    UnknownRoot,
    /// It has too few or too many dots.
    Segments {
        /// How it is written: `${resources.NAME.ATTRIBUTE}`.
        shape: &'static str,
    },
    /// A resource or service cannot have this name.
    Name {
        /// The nearest name.
        suggestion: Name,
    },
    /// A secret cannot have this name.
    SecretName,
    /// The environment has no such attribute.
    EnvironmentAttribute,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segment = |index| self.content.split('.').nth(index).unwrap_or_default();
        match &self.kind {
            TemplateErrorKind::Unclosed => f.write_str("a placeholder is not closed"),
            TemplateErrorKind::Empty => f.write_str("a placeholder is empty"),
            TemplateErrorKind::UnknownRoot => {
                write!(f, "`{}` is nothing a placeholder can name", segment(0))
            }
            TemplateErrorKind::Segments { shape } => {
                write!(f, "`${{{}}}` is not of the form `{shape}`", self.content)
            }
            TemplateErrorKind::Name { .. } => write!(f, "`{}` is not a name", segment(1)),
            TemplateErrorKind::SecretName => write!(f, "`{}` is no name of a secret", segment(1)),
            TemplateErrorKind::EnvironmentAttribute => {
                write!(f, "an environment has no `{}`", segment(1))
            }
        }
    }
}

impl std::error::Error for TemplateError {}

impl TemplateError {
    pub(super) fn new(kind: TemplateErrorKind, span: Range<usize>, content: &str) -> Self {
        Self { kind, span, content: showable(content) }
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self.kind {
            TemplateErrorKind::Unclosed => "placeholder-unclosed",
            TemplateErrorKind::Empty => "placeholder-empty",
            TemplateErrorKind::UnknownRoot => "placeholder-root",
            TemplateErrorKind::Segments { .. } => "placeholder-segments",
            TemplateErrorKind::Name { .. } | TemplateErrorKind::SecretName => "placeholder-name",
            TemplateErrorKind::EnvironmentAttribute => "placeholder-attribute",
        }
    }

    /// What to type instead.
    pub fn help(&self) -> Option<String> {
        let escape = "`$${` is a literal `${`";
        let segments: Vec<_> = self.content.split('.').collect();
        Some(match &self.kind {
            TemplateErrorKind::Unclosed => "add the `}`, or write `$${` for a literal `${`".to_owned(),
            TemplateErrorKind::Empty => format!("name something, such as `${{resources.db.url}}`; {escape}"),
            TemplateErrorKind::UnknownRoot => {
                let rest = &segments[1..];
                match nearest(segments[0], ROOTS) {
                    Some(root) if !rest.is_empty() => {
                        format!("did you mean `${{{root}.{}}}`?", rest.join("."))
                    }
                    // `${DATABASE_PASSWORD}`, as a shell or Compose has it, is nearly always a secret.
                    _ if rest.is_empty() && is_secret_name(segments[0].trim_end_matches(CUT)) => {
                        format!("did you mean `${{secrets.{}}}`? {escape}", segments[0].trim_end_matches(CUT))
                    }
                    _ => format!(
                        "begin with `resources.`, `services.`, `secrets.` or `environment.`; {escape}"
                    ),
                }
            }
            TemplateErrorKind::Segments { .. } if segments.len() == 2 => {
                format!("did you mean `${{{}.url}}`?", self.content)
            }
            TemplateErrorKind::Segments { shape } => format!("write `{shape}`"),
            TemplateErrorKind::Name { suggestion } => {
                let attribute = segments.get(2).unwrap_or(&"url");
                format!("did you mean `${{{}.{suggestion}.{attribute}}}`?", segments[0])
            }
            TemplateErrorKind::SecretName => {
                "secrets are named like environment variables: letters, digits and `_`".to_owned()
            }
            TemplateErrorKind::EnvironmentAttribute => match nearest(segments[1], ENVIRONMENT_ATTRIBUTES) {
                Some(near) => format!("did you mean `${{environment.{near}}}`?"),
                None => "it has `name` and `domain`".to_owned(),
            },
        })
    }
}

const CUT: char = '…';

/// Compose and shells allow `${PASSWORD:-hunter2}`: what follows a name may be a secret in clear, and no message
/// shows it.
fn showable(content: &str) -> String {
    let ours =
        content.split('.').next().is_some_and(|root| root.len() < content.len() && is_secret_name(root));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || (ours && (c == '-' || c == '.'));
    match content.find(|c| !plain(c)) {
        Some(end) => format!("{}{CUT}", &content[..end]),
        None => content.to_owned(),
    }
}
