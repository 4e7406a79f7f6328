//! Which field of the model a key of a file is about.

use seaworthy_model::{App, Name};

use crate::names::label;

/// The words that files have for fields of the model, the most telling first.
const WORDS: [(&str, &str); 44] = [
    ("readinessprobe", "readiness"),
    ("livenessprobe", "liveness"),
    ("startupprobe", "startup"),
    ("healthcheck", "readiness"),
    ("health_check", "readiness"),
    ("schedule_expression_timezone", "timezone"),
    ("schedule_expression", "schedule"),
    ("timezone", "timezone"),
    ("time_zone", "timezone"),
    ("schedule", "schedule"),
    ("oncalendar", "schedule"),
    ("terminationgraceperiodseconds", "stop_grace_period"),
    ("stop_grace_period", "stop_grace_period"),
    ("timeoutstopsec", "stop_grace_period"),
    ("stop_timeout", "stop_grace_period"),
    ("minreplicas", "replicas"),
    ("maxreplicas", "replicas"),
    ("replicas", "replicas"),
    ("desired_count", "replicas"),
    ("min_instance_count", "replicas"),
    ("memorymax", "memory"),
    ("memory", "memory"),
    ("mem_limit", "memory"),
    ("cpuquota", "cpu"),
    ("cpus", "cpu"),
    ("cpu", "cpu"),
    ("depends_on", "depends_on"),
    ("containerport", "port"),
    ("container_port", "port"),
    ("targetport", "port"),
    ("expose", "port"),
    ("ports", "port"),
    ("port", "port"),
    ("entrypoint", "start"),
    ("command", "start"),
    ("execstart", "start"),
    ("args", "start"),
    ("cmd", "start"),
    ("hostnames", "route"),
    ("matches", "route"),
    ("develop", "watch"),
    ("volumes", "volumes"),
    ("image", "image"),
    ("from", "runtime"),
];

/// The field that a key of a file is about: `api.port`; where it is none, the file and the key.
pub(super) fn subject(app: &App, path: &str, key: &str) -> String {
    let Some(owner) = owner(app, path, key) else { return format!("{path} {key}") };
    match variable(key) {
        Some(name) => format!("{owner}.env.{name}"),
        None => match field(key) {
            Some(field) => format!("{owner}.{field}"),
            None => format!("{path} {key}"),
        },
    }
}

/// The service, resource or job that is named in the key or, where it is not, in the path: the longest name that fits.
fn owner<'a>(app: &'a App, path: &str, key: &str) -> Option<&'a Name> {
    let app_name = app.name.get().map_or("app", Name::as_str);
    let names = || app.services.keys().chain(app.resources.keys()).chain(app.jobs.keys());
    let split = |text: &str| -> Vec<String> {
        text.split(['.', '/', '[', ']', ' ', '"'])
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let of = |parts: &[String]| {
        let is = |name: &&Name| {
            let name = name.as_str();
            let long = label(&format!("{app_name}-{name}"), 63);
            parts.iter().any(|part| part == name || *part == long || part.replace('_', "-") == name)
        };
        names().filter(is).max_by_key(|name| name.as_str().len())
    };
    of(&split(key)).or_else(|| of(&split(path))).or_else(|| {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        app.services.iter().find(|(_, service)| service.path() == folder).map(|(name, _)| name)
    })
}

/// The variable that a key is the value of.
fn variable(key: &str) -> Option<&str> {
    let rest = ["environment.", "env[", "ENV.", "env."].iter().find_map(|mark| key.split_once(mark))?.1;
    let name = rest.split([']', '.', '[']).next()?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}

fn field(key: &str) -> Option<&'static str> {
    let parts: Vec<String> = key
        .split(['.', '[', ']', '/'])
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    WORDS.iter().find(|(word, _)| parts.iter().any(|part| part == word)).map(|(_, field)| *field)
}

#[cfg(test)]
mod tests {
    use seaworthy_model::{Resource, Service};

    use super::*;

    #[test]
    fn keys_of_all_formats_are_fields_of_the_model() {
        let mut app = App::default();
        app.name.propose(Name::from_text("shop"), seaworthy_model::Origin::detected("test"));
        for name in ["api", "api-docs"] {
            app.services.insert(Name::from_text(name), Service::default());
        }
        app.resources.insert(Name::from_text("db"), Resource::default());
        for (path, key, wanted) in [
            ("compose.yaml", "services.api.ports[0]", "api.port"),
            ("compose.yaml", "services.api.environment.LOG_LEVEL", "api.env.LOG_LEVEL"),
            ("compose.yaml", "services.db.image", "db.image"),
            (
                "deploy/kubernetes/base/api.yaml",
                "Deployment/shop-api.spec.template.spec.containers[api].readinessProbe.httpGet.port",
                "api.readiness",
            ),
            (
                "deploy/kubernetes/base/api.yaml",
                "Deployment/api-docs.spec.template.spec.containers[x].env[A].value",
                "api-docs.env.A",
            ),
            ("server/Dockerfile", "HEALTHCHECK", "server/Dockerfile HEALTHCHECK"),
            ("deploy/systemd/shop-api.service", "Unit.After", "deploy/systemd/shop-api.service Unit.After"),
            (".github/workflows/ci.yml", "jobs.x.steps[0]", ".github/workflows/ci.yml jobs.x.steps[0]"),
        ] {
            assert_eq!(subject(&app, path, key), wanted);
        }
        app.services
            .get_mut(&Name::from_text("api"))
            .unwrap()
            .path
            .propose("server".to_owned(), seaworthy_model::Origin::detected("test"));
        assert_eq!(subject(&app, "server/Dockerfile", "HEALTHCHECK"), "api.readiness");
    }
}
