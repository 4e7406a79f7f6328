//! The page that shows what there is.

use seaworthy_model::{EngineKind, JobTrigger, Name};
use serde::Serialize;

use super::TARGET;
use super::diagram::diagram;
use crate::monitor::callees;
use crate::text::{cell, code, list, or_dash, tidy};
use crate::{Comment, Header, Input, Output, TemplateError};

#[derive(Serialize)]
struct Page<'a> {
    app: &'a str,
    summary: String,
    diagram: String,
    services: Vec<Service>,
    resources: Vec<Resource>,
    jobs: Vec<Job>,
    environments: Vec<Environment>,
    promises: Vec<Promise>,
    http: bool,
}

#[derive(Serialize)]
struct Service {
    name: String,
    kind: &'static str,
    language: String,
    path: String,
    route: String,
    port: String,
    start: String,
}

#[derive(Serialize)]
struct Resource {
    name: String,
    kind: String,
    version: String,
    schema: String,
    users: String,
}

#[derive(Serialize)]
struct Job {
    name: String,
    when: String,
    run: String,
    service: String,
}

#[derive(Serialize)]
struct Environment {
    name: String,
    engine: &'static str,
    domain: String,
    after: String,
}

#[derive(Serialize)]
struct Promise {
    service: String,
    objective: String,
}

pub(super) fn make(input: &Input<'_>, output: &mut Output, http: bool) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let deployment = input.deployment();
    let text = |field: Option<&String>| field.map_or_else(|| "-".to_owned(), |text| code(text));
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {one}s"),
    };
    let services = deployment.instances.iter().map(|instance| Service {
        name: instance.name.to_string(),
        kind: instance.kind.as_str(),
        language: {
            let language = instance.service.language.get().map(|text| cell(text));
            let framework = instance.service.framework.get().map(|text| format!(", {}", cell(text)));
            or_dash(language.unwrap_or_default() + &framework.unwrap_or_default())
        },
        path: code(instance.path()),
        route: text(instance.service.route.get()),
        port: instance.port.map_or_else(|| "-".to_owned(), |port| port.to_string()),
        start: instance.start.map_or_else(|| "-".to_owned(), code),
    });
    let resources = deployment.backings.iter().map(|backing| Resource {
        name: backing.name.to_string(),
        kind: backing.kind.to_owned(),
        version: text(backing.resource.version.get()),
        schema: text(backing.resource.migrations.get().or(backing.resource.schema.get())),
        users: {
            let users =
                deployment.instances.iter().filter(|instance| callees(instance).contains(backing.name));
            or_dash(list(users.map(|instance| instance.name)))
        },
    });
    let jobs = deployment.tasks.iter().map(|task| Job {
        name: task.name.to_string(),
        when: match (task.schedule, task.on) {
            (Some(schedule), _) => format!("`{}` ({})", cell(schedule), task.timezone.unwrap_or("UTC")),
            (None, JobTrigger::Release) => "before each release".to_owned(),
            (None, _) => "by hand".to_owned(),
        },
        run: cell(task.run),
        service: task.service.map_or_else(|| "-".to_owned(), |name| code(name.as_str())),
    });
    let environments = input.app.environments.iter().map(|(name, environment)| Environment {
        name: name.to_string(),
        engine: match environment.engine.get() {
            Some(EngineKind::Kubernetes) => "Kubernetes",
            Some(EngineKind::Host) | None => "a host",
        },
        domain: text(environment.domain.get()),
        after: or_dash(environment.after.get().map(Name::to_string).unwrap_or_default()),
    });
    let promises = input.app.slos.iter().flat_map(|(name, slo)| {
        let availability = slo.availability.get().map(|share| format!("{share} of requests succeed"));
        let latencies = slo.latency.get().into_iter().flatten();
        let latencies =
            latencies.map(|(percentile, bound)| format!("{percentile} of requests within {bound}"));
        let objectives: Vec<_> = availability.into_iter().chain(latencies).collect();
        objectives.into_iter().map(|objective| Promise { service: name.to_string(), objective })
    });
    let page = Page {
        app: input.name(),
        summary: format!(
            "{} consists of {}, {} and {}.",
            input.name(),
            count(deployment.instances.len(), "service"),
            count(deployment.backings.len(), "resource"),
            count(deployment.tasks.len(), "job")
        ),
        diagram: diagram(&deployment),
        services: services.collect(),
        resources: resources.collect(),
        jobs: jobs.collect(),
        environments: environments.collect(),
        promises: promises.collect(),
        http,
    };
    let text = input.templates.render("docs/architecture.md", page)?;
    output.file(&header, Comment::Html, "docs/architecture.md", &tidy(&text));
    Ok(())
}
