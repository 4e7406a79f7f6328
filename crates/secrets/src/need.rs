//! Which secrets an app names, where, and what happens without them.

use std::collections::BTreeMap;

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::{App, Name, Place, Service, Variable};

use crate::SecretName;

/// What a service gets where no source has a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fallback {
    /// Nothing can take its place: without it the service does not start.
    Nothing,
    /// The host makes it up once and keeps it.
    MadeUp,
    /// What a resource, another service or the model gives.
    Given,
    /// What the code does without it.
    Code,
}

/// A service that names a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The service.
    pub service: Name,
    /// The variable that gets it.
    pub variable: String,
    /// Where it is named.
    pub place: Option<Place>,
    /// What happens without it.
    pub fallback: Fallback,
}

/// Every secret of an app, with who names it, in order of the services.
pub type Needs = BTreeMap<SecretName, Vec<Use>>;

/// What the services of an app need in an environment. `app` is the model as that environment sees it.
///
/// A service names a secret by `${secrets.NAME}`, or by a variable of that name which must not be seen. What happens
/// without a variable of the second kind is for `fallback` to say: this crate does not know what hosts make up.
pub fn needs(
    app: &App,
    environment: &Name,
    fallback: impl Fn(&Service, &str, &Variable) -> Fallback,
) -> Needs {
    let mut needs = Needs::new();
    for (service_name, service) in &app.services {
        for (variable, known) in &service.env {
            let said = known.value.winner();
            let named = said.map(|said| placeholders(&said.value)).unwrap_or_default();
            let is_named = !named.is_empty();
            let mut add = |secret: &str, place: Option<Place>, fallback: Fallback| {
                let Ok(secret) = SecretName::parse(secret) else { return };
                let (service, variable) = (service_name.clone(), variable.clone());
                needs.entry(secret).or_default().push(Use { service, variable, place, fallback });
            };
            for secret in named {
                let place = said.and_then(|said| said.origin.place.clone());
                let fallback = if is_meant(app, &secret, environment) {
                    // A secret that stands for a variable of its own can be made up as that one can.
                    match fallback(service, &secret, known) {
                        Fallback::MadeUp => Fallback::MadeUp,
                        _ => Fallback::Nothing,
                    }
                } else {
                    Fallback::Code
                };
                add(&secret, place, fallback);
            }
            if known.secret && !is_named {
                let place = known.used_at.first().or(known.declared_at.first()).cloned();
                let fallback = if is_meant(app, variable, environment) {
                    fallback(service, variable, known)
                } else {
                    Fallback::Code
                };
                add(variable, place, fallback);
            }
        }
    }
    needs
}

/// A secret that is declared for other environments is not needed in this one.
fn is_meant(app: &App, secret: &str, environment: &Name) -> bool {
    let declared = app.secrets.get(secret).and_then(|secret| secret.environments.get());
    declared.is_none_or(|environments| environments.contains(environment))
}

fn placeholders(text: &str) -> Vec<String> {
    let Ok(template) = Template::parse(text) else { return Vec::new() };
    let secret = |(placeholder, _): (&Placeholder, _)| match placeholder {
        Placeholder::Secret(name) => Some(name.clone()),
        _ => None,
    };
    template.placeholders().filter_map(secret).collect()
}

#[cfg(test)]
mod tests {
    use seaworthy_model::config::{Config, Source};

    use super::*;

    #[test]
    fn a_service_needs_what_it_names() {
        let text = r#"
            [services.api]
            start = "node api.js"
            env = { COOKIE = "${secrets.SESSION_SECRET}", URL = "https://u:${secrets.PASSWORD}@x/${secrets.PATH_KEY}", PLAIN = "1" }
            [services.web]
            start = "node web.js"
            env = { PASSWORD = "${secrets.PASSWORD}", OLD = "${secrets.STAGING_ONLY}" }
            [secrets.STAGING_ONLY]
            environments = ["staging"]
            [environments.staging]
            [environments.production]
        "#;
        let (config, diagnostics) = Config::parse(text);
        assert_eq!(diagnostics, []);
        let mut app = App::default();
        config.apply(&mut app, &Source::file("seaworthy.toml", text));
        let api = app.services.get_mut("api").unwrap();
        let stripe = api.env.entry("STRIPE_KEY".to_owned()).or_default();
        stripe.secret = true;
        stripe.used_at.push(Place::line("api.js", 3));
        let made_up = |_: &Service, name: &str, _: &Variable| {
            if name == "SESSION_SECRET" { Fallback::MadeUp } else { Fallback::Nothing }
        };
        let seen: Vec<String> = needs(&app, &Name::from_text("production"), made_up)
            .iter()
            .map(|(name, uses)| {
                let uses: Vec<String> = uses
                    .iter()
                    .map(|one| {
                        let place = one.place.as_ref().map(ToString::to_string).unwrap_or_default();
                        format!("{} {} {place} {:?}", one.service, one.variable, one.fallback)
                    })
                    .collect();
                format!("{name}: {}", uses.join(", "))
            })
            .collect();
        assert_eq!(
            seen,
            [
                "PASSWORD: api URL seaworthy.toml:4 Nothing, web PASSWORD seaworthy.toml:7 Nothing",
                "PATH_KEY: api URL seaworthy.toml:4 Nothing",
                "SESSION_SECRET: api COOKIE seaworthy.toml:4 MadeUp",
                "STAGING_ONLY: web OLD seaworthy.toml:7 Code",
                "STRIPE_KEY: api STRIPE_KEY api.js:3 Nothing",
            ]
        );
    }
}
