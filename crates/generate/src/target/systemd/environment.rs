//! Variables of a service: those that are the same everywhere stand in its unit, those that differ in a file of each
//! environment, those that must not be seen in a file that only root reads.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::Name;
use seaworthy_model::placeholder::{Part, Placeholder, Template};

use super::Writer;
use super::layout::Layout;
use crate::{Access, Backing, Deployment, Input, Instance, Setting};

/// The variables of one service.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// The same in every environment.
    pub(super) values: BTreeMap<String, String>,
    /// Composed of what must not be seen, in the shell's words.
    pub(super) composed: BTreeMap<String, String>,
    /// Names that have to be in the file of secrets.
    pub(super) outside: BTreeSet<String>,
    /// Names that may be there.
    optional: BTreeSet<String>,
    /// Names of which nobody knows the value.
    missing: BTreeSet<String>,
    /// What cannot be composed here, by its name.
    whole: BTreeMap<String, String>,
}

impl Environment {
    pub(super) fn of(deployment: &Deployment<'_>, layout: &Layout, instance: &Instance<'_>) -> Self {
        let mut environment = Self::default();
        for (key, setting) in &instance.env {
            let key = (*key).to_owned();
            match setting {
                Setting::Value(template) if is_per_environment(template) => {}
                Setting::Value(template) => match resolve(deployment, layout, template) {
                    Some(text) => {
                        environment.values.insert(key, text);
                    }
                    None => {
                        environment.outside.insert(key);
                    }
                },
                Setting::Composed(template) => {
                    if let Some((text, names)) = compose(deployment, layout, template) {
                        environment.composed.insert(key, text);
                        environment.outside.extend(names);
                    } else {
                        environment.whole.insert(key.clone(), template.to_string());
                        environment.outside.insert(key);
                    }
                }
                Setting::Secret { name, optional } => {
                    if *optional {
                        environment.optional.insert(name.clone());
                    } else {
                        environment.outside.insert(name.clone());
                    }
                    if *name != key {
                        environment.composed.insert(key, format!("${{{name}:-}}"));
                    }
                }
                Setting::Missing => {
                    environment.missing.insert(key.clone());
                    environment.outside.insert(key);
                }
            }
        }
        environment
    }

    /// There is a file of secrets.
    pub(super) fn has_secrets(&self) -> bool {
        !self.outside.is_empty() || !self.optional.is_empty()
    }

    pub(super) fn lose(&self, writer: &mut Writer<'_>, instance: &Instance<'_>) {
        for (key, template) in &self.whole {
            let app = writer.app.clone();
            writer.lose(
                format!("{}.env.{key}", instance.name),
                "it is composed of something that differs between environments or is not on this machine",
                format!(
                    "put the whole of it into /etc/{app}/{}.secrets.env: {template}",
                    super::plain(instance.name)
                ),
            );
        }
        for key in &self.missing {
            let app = writer.app.clone();
            writer.lose(
                format!("{}.env.{key}", instance.name),
                "nothing in the repository says what it is",
                format!("it has to be in /etc/{app}/{}.secrets.env", super::plain(instance.name)),
            );
        }
    }
}

/// Environments that a machine may be.
pub(super) fn names<'a>(input: &'a Input<'_>) -> impl Iterator<Item = &'a Name> {
    input.app.environments.keys().filter(|name| name.as_str() != "local")
}

/// The files of each environment: what differs there.
pub(super) fn files(writer: &mut Writer<'_>, deployment: &Deployment<'_>, layout: &Layout) {
    let input = writer.input;
    for name in names(input) {
        let Some(here) = input.deployment_in(name) else { continue };
        for instance in here.instances.iter().filter(|one| layout.runs(one)) {
            let usual = deployment.instance(instance.name);
            let mut lines = String::new();
            for (key, setting) in &instance.env {
                let Setting::Value(template) = setting else { continue };
                let same = usual.and_then(|usual| usual.env.get(key)) == Some(setting);
                if same && !is_per_environment(template) {
                    continue;
                }
                match resolve_in(&here, layout, template, name) {
                    Some(text) => lines.extend([key, "=", &file_value(&text), "\n"]),
                    None => writer.lose(
                        format!("{}.env.{key}", instance.name),
                        format!("its value in {name} names what nobody knows"),
                        "put it into the file of secrets",
                    ),
                }
            }
            if !lines.is_empty() {
                writer.text(&format!("environments/{name}/{}.env", super::plain(instance.name)), &lines);
            }
            if let Some(usual) = usual
                && (usual.memory != instance.memory || usual.cpu != instance.cpu)
            {
                writer.lose(
                    format!("{}.memory", instance.name),
                    format!("its limits in {name} differ, and units are the same everywhere"),
                    "override them there with `systemctl edit`",
                );
            }
        }
    }
}

