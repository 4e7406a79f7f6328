//! What an app calls its user and its database: files of it may name them (`OWNER TO dashboard`).

use seaworthy_model::{App, Name};

use crate::address;

/// What an app calls its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) username: String,
    pub(super) database: String,
}

/// The names that the addresses of a resource have in examples and fallbacks of those who use it, else the app's name.
pub(super) fn called(app: &App, name: &Name, kind: &str) -> Called {
    let services = app.users_of(name).filter_map(|service| app.services.get(service));
    let variables = services.flat_map(|service| service.env.values());
    let addresses = variables.flat_map(|variable| variable.default.all().iter().chain(variable.value.all()));
    let mut named = addresses
        .filter(|evidence| address::resource_types(&evidence.value).contains(&kind))
        .map(|evidence| address::names(&evidence.value));
    let fallback = app.name.get().map_or("app", Name::as_str).replace('-', "_");
    let (mut username, mut database) = (None, None);
    for (user, named_database) in &mut named {
        username = username.or(user);
        database = database.or(named_database);
    }
    Called { username: username.unwrap_or_else(|| fallback.clone()), database: database.unwrap_or(fallback) }
}
