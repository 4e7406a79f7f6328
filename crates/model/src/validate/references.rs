//! Names that something else must have.

use crate::config::Severity;
use crate::config::suggest::{did_you_mean, list, nearest};
use crate::placeholder::{Placeholder, ResourceType, SERVICE_ATTRIBUTES, Template};
use crate::{App, Evidence, Layer, Name, Origin};

use super::{Problem, Site, ValidationContext};

pub(super) fn check(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    for (name, service) in &app.services {
        for (variable, known) in &service.env {
            if let Some(value) = known.value.winner() {
                placeholders(app, context, &format!("`{variable}` of `{name}`"), value, problems);
            }
        }
        for (need, dependency) in &service.depends_on {
            let Some(origin) = dependency.condition.origin() else { continue };
            if app.services.contains_key(need) || app.resources.contains_key(need) {
                continue;
            }
            let message = format!("`{name}` depends on `{need}`, which does not exist");
            let problem =
                Problem::said_by(origin, "unknown-dependency", message).at(context.site(origin, ""));
            problems.push(if app.jobs.contains_key(need) {
                problem
                    .note(format!("`{need}` is a job, and services wait for services and resources"))
                    .help("a job with `on = \"release\"` runs before a new release starts anyway".to_owned())
            } else {
                problem
                    .help(did_you_mean(need.as_str(), names(app.services.keys().chain(app.resources.keys()))))
            });
        }
    }
    for (name, job) in &app.jobs {
        if let Some(service) = job.service.winner() {
            let what = format!("the job `{name}` belongs to the service");
            exists(
                &service.value,
                &service.origin,
                "unknown-service",
                &what,
                app.services.keys(),
                context,
                problems,
            );
        }
    }
    for (name, environment) in &app.environments {
        if let Some(after) = environment.after.winner() {
            let what = format!("`{name}` comes after the environment");
            exists(
                &after.value,
                &after.origin,
                "unknown-environment",
                &what,
                app.environments.keys(),
                context,
                problems,
            );
        }
    }
    for (name, slo) in &app.slos {
        let origin = slo.availability.origin().or_else(|| slo.latency.origin());
        if app.services.contains_key(name) {
            continue;
        }
        let message =
            format!("`slo.{name}` promises something about the service `{name}`, which does not exist");
        let site =
            context.key(&format!("slo.{name}"), "").or_else(|| origin.map(|origin| context.site(origin, "")));
        problems.push(
            Problem::error("unknown-service", message)
                .at(site)
                .help(did_you_mean(name.as_str(), names(app.services.keys()))),
        );
    }
    for (name, secret) in &app.secrets {
        let Some(environments) = secret.environments.winner() else { continue };
        for environment in &environments.value {
            if !app.environments.contains_key(environment) {
                let message = format!(
                    "the secret `{name}` is for the environment `{environment}`, which does not exist"
                );
                problems.push(
                    Problem::error("unknown-environment", message)
                        .at(context.below(&environments.origin, environment.as_str(), ""))
                        .help(did_you_mean(environment.as_str(), names(app.environments.keys()))),
                );
            }
        }
    }
}

fn names<'a>(names: impl IntoIterator<Item = &'a Name>) -> Vec<&'a str> {
    names.into_iter().map(Name::as_str).collect()
}

pub(super) fn exists<'a>(
    name: &Name,
    origin: &Origin,
    code: &'static str,
    what: &str,
    known: impl IntoIterator<Item = &'a Name>,
    context: &ValidationContext<'_>,
    problems: &mut Vec<Problem>,
) {
    let known = names(known);
    if !known.contains(&name.as_str()) {
        problems.push(
            Problem::said_by(origin, code, format!("{what} `{name}`, which does not exist"))
                .at(context.site(origin, ""))
                .help(did_you_mean(name.as_str(), known)),
        );
    }
}

/// What the placeholders of one variable name.
fn placeholders(
    app: &App,
    context: &ValidationContext<'_>,
    variable: &str,
    value: &Evidence<String>,
    problems: &mut Vec<Problem>,
) {
    let origin = &value.origin;
    let template = match Template::parse(&value.value) {
        Ok(template) => template,
        Err(errors) => {
            // The parser of `seaworthy.toml` has told about its own; another tool's `${...}` is told here.
            for error in errors.into_iter().filter(|_| origin.layer < Layer::Config) {
                problems.push(
                    Problem::warning(error.code(), format!("{variable}: {error}"))
                        .at(context.site(origin, ""))
                        .help(error.help()),
                );
            }
            return;
        }
    };
    for (placeholder, span) in template.placeholders() {
        let site = || context.part(origin, &value.value, &span, "");
        match placeholder {
            Placeholder::Resource { name, attribute } => {
                let Some(resource) = app.resources.get(name) else {
                    let message = format!("{variable} needs the resource `{name}`, which does not exist");
                    let problem = Problem::error("unknown-resource", message).at(site());
                    problems.push(if app.services.contains_key(name) {
                        problem
                            .help(format!("`{name}` is a service: write `${{services.{name}.{attribute}}}`"))
                    } else if app.resources.is_empty() {
                        problem.help(format!("add `[resources.{name}]` with its `type`"))
                    } else {
                        problem.help(did_you_mean(name.as_str(), names(app.resources.keys())))
                    });
                    continue;
                };
                let kind = resource.r#type.get().map_or("", String::as_str);
                if let Some(known) = ResourceType::find(kind) {
                    attribute_exists(
                        variable,
                        name,
                        &format!("`{kind}`"),
                        attribute,
                        known.attributes,
                        site,
                        problems,
                    );
                }
            }
            Placeholder::Service { name, attribute } => {
                if app.services.contains_key(name) {
                    attribute_exists(
                        variable,
                        name,
                        "service",
                        attribute,
                        &SERVICE_ATTRIBUTES,
                        site,
                        problems,
                    );
                    continue;
                }
                let message = format!("{variable} needs the service `{name}`, which does not exist");
                let problem = Problem::error("unknown-service", message).at(site());
                problems.push(if app.resources.contains_key(name) {
                    problem.help(format!("`{name}` is a resource: write `${{resources.{name}.{attribute}}}`"))
                } else {
                    problem.help(did_you_mean(name.as_str(), names(app.services.keys())))
                });
            }
            Placeholder::Secret(name) => {
                // Declaring secrets is optional; a name that is nearly a declared one is a slip all the same.
                if let Some(near) = nearest(name, app.secrets.keys().map(String::as_str))
                    && !app.secrets.contains_key(name)
                {
                    let message = format!("{variable} needs the secret `{name}`, which is not declared");
                    problems.push(
                        Problem::new("unknown-secret", Severity::Warning, message)
                            .at(site())
                            .help(format!("did you mean `{near}`? Otherwise declare `[secrets.{name}]`")),
                    );
                }
            }
            Placeholder::Environment(_) => {}
        }
    }
}

fn attribute_exists(
    variable: &str,
    name: &Name,
    kind: &str,
    attribute: &str,
    known: &[&str],
    site: impl Fn() -> Site,
    problems: &mut Vec<Problem>,
) {
    if !known.contains(&attribute) {
        let message = format!("{variable} needs `{attribute}` of `{name}`, which no {kind} has");
        let help = match nearest(attribute, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", list(known.iter().copied())),
        };
        problems.push(Problem::error("unknown-attribute", message).at(site()).help(help));
    }
}
