//! Services that talk to one another: a variable whose fallback is the address of a port on this machine, and
//! another service that listens on that port.

use seaworthy_model::{Condition, Kind, Name, Origin};

use crate::draft::Draft;

/// Turns such variables into placeholders, and with them into dependencies.
pub(crate) fn note_addresses(draft: &mut Draft) {
    let listeners: Vec<(Name, u16)> = draft
        .services
        .iter()
        .filter_map(|service| Some((service.names.get()?.clone(), *service.service.port.get()?)))
        .collect();
    let sites: Vec<Name> = draft
        .services
        .iter()
        .filter(|service| service.service.kind.get() == Some(&Kind::Static))
        .filter_map(|service| service.names.get().cloned())
        .collect();
    for index in 0..draft.services.len() {
        let own = draft.services[index].names.get().cloned();
        let mut found = Vec::new();
        for (variable, known) in &draft.services[index].service.env {
            let Some(evidence) = known.default.winner().filter(|_| known.value.get().is_none()) else {
                continue;
            };
            let Some((port, path)) = local_port(&evidence.value) else { continue };
            let mut targets =
                listeners.iter().filter(|(name, known)| *known == port && Some(name) != own.as_ref());
            // Two services on one default port: which of them is meant cannot be known.
            if let (Some((target, _)), None) = (targets.next(), targets.next()) {
                let place = evidence.origin.place.clone();
                found.push((variable.clone(), target.clone(), path.to_owned(), place));
            }
        }
        for (variable, target, path, place) in found {
            let mut origin =
                Origin::detected(format!("{variable} falls back to the port of {target}")).likely();
            origin.place = place;
            let service = &mut draft.services[index].service;
            if let Some(known) = service.env.get_mut(&variable) {
                known.value.propose(format!("${{services.{target}.url}}{path}"), origin.clone());
            }
            // An API that names its site does so for CORS and links, not because it needs it.
            if !sites.contains(&target) {
                service.depend_on(target, Condition::ServiceStarted, origin);
            }
        }
    }
}

/// Gives public paths to the services that a site's development server passes requests on to, and the root to
/// the site: they are meant to be one origin.
pub(crate) fn note_routes(draft: &mut Draft) {
    let mut routes = Vec::new();
    for (site, service) in draft.services.iter().enumerate() {
        let Some(project) = service.project else { continue };
        for proxied in &draft.projects[project].proxied {
            let mut targets =
                draft.services.iter().enumerate().filter(|(index, other)| {
                    *index != site && other.service.port.get() == Some(&proxied.port)
                });
            if let (Some((target, _)), None) = (targets.next(), targets.next()) {
                let origin = |rule| Origin::detected(rule).at(proxied.place.clone()).likely();
                routes.push((target, proxied.path.clone(), origin("the site passes this path on to it")));
                routes.push((site, "/".to_owned(), origin("the site that passes paths on")));
            }
        }
    }
    let claims = routes.clone();
    for (index, route, origin) in routes {
        // Several apps in one repository: which of them has the path in public, nobody said.
        if claims.iter().any(|(other, path, _)| *path == route && *other != index) {
            continue;
        }
        draft.services[index].service.route.propose(route, origin);
    }
}

/// The port and path of an address on this machine.
fn local_port(address: &str) -> Option<(u16, &str)> {
    let rest = address.strip_prefix("http://")?;
    let (host, path) = match rest.find('/') {
        Some(slash) => (&rest[..slash], rest[slash..].trim_end_matches('/')),
        None => (rest, ""),
    };
    let (host, port) = host.rsplit_once(':')?;
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0").then_some(())?;
    Some((port.parse().ok()?, path))
}

#[cfg(test)]
mod tests {
    use super::local_port;

    #[test]
    fn addresses_on_this_machine() {
        assert_eq!(local_port("http://localhost:4001"), Some((4001, "")));
        assert_eq!(local_port("http://127.0.0.1:4001/api/"), Some((4001, "/api")));
        assert_eq!(local_port("http://localhost"), None);
        assert_eq!(local_port("https://api.example.com:443"), None);
    }
}
