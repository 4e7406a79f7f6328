//! Values of variables: as Compose interpolates them, and as a shell exports them from files with secrets.

use seaworthy_model::placeholder::{Part, Placeholder, Template};

use super::flavour::Project;
use crate::{Access, Setting};

/// A stretch of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text as it is.
    Text(String),
    /// An expression that Compose fills in.
    Outside(String),
    /// A secret, by its name.
    Secret(String),
}

/// A value, and whether it has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pieces: Vec<Piece>,
    optional: bool,
}

/// Marks the password in an address; no address has such characters.
const MARK: char = '\u{1}';

impl Value {
    /// The value of a variable; `for_browser` where it is built into what browsers download.
    pub(super) fn of(name: &str, setting: &Setting, project: &Project<'_>, for_browser: bool) -> Self {
        let outside =
            || Self { pieces: vec![Piece::Outside(format!("${{{name}:?what {name} is}}"))], optional: false };
        match setting {
            Setting::Secret { name, optional } => {
                Self { pieces: vec![Piece::Secret(name.clone())], optional: *optional }
            }
            Setting::Missing => outside(),
            Setting::Value(template) | Setting::Composed(template) => {
                Self::composed(template, project, for_browser).unwrap_or_else(outside)
            }
        }
    }

    fn composed(template: &Template, project: &Project<'_>, for_browser: bool) -> Option<Self> {
        let mut pieces = Vec::new();
        for part in template.parts() {
            match part {
                Part::Literal(text, _) => pieces.push(Piece::Text(text.clone())),
                Part::Placeholder(Placeholder::Secret(name), _) => pieces.push(Piece::Secret(name.clone())),
                Part::Placeholder(Placeholder::Environment(what), _) if what == "name" => {
                    pieces.push(Piece::Text(project.environment().to_owned()));
                }
                Part::Placeholder(Placeholder::Environment(_), _) => {
                    pieces.push(Piece::Outside(project.domain()));
                }
                Part::Placeholder(Placeholder::Service { name, attribute }, _) => {
                    let port = project.deployment.instance(name)?.port?;
                    let host = name.as_str();
                    let text = match attribute.as_str() {
                        "host" => host.to_owned(),
                        "port" => port.to_string(),
                        _ if for_browser && project.is_production() => {
                            format!("https://{}", project.domain())
                        }
                        _ if for_browser => {
                            format!("http://localhost:{}", project.published.get(name).unwrap_or(&port))
                        }
                        _ => format!("http://{host}:{port}"),
                    };
                    pieces.push(Piece::Outside(text));
                }
                Part::Placeholder(Placeholder::Resource { name, attribute }, _) => {
                    let backing = project.deployment.backing(name)?;
                    let port = backing.port().unwrap_or_default().to_string();
                    let mark = MARK.to_string();
                    let access = Access { host: name.as_str(), port: &port, password: &mark };
                    let text = backing.attribute(attribute, &access)?;
                    for (index, text) in text.split(MARK).enumerate() {
                        if index > 0 {
                            pieces.push(Piece::Secret(backing.password.clone()?));
                        }
                        pieces.push(Piece::Text(text.to_owned()));
                    }
                }
            }
        }
        Some(Self { pieces, optional: false })
    }

    /// The names of the secrets in it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Secret(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// As the value of a key of `environment`.
    pub(super) fn interpolated(&self) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.replace('$', "$$"),
            Piece::Outside(text) => text.clone(),
            Piece::Secret(name) if self.optional => format!("${{{name}:-}}"),
            Piece::Secret(name) => format!("${{{name}:?a secret, set it in .env}}"),
        });
        pieces.collect()
    }

    /// As lines of a shell that reads the secrets from their files; Compose takes one of two dollars away.
    pub(super) fn exported(&self, name: &str) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('`', "\\`");
                text.replace('$', "\\$$")
            }
            Piece::Outside(text) => text.clone(),
            Piece::Secret(name) => format!("$$(cat {SECRETS}/{name})"),
        });
        // A command that fails in an assignment of its own ends the shell; in `export NAME=...` it would not.
        format!("{name}=\"{}\"\nexport {name}\n", pieces.collect::<String>())
    }
}

/// Where Compose puts files with secrets.
pub(super) const SECRETS: &str = "/run/secrets";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_an_expression_here_and_a_file_there() {
        let value = Value {
            pieces: vec![
                Piece::Text("postgres://a$b\"`:".to_owned()),
                Piece::Secret("DB_PASSWORD".to_owned()),
                Piece::Outside("@${HOST:?x}".to_owned()),
            ],
            optional: false,
        };
        assert_eq!(
            value.interpolated(),
            "postgres://a$$b\"`:${DB_PASSWORD:?a secret, set it in .env}@${HOST:?x}"
        );
        assert_eq!(
            value.exported("URL"),
            "URL=\"postgres://a\\$$b\\\"\\`:$$(cat /run/secrets/DB_PASSWORD)@${HOST:?x}\"\nexport URL\n"
        );
    }
}