/// A value of an environment file, between double quotes where something in it is special there.
fn file_value(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@,+=%&?".contains(c);
    if text.chars().all(plain) {
        return text.to_owned();
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`");
    format!("\"{escaped}\"")
}

fn is_per_environment(template: &Template) -> bool {
    template.placeholders().any(|(placeholder, _)| matches!(placeholder, Placeholder::Environment(_)))
}

fn resolve(deployment: &Deployment<'_>, layout: &Layout, template: &Template) -> Option<String> {
    template.resolve(|placeholder| value(deployment, layout, placeholder))
}

fn resolve_in(
    deployment: &Deployment<'_>,
    layout: &Layout,
    template: &Template,
    name: &Name,
) -> Option<String> {
    template.resolve(|placeholder| match placeholder {
        Placeholder::Environment(attribute) if attribute == "name" => Some(name.to_string()),
        Placeholder::Environment(_) => deployment.app.environments.get(name)?.domain.get().cloned(),
        other => value(deployment, layout, other),
    })
}

/// The text in the shell's words, between double quotes, with the names of the secrets in it.
fn compose(
    deployment: &Deployment<'_>,
    layout: &Layout,
    template: &Template,
) -> Option<(String, BTreeSet<String>)> {
    let mut names = BTreeSet::new();
    let mut text = String::new();
    for part in template.parts() {
        match part {
            Part::Literal(literal, _) => text.push_str(&shell_escape(literal)),
            Part::Placeholder(Placeholder::Secret(name), _) => {
                text.extend(["${", name, "}"]);
                names.insert(name.clone());
            }
            Part::Placeholder(placeholder, _) => {
                let Placeholder::Resource { name, attribute } = placeholder else {
                    text.push_str(&shell_escape(&value(deployment, layout, placeholder)?));
                    continue;
                };
                let backing = deployment.backing(name)?;
                let reference = backing.password.as_ref().map(|name| format!("${{{name}}}"));
                text.push_str(&attribute_of(layout, backing, attribute, reference.as_deref())?);
                if backing.is_secret(attribute) {
                    names.extend(backing.password.clone());
                }
            }
        }
    }
    Some((text, names))
}

fn shell_escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`")
}

fn value(deployment: &Deployment<'_>, layout: &Layout, placeholder: &Placeholder) -> Option<String> {
    match placeholder {
        Placeholder::Resource { name, attribute } => {
            let backing = deployment.backing(name)?;
            if backing.is_secret(attribute) { None } else { attribute_of(layout, backing, attribute, None) }
        }
        Placeholder::Service { name, attribute } => {
            let port = layout.port(name)?;
            Some(match attribute.as_str() {
                "host" => "127.0.0.1".to_owned(),
                "port" => port.to_string(),
                _ => format!("http://127.0.0.1:{port}"),
            })
        }
        Placeholder::Secret(_) | Placeholder::Environment(_) => None,
    }
}

fn attribute_of(
    layout: &Layout,
    backing: &Backing<'_>,
    attribute: &str,
    password: Option<&str>,
) -> Option<String> {
    if backing.kind == "sqlite" {
        let path = format!("/var/lib/{}/{}.sqlite", layout.app, super::plain(backing.name));
        return match attribute {
            "path" => Some(path),
            "url" => Some(format!("sqlite://{path}")),
            _ => None,
        };
    }
    let port = backing.port()?.to_string();
    backing.attribute(
        attribute,
        &Access { host: "127.0.0.1", port: &port, password: password.unwrap_or_default() },
    )
}
