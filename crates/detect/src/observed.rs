//! What was seen in the source of a service, as values of the service: port, probes, variables, volumes.

use seaworthy_model::{Kind, Origin, PortSetting, Service, Variable, Volume};

use crate::source::{EnvRead, Facts};
use crate::{health, secret};

/// The probes that a web service's routes are good for.
pub(crate) fn propose_probes(service: &mut Service, facts: &Facts) {
    if service.kind.get() != Some(&Kind::Web) {
        return;
    }
    for route in &facts.routes {
        let path = facts.full_path(route);
        if let Some(sort) = health::sort(&path) {
            let origin = Origin::detected("a route in the code").at(route.place.clone());
            health::propose(service, &path, sort, &origin);
        }
    }
}

/// The port that the code listens on, and the variable it can be set by.
pub(crate) fn propose_port(service: &mut Service, facts: &Facts) {
    const NAMES: [&str; 8] = [
        "PORT",
        "SERVER_PORT",
        "APP_PORT",
        "API_PORT",
        "HTTP_PORT",
        "BACKEND_PORT",
        "LISTEN_PORT",
        "WEB_PORT",
    ];
    for name in NAMES {
        let Some(read) = facts.env.iter().find(|read| read.name == name) else { continue };
        let origin = || Origin::detected(format!("the code reads {name}")).at(read.place.clone());
        // `:8080` and `localhost:8080` are addresses: a number alone would not do.
        let is_address = read.default.as_deref().is_some_and(|default| default.contains(':'));
        let setting = if is_address { PortSetting::Fixed } else { PortSetting::Env(name.to_owned()) };
        service.port_setting.propose(setting, origin());
        let default = facts.env.iter().filter(|read| read.name == name).find_map(|read| {
            let port = read.default.as_deref()?.trim_start_matches(':').rsplit(':').next()?.parse().ok()?;
            Some((port, read.place.clone()))
        });
        if let Some((port, place)) = default {
            let origin = Origin::detected(format!("the code falls back to it without {name}")).at(place);
            service.port.propose(port, origin);
        }
        break;
    }
    for listen in &facts.listens {
        let origin = Origin::detected("the code listens on it").at(listen.place.clone()).likely();
        service.port.propose(listen.port, origin);
    }
    if !facts.listens.is_empty() && service.port_setting.get().is_none() {
        let place = facts.listens[0].place.clone();
        service
            .port_setting
            .propose(PortSetting::Fixed, Origin::detected("the port is written in code").at(place).likely());
    }
}

pub(crate) fn propose_variables(service: &mut Service, reads: &[EnvRead]) {
    let is_javascript = service.language.get().is_some_and(|language| language.ends_with("script"));
    for read in reads {
        if secret::is_platform(&read.name)
            || is_javascript && matches!(read.name.as_str(), "MODE" | "DEV" | "PROD" | "SSR" | "BASE_URL")
        {
            continue;
        }
        let variable = service.env.entry(read.name.clone()).or_insert_with(|| Variable {
            required: true,
            secret: secret::is_secret(&read.name),
            public: secret::is_public(&read.name),
            ..Variable::default()
        });
        if read.optional || read.name == "NODE_ENV" || is_set_by_the_runtime(&read.name) {
            variable.required = false;
        }
        if let Some(default) =
            read.default.as_deref().and_then(|default| secret::shown_default(&read.name, default))
        {
            let origin = Origin::detected("the code's fallback").at(read.place.clone());
            variable.default.propose(default, origin);
        }
        // Two patterns may see one read: with its fallback and without.
        if !variable.used_at.contains(&read.place) {
            variable.used_at.push(read.place.clone());
        }
    }
}

/// Variables that a platform, a test runner or `sea` itself sets.
fn is_set_by_the_runtime(name: &str) -> bool {
    matches!(
        name,
        "PORT"
            | "CI"
            | "VERCEL"
            | "VERCEL_URL"
            | "VERCEL_ENV"
            | "NETLIFY"
            | "RENDER"
            | "FLY_APP_NAME"
            | "DYNO"
            | "REPL_ID"
            | "VITEST"
            | "JEST_WORKER_ID"
            | "NEXT_RUNTIME"
            | "RAILS_ENV"
            | "RACK_ENV"
            | "MIX_ENV"
            | "APP_ENV"
            | "DEBUG"
    )
}

/// Where the code keeps data: what it names itself, and the files of SQLite addresses.
pub(crate) fn note_volumes(service: &mut Service, facts: &Facts) {
    let addresses = facts.env.iter().filter_map(|read| {
        let (scheme, path) = read.default.as_deref()?.split_once(':')?;
        let is_file = scheme.starts_with("sqlite") || scheme == "file";
        let path = path.trim_start_matches("//").trim_start_matches("/./").trim_start_matches("./");
        // SQLAlchemy writes three slashes for a relative path and four for an absolute one.
        let path = path.strip_prefix('/').filter(|_| scheme.starts_with("sqlite")).unwrap_or(path);
        (is_file && !path.is_empty() && !path.contains(":memory:"))
            .then(|| (path.to_owned(), read.place.clone()))
    });
    for (path, place) in facts.volumes.iter().cloned().chain(addresses) {
        if !service.volumes.iter().any(|known| known.path == path) {
            let origin = Origin::detected("the code keeps data there").at(place).likely();
            service.volumes.push(Volume { path, origin });
        }
    }
}
