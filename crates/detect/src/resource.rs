//! Resources that services need: from dependencies, code, variables and addresses.

use seaworthy_model::{Origin, Place};

use crate::draft::DraftService;
use crate::project::Project;
use crate::rules::{self, ResourceRule};
use crate::source::Facts;

/// Notes every resource that a project's dependencies, code and variables show.
pub(crate) fn note_needs(project: &Project, facts: &Facts, draft: &mut DraftService) {
    for rule in rules::resources().iter().filter(|rule| !rule.embedded) {
        if let Some(origin) = evidence(rule, project, facts) {
            draft.need(&rule.r#type, origin);
        }
    }
}

fn evidence(rule: &ResourceRule, project: &Project, facts: &Facts) -> Option<Origin> {
    let names = rule.dependencies.get(project.family).map(Vec::as_slice).unwrap_or_default();
    let dependency = names.iter().find_map(|name| {
        let dependency = project.dependency(name).filter(|dependency| !dependency.dev)?;
        let place = dependency.place.clone().unwrap_or_else(|| project.place());
        Some(Origin::detected(format!("depends on {name}")).at(place))
    });
    let code = || {
        let (_, place) = facts.uses.iter().find(|(of, _)| *of == rule.r#type)?;
        // What the source rules found in a configuration file is not code.
        let is_config = [".yml", ".yaml", ".json", ".properties", ".conf", ".env", ".example"]
            .iter()
            .any(|ending| place.file.ends_with(ending));
        let rule = if is_config { "the configuration names it" } else { "the code talks to it" };
        Some(Origin::detected(rule).at(place.clone()).likely())
    };
    let variable = || {
        if project.stock.contains(&rule.r#type.as_str()) {
            return None;
        }
        facts.env.iter().find_map(|read| {
            let by_name = rule.variables.contains(&read.name);
            let by_address = read.default.as_deref().and_then(of_address) == Some(rule.r#type.as_str());
            (by_name || by_address).then(|| {
                Origin::detected(format!("the code reads {}", read.name)).at(read.place.clone()).likely()
            })
        })
    };
    dependency.or_else(code).or_else(variable)
}

/// The type of resource that an address is of, by its scheme: `postgres://...` is one of `postgres`.
pub(crate) fn of_address(address: &str) -> Option<&'static str> {
    let (scheme, rest) = address.split_once("://")?;
    if rest.is_empty() {
        return None;
    }
    let scheme = scheme.strip_prefix("jdbc:").or_else(|| scheme.strip_prefix("r2dbc:")).unwrap_or(scheme);
    let scheme = scheme.split('+').next().unwrap_or(scheme).to_ascii_lowercase();
    rules::resources().iter().find(|rule| rule.schemes.contains(&scheme)).map(|rule| rule.r#type.as_str())
}

/// The type of resource that an image runs, and the version its tag says.
pub(crate) fn of_image(image: &str) -> (Option<&'static str>, Option<String>) {
    let image = image.split('@').next().unwrap_or(image);
    let (name, tag) = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    };
    let short = [
        "docker.io/library/",
        "docker.io/",
        "library/",
        "index.docker.io/",
        "public.ecr.aws/docker/library/",
    ]
    .iter()
    .find_map(|prefix| name.strip_prefix(prefix))
    .unwrap_or(name);
    let known = rules::resources().iter().find(|rule| {
        rule.images.iter().any(|known| match known.strip_suffix('*') {
            Some(prefix) => short.starts_with(prefix),
            None => short == known,
        })
    });
    (known.map(|rule| rule.r#type.as_str()), tag.and_then(tag_version))
}

/// The version in a tag: `15-alpine` is `15`, `v1.2` is `1.2`, `latest` is none; `pg16` is `16`.
pub(crate) fn tag_version(tag: &str) -> Option<String> {
    let tag = tag.strip_prefix("pg").or_else(|| tag.strip_prefix('v')).unwrap_or(tag);
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let version = tag[..end].trim_end_matches('.');
    (!version.is_empty()).then(|| version.to_owned())
}

/// The type of resource that a variable's value or name points at.
pub(crate) fn of_variable(name: &str, value: &str) -> Option<&'static str> {
    of_address(value).or_else(|| {
        rules::resources()
            .iter()
            .find(|rule| rule.variables.iter().any(|known| known == name))
            .map(|rule| rule.r#type.as_str())
    })
}

/// A need that an env file shows: an address, or a variable that names the resource.
pub(crate) fn note_declared(draft: &mut DraftService, name: &str, value: &str, place: &Place) {
    let Some(found) = of_variable(name, value) else { return };
    if found == "sqlite" || draft.stock.contains(&found) {
        return;
    }
    let origin = Origin::detected(format!("{name} is declared")).at(place.clone()).guess();
    draft.need(found, origin);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_their_versions() {
        for (image, kind, version) in [
            ("postgres:15-alpine", Some("postgres"), Some("15")),
            ("docker.io/library/redis:7.2", Some("redis"), Some("7.2")),
            ("pgvector/pgvector:pg16", Some("postgres"), Some("16")),
            ("localhost:5000/mine", None, None),
            ("redis/redis-stack-server:latest", Some("redis"), None),
            ("timescale/timescaledb-ha:pg15", Some("postgres"), Some("15")),
            ("postgres@sha256:abc", Some("postgres"), None),
        ] {
            assert_eq!(of_image(image), (kind, version.map(str::to_owned)), "{image}");
        }
    }

    #[test]
    fn addresses_and_variables() {
        assert_eq!(of_address("postgresql+asyncpg://x/y"), Some("postgres"));
        assert_eq!(of_address("jdbc:mysql://x/y"), Some("mysql"));
        assert_eq!(of_address("https://x"), None);
        assert_eq!(of_variable("REDIS_HOST", "localhost"), Some("redis"));
    }
}
