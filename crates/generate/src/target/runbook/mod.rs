//! The runbook: one page for whoever is woken. Its sections are the ways to fail that the model has, and the alerts that
//! detect them.

mod section;

use serde::Serialize;

use crate::monitor::{Mode, Monitor, Platform, callees, is_outside};
use crate::names::label;
use crate::text::{code, list, or_dash};
use crate::{Comment, Header, Input, Output, Target, TemplateError};

pub(super) const TARGET: Target = Target {
    id: "runbook",
    title: "Runbook: how the app runs, how it fails, what to do first",
    by_default: true,
    make,
};

#[derive(Serialize)]
struct Page<'a> {
    app: &'a str,
    /// ` --env production`, where the model has environments.
    flag: &'a str,
    namespace: Option<&'a str>,
    /// The section that says how to go back.
    back: String,
    services: Vec<Service>,
    resources: Vec<Resource>,
    jobs: Vec<Job>,
    environments: Vec<Place>,
    dashboards: Vec<Dashboard>,
    sections: Vec<section::Section>,
}

#[derive(Serialize)]
struct Service {
    name: String,
    kind: &'static str,
    route: String,
    port: String,
    replicas: u32,
    memory: String,
    cpu: String,
    needs: String,
}

#[derive(Serialize)]
struct Resource {
    name: String,
    kind: String,
    place: &'static str,
    users: String,
    backup: String,
    hint: &'static str,
}

#[derive(Serialize)]
struct Job {
    name: String,
    when: String,
    run: String,
    service: String,
}

#[derive(Serialize)]
struct Place {
    name: String,
    engine: String,
    address: String,
    pages: &'static str,
}

#[derive(Serialize)]
struct Dashboard {
    id: String,
    what: &'static str,
}

fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let monitors = Monitor::all(input);
    let paging = super::alertmanager::paging(&monitors);
    // Commands are written for the environment that wakes somebody.
    let Some(main) =
        monitors.iter().find(|one| paging.contains(&one.environment.to_owned())).or(monitors.first())
    else {
        return Ok(());
    };
    let flag = if main.declared { format!(" --env {}", main.environment) } else { String::new() };
    let namespace = match &main.platform {
        Platform::Kubernetes { namespace } => Some(namespace.as_str()),
        Platform::Containers { .. } => None,
    };
    let modes = Mode::of(&monitors);
    let sections = modes
        .iter()
        .map(|mode| section::section(input, &monitors, main, *mode, &flag, namespace))
        .collect::<Result<_, _>>()?;
    let page = Page {
        app: input.name(),
        flag: &flag,
        namespace,
        back: Mode::BadDeploy.anchor(),
        services: services(main),
        resources: resources(main),
        jobs: jobs(main),
        environments: places(&monitors, &paging),
        dashboards: dashboards(main),
        sections,
    };
    let text = input.templates.render("runbook/runbook.md", page)?;
    output.file(&header, Comment::Html, "docs/runbook.md", &crate::text::tidy(&text));
    output.lose(
        TARGET.id,
        "people",
        "The model does not say who owns what.",
        "The section Escalation has slots to fill in; keep the edited file, the next one is written beside it.",
    );
    Ok(())
}

fn services(monitor: &Monitor<'_>) -> Vec<Service> {
    let instances = monitor.deployment.instances.iter();
    let services = instances.map(|instance| Service {
        name: instance.name.to_string(),
        kind: instance.kind.as_str(),
        route: instance.service.route.get().map_or_else(|| "private".to_owned(), |route| code(route)),
        port: instance.port.map_or_else(|| "-".to_owned(), |port| port.to_string()),
        replicas: instance.replicas,
        memory: instance.memory.to_string(),
        cpu: instance.cpu.to_string(),
        needs: or_dash(list(callees(instance))),
    });
    services.collect()
}

fn resources(monitor: &Monitor<'_>) -> Vec<Resource> {
    let backings = monitor.deployment.backings.iter();
    let resources = backings.map(|backing| Resource {
        name: backing.name.to_string(),
        kind: backing.kind.to_owned(),
        place: match (is_outside(backing), backing.kind) {
            (true, _) => "by someone else",
            (false, "sqlite") => "a file of the service",
            (false, _) => "beside the app, or managed",
        },
        users: or_dash(list(monitor.dependents(backing.name))),
        backup: backing.resource.backup.get().map_or_else(
            || "none that the model knows".to_owned(),
            |backup| format!("every {}", backup.every),
        ),
        hint: if is_outside(backing) { ": provider's support, account number" } else { "" },
    });
    resources.collect()
}

fn jobs(monitor: &Monitor<'_>) -> Vec<Job> {
    let tasks = monitor.deployment.tasks.iter();
    let jobs = tasks.map(|task| Job {
        name: task.name.to_string(),
        when: section::when(task),
        run: crate::text::cell(task.run),
        service: task.service.map_or_else(|| "-".to_owned(), |name| code(name.as_str())),
    });
    jobs.collect()
}

fn places(monitors: &[Monitor<'_>], paging: &[String]) -> Vec<Place> {
    let places = monitors.iter().map(|monitor| Place {
        name: monitor.environment.to_owned(),
        engine: match &monitor.platform {
            Platform::Kubernetes { namespace } => format!("Kubernetes, namespace `{namespace}`"),
            Platform::Containers { .. } => {
                let host = monitor.settings.and_then(|settings| settings.host.get());
                host.map_or_else(|| "a host".to_owned(), |host| format!("a host, `{host}`"))
            }
        },
        address: monitor.domain().map_or_else(|| "-".to_owned(), |domain| format!("<https://{domain}/>")),
        pages: if paging.contains(&monitor.environment.to_owned()) { "yes" } else { "no, it is a ticket" },
    });
    places.collect()
}

fn dashboards(monitor: &Monitor<'_>) -> Vec<Dashboard> {
    let app = label(monitor.deployment.name, 28);
    let dashboard = |name: &str, what| Dashboard { id: format!("{app}-{name}"), what };
    let mut dashboards = vec![dashboard("overview", "what fires, and everything at a glance")];
    if !monitor.deployment.instances.is_empty() {
        dashboards.push(dashboard("services", "requests, promises and room of one service"));
    }
    if monitor.deployment.backings.iter().any(|backing| backing.kind != "sqlite") {
        dashboards.push(dashboard("resources", "one database, cache or other resource"));
    }
    dashboards
}
