//! Placeholders, as Score writes them: `${resources.db.url}`, `${services.api.url}`, `${secrets.STRIPE_KEY}`,
//! `${environment.domain}`. `$${` is a literal `${`.
//!
//! ```
//! use seaworthy_model::placeholder::{Placeholder, Template};
//!
//! let template = Template::parse("postgres://${resources.db.host}/app?cost=$${5}").unwrap();
//! let text = template.resolve(|placeholder| match placeholder {
//!     Placeholder::Resource { .. } => Some("localhost".to_owned()),
//!     _ => None,
//! });
//! assert_eq!(text.as_deref(), Some("postgres://localhost/app?cost=${5}"));
//!
//! let errors = Template::parse("${resource.db.url} ${}").unwrap_err();
//! assert_eq!(errors[0].to_string(), "`resource` is nothing a placeholder can name");
//! assert_eq!(errors[0].help().unwrap(), "did you mean `${resources.db.url}`?");
//! assert_eq!(errors[1].span, 19..22);
//! ```

mod error;
mod resource_type;

use std::fmt;
use std::ops::Range;

use crate::Name;

pub use error::{TemplateError, TemplateErrorKind};
pub use resource_type::{RESOURCE_TYPES, ResourceType};

/// What a placeholder can begin with.
pub const ROOTS: [&str; 4] = ["resources", "services", "secrets", "environment"];

/// What `${environment.…}` knows.
pub const ENVIRONMENT_ATTRIBUTES: [&str; 2] = ["name", "domain"];

/// What `${services.NAME.…}` knows.
pub const SERVICE_ATTRIBUTES: [&str; 3] = ["url", "host", "port"];

/// What one placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placeholder {
    /// `${resources.NAME.ATTRIBUTE}`.
    Resource {
        /// The resource.
        name: Name,
        /// What is wanted of it.
        attribute: String,
    },
    /// `${services.NAME.ATTRIBUTE}`.
    Service {
        /// The service.
        name: Name,
        /// What is wanted of it.
        attribute: String,
    },
    /// `${secrets.NAME}`.
    Secret(String),
    /// `${environment.ATTRIBUTE}`.
    Environment(String),
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource { name, attribute } => write!(f, "${{resources.{name}.{attribute}}}"),
            Self::Service { name, attribute } => write!(f, "${{services.{name}.{attribute}}}"),
            Self::Secret(name) => write!(f, "${{secrets.{name}}}"),
            Self::Environment(attribute) => write!(f, "${{environment.{attribute}}}"),
        }
    }
}

/// One stretch of a template, with its bytes in the text that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it is, `$${` already turned into `${`.
    Literal(String, Range<usize>),
    /// Something to put in.
    Placeholder(Placeholder, Range<usize>),
}

/// A text with placeholders. Printing it gives back the text that was parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Reads a text; every mistake in it is reported.
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        let mut parts = Vec::new();
        let mut errors = Vec::new();
        let mut literal = String::new();
        let (mut start, mut at) = (0, 0);
        while let Some(found) = text[at..].find("${").map(|offset| at + offset) {
            // `$${`: the dollar before belongs to the escape, unless it is part of the placeholder before it.
            if found > at && text.as_bytes()[found - 1] == b'$' {
                literal.push_str(&text[at..found - 1]);
                literal.push_str("${");
                at = found + 2;
                continue;
            }
            literal.push_str(&text[at..found]);
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal), start..found));
            }
            // A placeholder ends at its brace; where another one begins first, it was never closed.
            let rest = &text[found + 2..];
            let next = rest.find("${").unwrap_or(rest.len());
            let Some(length) = rest[..next].find('}') else {
                errors.push(TemplateError::new(
                    TemplateErrorKind::Unclosed,
                    found..found + 2 + next,
                    &rest[..next],
                ));
                (start, at) = (found + 2 + next, found + 2 + next);
                continue;
            };
            let (content, end) = (&rest[..length], found + 2 + length + 1);
            match read_placeholder(content) {
                Ok(placeholder) => parts.push(Part::Placeholder(placeholder, found..end)),
                Err(kind) => {
                    errors.push(TemplateError::new(kind, found..end, content));
                }
            }
            (start, at) = (end, end);
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal, start..text.len()));
        }
        if errors.is_empty() { Ok(Self { parts }) } else { Err(errors) }
    }

    /// A text that stands for itself, whatever it holds.
    pub fn escape(text: &str) -> String {
        text.replace("${", "$${")
    }

    /// Its parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Its placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = (&Placeholder, Range<usize>)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(placeholder, span) => Some((placeholder, span.clone())),
            Part::Literal(..) => None,
        })
    }

    /// The text with every placeholder replaced; `None` when one of them cannot be.
    pub fn resolve(&self, mut value: impl FnMut(&Placeholder) -> Option<String>) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal, _) => text.push_str(literal),
                Part::Placeholder(placeholder, _) => text.push_str(&value(placeholder)?),
            }
        }
        Some(text)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Literal(text, _) => f.write_str(&Self::escape(text))?,
                Part::Placeholder(placeholder, _) => write!(f, "{placeholder}")?,
            }
        }
        Ok(())
    }
}

