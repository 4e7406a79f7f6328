//! What is known of environment variables, for people: the same for `.env.example` and the reference.

use std::collections::BTreeMap;

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::{App, Kind, Name, Variable};

use crate::{Deployment, Setting};

/// A variable, with everyone who reads it.
pub(crate) struct Known<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Who reads it.
    pub(crate) readers: Vec<(&'a Name, &'a Variable)>,
    /// What it is for, where somebody said so.
    pub(crate) description: Option<&'a str>,
}

/// Where the value of a variable comes from.
pub(crate) enum Origin {
    /// It must not be seen.
    Secret,
    /// The model composes it: the text with its placeholders.
    Composed(String),
    /// The model says it.
    Value(String),
    /// The code falls back to it, or an example suggests it.
    Default(String),
    /// Nobody says it.
    Unknown,
}

/// Every variable of an app, in order of their names.
pub(crate) fn all(app: &App) -> Vec<Known<'_>> {
    let mut readers: BTreeMap<&str, Vec<(&Name, &Variable)>> = BTreeMap::new();
    for (name, service) in &app.services {
        for (key, variable) in &service.env {
            readers.entry(key).or_default().push((name, variable));
        }
    }
    readers
        .into_iter()
        .map(|(name, readers)| {
            let secrets = readers.iter().filter_map(|(_, variable)| secret(variable));
            let named = secrets.chain([name.to_owned()]).find_map(|name| app.secrets.get(&name));
            let description = named.and_then(|secret| secret.description.get()).map(String::as_str);
            Known { name, readers, description }
        })
        .collect()
}

impl Known<'_> {
    /// Code was seen that reads it; else the model hands it over and nobody saw who reads it.
    pub(crate) fn is_read(&self) -> bool {
        self.readers.iter().any(|(_, variable)| !variable.used_at.is_empty())
    }

    /// Its value must not be seen: it is a secret, or holds one, as the address of a database does.
    pub(crate) fn is_secret(&self, deployment: &Deployment<'_>) -> bool {
        self.readers.iter().any(|(service, variable)| is_secret(deployment, service, self.name, variable))
    }

    /// Somebody cannot do without it.
    pub(crate) fn required(&self) -> bool {
        self.readers.iter().any(|(_, variable)| variable.required)
    }

    /// Where its value comes from: the first reader of whom something is known speaks for all.
    pub(crate) fn origin(&self) -> Origin {
        let origins = self.readers.iter().map(|(_, variable)| origin(variable));
        let mut found = Origin::Unknown;
        for origin in origins {
            match (&found, origin) {
                (_, Origin::Secret) => return Origin::Secret,
                (Origin::Unknown, origin) => found = origin,
                _ => {}
            }
        }
        found
    }
}

/// Where the value of a variable comes from.
pub(crate) fn origin(variable: &Variable) -> Origin {
    let template = variable.value.get().and_then(|value| Template::parse(value).ok());
    let is_composed = template.is_some_and(|template| template.placeholders().next().is_some());
    if secret(variable).is_some() || variable.secret && !is_composed {
        return Origin::Secret;
    }
    match (variable.value.get(), variable.default.get()) {
        (Some(value), _) if is_composed => Origin::Composed(value.clone()),
        (Some(value), _) => Origin::Value(value.replace("$${", "${")),
        (None, Some(default)) => Origin::Default(default.clone()),
        (None, None) => Origin::Unknown,
    }
}

/// The value that a service is handed must not be seen.
pub(crate) fn is_secret(deployment: &Deployment<'_>, service: &Name, key: &str, variable: &Variable) -> bool {
    let setting = deployment.instance(service).and_then(|instance| instance.env.get(key));
    let holds_one = matches!(setting, Some(Setting::Composed(_) | Setting::Secret { .. }));
    holds_one || matches!(origin(variable), Origin::Secret)
}

/// The secret that its value names.
fn secret(variable: &Variable) -> Option<String> {
    let template = Template::parse(variable.value.get()?).ok()?;
    template.placeholders().find_map(|(placeholder, _)| match placeholder {
        Placeholder::Secret(name) => Some(name.clone()),
        _ => None,
    })
}

/// The folder of a service holds files that browsers download: what is built into them is no secret.
pub(crate) fn is_built_in(app: &App, service: &Name, variable: &Variable) -> bool {
    let kind = app.services.get(service).and_then(|service| service.kind.get());
    variable.public || kind == Some(&Kind::Static)
}
