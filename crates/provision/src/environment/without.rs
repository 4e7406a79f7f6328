//! What a service gets for a secret that nobody sets.

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::{App, Layer, Service, Variable};

use super::{is_own_secret, parts};
use crate::address;

/// What takes the place of a secret in production; the answers of [`super::resolve`] before there is anything to resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Nothing does.
    Nothing,
    /// It is made up once for the environment.
    MadeUp,
    /// The model, a resource or another service gives it.
    Given,
    /// The code does without.
    Code,
}

/// What a service gets for `name`, a variable of its own or a secret that `variable` names, where it is not set.
pub fn without(app: &App, service: &Service, name: &str, variable: &Variable) -> Without {
    let said = variable.value.winner();
    let template = said.and_then(|said| Template::parse(&said.value).ok());
    let names = |wanted: fn(&Placeholder) -> bool| {
        template.iter().flat_map(Template::placeholders).any(|(placeholder, _)| wanted(placeholder))
    };
    let is_secret = names(|placeholder| matches!(placeholder, Placeholder::Secret(_)));
    let is_of_another = names(|placeholder| {
        matches!(placeholder, Placeholder::Resource { .. } | Placeholder::Service { .. })
    });
    let is_written = said.is_some_and(|said| said.origin.layer >= Layer::Config);
    if !is_secret && (is_written || is_of_another || is_part(app, service, name, variable)) {
        Without::Given
    } else if is_own_secret(name) {
        Without::MadeUp
    } else if variable.required || is_secret {
        Without::Nothing
    } else {
        Without::Code
    }
}

/// One resource of the service has what the variable holds: a part of its address, or the address in another dialect.
fn is_part(app: &App, service: &Service, name: &str, variable: &Variable) -> bool {
    let is_only = |types: &[&str]| {
        let resources = app.resources.iter().filter(|(name, _)| service.depends_on.contains_key(*name));
        let kinds = resources.filter_map(|(_, resource)| resource.r#type.get());
        kinds.filter(|kind| types.contains(&kind.as_str())).count() == 1
    };
    parts::of(name).is_some_and(|(types, _)| is_only(types))
        || variable.default.all().iter().any(|example| is_only(address::resource_types(&example.value)))
}

#[cfg(test)]
mod tests {
    use seaworthy_model::config::{Config, Source};

    use super::*;

    #[test]
    fn what_takes_the_place_of_a_secret() {
        let text = r#"
            [services.api]
            start = "node api.js"
            depends_on = ["db"]
            env = { DATABASE_URL = "${resources.db.url}", PLAIN_KEY = "x", STRIPE = "${secrets.STRIPE_KEY}" }
            [resources.db]
            type = "postgres"
        "#;
        let (config, diagnostics) = Config::parse(text);
        assert_eq!(diagnostics, []);
        let mut app = App::default();
        config.apply(&mut app, &Source::file("seaworthy.toml", text));
        let api = &app.services["api"];
        let (needed, optional) = (Variable { required: true, ..Variable::default() }, Variable::default());
        for (name, variable, expected) in [
            ("DATABASE_URL", &api.env["DATABASE_URL"], Without::Given),
            ("PLAIN_KEY", &api.env["PLAIN_KEY"], Without::Given),
            ("STRIPE_KEY", &api.env["STRIPE"], Without::Nothing),
            ("POSTGRES_PASSWORD", &needed, Without::Given),
            ("JWT_SECRET", &needed, Without::MadeUp),
            ("STRIPE_KEY", &needed, Without::Nothing),
            ("SENTRY_TOKEN", &optional, Without::Code),
        ] {
            assert_eq!(without(&app, api, name, variable), expected, "{name}");
        }
    }
}