fn read_placeholder(content: &str) -> Result<Placeholder, TemplateErrorKind> {
    if content.trim().is_empty() {
        return Err(TemplateErrorKind::Empty);
    }
    let segments: Vec<_> = content.split('.').collect();
    let name =
        |text| Name::parse(text).map_err(|error| TemplateErrorKind::Name { suggestion: error.suggestion });
    match segments[..] {
        ["resources", resource, attribute] if !attribute.is_empty() => {
            Ok(Placeholder::Resource { name: name(resource)?, attribute: attribute.to_owned() })
        }
        ["services", service, attribute] if !attribute.is_empty() => {
            Ok(Placeholder::Service { name: name(service)?, attribute: attribute.to_owned() })
        }
        ["secrets", secret] if is_secret_name(secret) => Ok(Placeholder::Secret(secret.to_owned())),
        ["secrets", _] => Err(TemplateErrorKind::SecretName),
        ["environment", attribute] if ENVIRONMENT_ATTRIBUTES.contains(&attribute) => {
            Ok(Placeholder::Environment(attribute.to_owned()))
        }
        ["environment", _] => Err(TemplateErrorKind::EnvironmentAttribute),
        ["resources", ..] => Err(TemplateErrorKind::Segments { shape: "${resources.NAME.ATTRIBUTE}" }),
        ["services", ..] => Err(TemplateErrorKind::Segments { shape: "${services.NAME.ATTRIBUTE}" }),
        ["secrets", ..] => Err(TemplateErrorKind::Segments { shape: "${secrets.NAME}" }),
        ["environment", ..] => Err(TemplateErrorKind::Segments { shape: "${environment.ATTRIBUTE}" }),
        _ => Err(TemplateErrorKind::UnknownRoot),
    }
}

/// Secrets end up in environment variables and are named alike: letters, digits and `_`, no digit first.
pub fn is_secret_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dollars_that_begin_no_placeholder_are_text() {
        for text in ["", "$", "$$", "a$b", "$5", "$$${x}", "$${", "$(date)"] {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.placeholders().count(), 0, "{text}");
            assert_eq!(template.to_string(), text);
        }
        assert_eq!(Template::parse("a$${b}").unwrap().resolve(|_| None).unwrap(), "a${b}");
        assert_eq!(Template::parse("$$${b}").unwrap().resolve(|_| None).unwrap(), "$${b}");
    }

    #[test]
    fn every_mistake_is_told_with_its_remedy() {
        let text = "${} ${PASSWORD:-hunter2} ${resource.db.url} ${resources.db} ${resources.My_DB.url} ${secrets.a-b} \
                    ${DB_PASSWORD} ${environment.nam} ${a b} ${secrets.X.y} ${services.api.url";
        let told: Vec<_> = Template::parse(text)
            .unwrap_err()
            .into_iter()
            .map(|error| {
                format!("{} {}: {error} | {}", &text[error.span.clone()], error.code(), error.help().unwrap())
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        ${} placeholder-empty: a placeholder is empty | name something, such as `${resources.db.url}`; `$${` is a literal `${`
        ${PASSWORD:-hunter2} placeholder-root: `PASSWORD…` is nothing a placeholder can name | did you mean `${secrets.PASSWORD}`? `$${` is a literal `${`
        ${resource.db.url} placeholder-root: `resource` is nothing a placeholder can name | did you mean `${resources.db.url}`?
        ${resources.db} placeholder-segments: `${resources.db}` is not of the form `${resources.NAME.ATTRIBUTE}` | did you mean `${resources.db.url}`?
        ${resources.My_DB.url} placeholder-name: `My_DB` is not a name | did you mean `${resources.my-db.url}`?
        ${secrets.a-b} placeholder-name: `a-b` is no name of a secret | secrets are named like environment variables: letters, digits and `_`
        ${DB_PASSWORD} placeholder-root: `DB_PASSWORD` is nothing a placeholder can name | did you mean `${secrets.DB_PASSWORD}`? `$${` is a literal `${`
        ${environment.nam} placeholder-attribute: an environment has no `nam` | did you mean `${environment.name}`?
        ${a b} placeholder-root: `a…` is nothing a placeholder can name | did you mean `${secrets.a}`? `$${` is a literal `${`
        ${secrets.X.y} placeholder-segments: `${secrets.X.y}` is not of the form `${secrets.NAME}` | write `${secrets.NAME}`
        ${services.api.url placeholder-unclosed: a placeholder is not closed | add the `}`, or write `$${` for a literal `${`
        "#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_printed_as_it_was(
            text in "(\\$|\\{|\\}|\\.|[a-z]|é|resources|\\$\\{secrets\\.A\\}|\\$\\{services\\.api\\.url\\}){0,12}"
        ) {
            match Template::parse(&text) {
                Ok(template) => {
                    prop_assert_eq!(template.to_string(), text.clone());
                    let mut at = 0;
                    for part in template.parts() {
                        let (Part::Literal(_, span) | Part::Placeholder(_, span)) = part;
                        prop_assert_eq!(span.start, at);
                        at = span.end;
                    }
                    prop_assert_eq!(at, text.len());
                }
                Err(errors) => {
                    for error in errors {
                        prop_assert!(text.get(error.span.clone()).is_some());
                        error.help();
                    }
                }
            }
        }

        #[test]
        fn an_escaped_text_stands_for_itself(text in "(\\$|\\{|\\}|[a-z]){0,12}") {
            let template = Template::parse(&Template::escape(&text)).unwrap();
            prop_assert_eq!(template.resolve(|_| None).unwrap(), text);
        }
    }
}
