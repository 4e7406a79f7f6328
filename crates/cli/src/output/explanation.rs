//! `sea plan --explain`: everything that was said about a value.

use std::io::Write;

use seaworthy_model::{App, Evidence, Field, Job, Name, Resource, Service};

use super::style::{DIM, NAME, Table, paint};
use crate::exit::Mistake;

/// One field with every proposal as texts, best first.
struct Line {
    field: &'static str,
    said: Vec<(String, String)>,
}

/// Writes the evidence of `NAME` or `NAME.FIELD`.
pub(crate) fn write(out: &mut dyn Write, app: &App, what: &str) -> anyhow::Result<()> {
    let (name, field) = what.split_once('.').map_or((what, None), |(name, field)| (name, Some(field)));
    let Some((name, lines)) = find(app, name) else {
        let known = known_names(app);
        return Err(Mistake {
            message: format!("nothing here is called `{name}`; there is {}", known.join(", ")),
            help: known.first().map(|name| format!("sea plan --explain {name}")),
        }
        .into());
    };
    if let Some(field) = field
        && !lines.iter().any(|line| is_field(line, field))
    {
        let known: Vec<&str> =
            lines.iter().filter(|line| !line.said.is_empty()).map(|line| line.field).collect();
        return Err(Mistake {
            message: format!("{name} has no value `{field}`; it has {}", known.join(", ")),
            help: known.first().map(|field| format!("sea plan --explain {name}.{field}")),
        }
        .into());
    }
    for line in lines.iter().filter(|line| field.is_none_or(|field| is_field(line, field))) {
        if line.said.is_empty() && field.is_none() {
            continue;
        }
        match line.said.first() {
            Some((value, _)) => {
                writeln!(out, "{} = {value}", paint(NAME, &format!("{name}.{}", line.field)))?;
            }
            None => writeln!(
                out,
                "{}: nothing in the repository says",
                paint(NAME, &format!("{name}.{}", line.field))
            )?,
        }
        let mut table = Table::new(&[DIM, anstyle::Style::new(), DIM]);
        for (rank, (value, origin)) in line.said.iter().enumerate() {
            let mark = if rank == 0 { "*" } else { "-" };
            table.row([mark.to_owned(), value.clone(), origin.clone()]);
        }
        table.write(out)?;
    }
    Ok(())
}

/// The line is of that field.
fn is_field(line: &Line, field: &str) -> bool {
    line.field == field
}

fn known_names(app: &App) -> Vec<String> {
    app.services.keys().chain(app.resources.keys()).chain(app.jobs.keys()).map(ToString::to_string).collect()
}

fn find<'a>(app: &'a App, name: &str) -> Option<(&'a Name, Vec<Line>)> {
    if let Some((name, service)) = app.services.get_key_value(name) {
        return Some((name, service_lines(service)));
    }
    if let Some((name, resource)) = app.resources.get_key_value(name) {
        return Some((name, resource_lines(resource)));
    }
    let (name, job) = app.jobs.get_key_value(name)?;
    Some((name, job_lines(job)))
}

fn line<T>(field: &'static str, values: &Field<T>, show: impl Fn(&T) -> String) -> Line {
    Line {
        field,
        said: values.all().iter().map(|evidence| (show(&evidence.value), origin(evidence))).collect(),
    }
}

fn origin<T>(evidence: &Evidence<T>) -> String {
    let place = evidence.origin.place.as_ref().map(|place| format!("{place}  ")).unwrap_or_default();
    format!(
        "{place}{} ({}, {} confidence)",
        evidence.origin.rule,
        evidence.origin.layer.title(),
        evidence.origin.confidence.title()
    )
}

fn service_lines(service: &Service) -> Vec<Line> {
    let text = |value: &String| value.clone();
    let probe = |value: &seaworthy_model::Probe| serde_json::to_string(value).unwrap_or_default();
    let mut lines = vec![
        line("path", &service.path, text),
        line("kind", &service.kind, |kind| kind.as_str().to_owned()),
        line("language", &service.language, text),
        line("runtime", &service.runtime, |runtime| match &runtime.requirement {
            Some(requirement) => format!("{runtime} ({requirement})"),
            None => runtime.to_string(),
        }),
        line("package_manager", &service.package_manager, text),
        line("framework", &service.framework, text),
        line("install", &service.install, text),
        line("build", &service.build, text),
        line("dev", &service.dev, text),
        line("start", &service.start, text),
        line("test", &service.test, text),
        line("lint", &service.lint, text),
        line("port", &service.port, ToString::to_string),
        line("port_setting", &service.port_setting, ToString::to_string),
        line("route", &service.route, text),
        line("static", &service.static_dir, text),
        line("startup", &service.startup, probe),
        line("readiness", &service.readiness, probe),
        line("liveness", &service.liveness, probe),
        line("replicas", &service.replicas, ToString::to_string),
        line("memory", &service.memory, ToString::to_string),
        line("cpu", &service.cpu, ToString::to_string),
        line("stop_grace_period", &service.stop_grace_period, ToString::to_string),
    ];
    let needs = service.depends_on.iter().flat_map(|(name, dependency)| {
        dependency
            .condition
            .all()
            .iter()
            .map(move |evidence| (format!("{name} ({})", evidence.value.as_str()), origin(evidence)))
    });
    lines.push(Line { field: "depends_on", said: needs.collect() });
    let variables = service.env.iter().map(|(name, variable)| {
        let flags =
            [(variable.required, "required"), (variable.secret, "secret"), (variable.public, "public")];
        let flags: Vec<&str> = flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
        let value = variable.value.get().filter(|value| !variable.secret || value.contains("${"));
        let value = value.or(variable.default.get()).map(|value| format!(" = {value}")).unwrap_or_default();
        let flags = if flags.is_empty() { String::new() } else { format!(" ({})", flags.join(", ")) };
        let places: Vec<String> =
            variable.used_at.iter().chain(&variable.declared_at).map(ToString::to_string).collect();
        (format!("{name}{value}{flags}"), places.join(", "))
    });
    lines.push(Line { field: "env", said: variables.collect() });
    lines
}

fn resource_lines(resource: &Resource) -> Vec<Line> {
    let text = |value: &String| value.clone();
    vec![
        line("type", &resource.r#type, text),
        line("version", &resource.version, text),
        line("image", &resource.image, text),
        line("schema", &resource.schema, text),
        line("migrations", &resource.migrations, text),
        line("seed", &resource.seed, text),
    ]
}

fn job_lines(job: &Job) -> Vec<Line> {
    let text = |value: &String| value.clone();
    vec![
        line("run", &job.run, text),
        line("service", &job.service, ToString::to_string),
        line("path", &job.path, text),
        line("schedule", &job.schedule, text),
        line("timezone", &job.timezone, text),
        line("on", &job.on, |trigger| trigger.as_str().to_owned()),
    ]
}
