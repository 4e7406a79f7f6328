//! Two things that cannot both be so.

use std::collections::BTreeMap;

use crate::config::Severity;
use crate::{App, Layer, Name, Origin, PortSetting, Service};

use super::{Problem, Site, ValidationContext};

pub(super) fn check(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    for (name, service) in &app.services {
        if app.resources.contains_key(name) {
            let site = |table: &str, label: &str, origin: Option<&Origin>| {
                context
                    .key(&format!("{table}.{name}"), label)
                    .or_else(|| origin.map(|origin| context.site(origin, label)))
            };
            let resource = app.resources.get(name).and_then(|resource| resource.r#type.origin());
            problems.push(
                Problem::error("name-clash", format!("`{name}` names a service and a resource"))
                    .at(site("services", "the service", home(service)))
                    .at(site("resources", "the resource", resource))
                    .note("both are reached by their name, and `depends_on` names either")
                    .help(format!("rename one of them, such as `[resources.{name}-data]`")),
            );
        }
    }
    ports(app, context, problems);
    routes(app, context, problems);
}

/// Something that says where a service was found.
fn home(service: &Service) -> Option<&Origin> {
    let texts = [
        &service.start,
        &service.dev,
        &service.build,
        &service.framework,
        &service.language,
        &service.path,
        &service.static_dir,
    ];
    texts.into_iter().find_map(|field| field.origin())
}

/// Two services on one port, neither of which can be moved.
fn ports(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    let mut taken: BTreeMap<u16, (&Name, &Origin)> = BTreeMap::new();
    for (name, service) in &app.services {
        let Some(port) = service.port.winner() else { continue };
        if matches!(service.port_setting.get(), Some(PortSetting::Env(_) | PortSetting::Flag(_))) {
            continue;
        }
        let Some((other, first)) = taken.get(&port.value) else {
            taken.insert(port.value, (name, &port.origin));
            continue;
        };
        // A detected port is often a default that the service would give up for another.
        let said = port.origin.layer >= Layer::Config && first.layer >= Layer::Config;
        let fixed = |name: &Name| {
            app.services.get(name).and_then(|service| service.port_setting.get()) == Some(&PortSetting::Fixed)
        };
        let severity =
            if said || (fixed(name) && fixed(other)) { Severity::Error } else { Severity::Warning };
        problems.push(
            Problem::new("port-clash", severity, format!("`{other}` and `{name}` both listen on port {}", port.value))
                .at(context.site(&port.origin, format!("`{name}`")))
                .at(context.site(first, format!("`{other}`")))
                .note("on one machine the second of them cannot start")
                .help(format!(
                    "give one another port, or say which variable it reads: `port_env = \"PORT\"` under `[services.{name}]`"
                )),
        );
    }
}

/// Two services on one route.
fn routes(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    let mut taken: BTreeMap<String, (&Name, &Origin)> = BTreeMap::new();
    for (name, service) in &app.services {
        let Some(route) = service.route.winner() else { continue };
        let plain = route.value.trim_end_matches('/').to_ascii_lowercase();
        if let Some((other, first)) = taken.get(&plain) {
            let site = |name: &Name, origin: &Origin| -> Site { context.site(origin, format!("`{name}`")) };
            problems.push(
                Problem::error(
                    "route-clash",
                    format!("`{other}` and `{name}` share the route `{}`", route.value),
                )
                .at(site(name, &route.origin))
                .at(site(other, first))
                .note("the proxy could not tell whose request it is")
                .help(format!(
                    "give one another path or host, such as `/{}`",
                    if plain == format!("/{name}") { other } else { name }
                )),
            );
        } else {
            taken.insert(plain, (name, &route.origin));
        }
    }
}
