//! Steps of the pipeline that are about nothing, or wait for one another.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::suggest::did_you_mean;
use crate::{App, Origin, PipelineStep, Stage, StepName};

use super::cycles::circles;
use super::references::exists;
use super::{Problem, ValidationContext};

pub(super) fn check(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    if app.pipeline.steps.is_empty() {
        return;
    }
    let derived = derived(app);
    let is_skipped = |name: &&StepName| {
        app.pipeline.steps.get(*name).is_some_and(|step| step.skip.get().copied().unwrap_or(false))
    };
    let known: BTreeSet<&StepName> = derived.iter().chain(app.pipeline.steps.keys()).collect();
    for (name, step) in &app.pipeline.steps {
        let at = Place { context, path: format!("pipeline.steps.{name}") };
        names(app, name, step, &at, problems);
        if let Some(service) = step.service.winner() {
            let what = format!("the step `{name}` runs with the service");
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
        if !derived.contains(name) && step.run.is_empty() && !context.says(&format!("{}.run", at.path)) {
            let others: Vec<String> = derived.iter().map(ToString::to_string).collect();
            let near = did_you_mean(&name.to_string(), others.iter().map(String::as_str));
            let problem = Problem::error("missing-command", format!("the step `{name}` runs nothing"))
                .at(at.key(step))
                .note("no step of this name is derived from the app, so that all of it has to be said");
            problems.push(problem.help(match near.filter(|near| near.starts_with("did")) {
                Some(near) => format!("{near} Otherwise add `run = \"...\"`"),
                None => "add `run = \"...\"`".to_owned(),
            }));
        }
        for after in step.after.get().into_iter().flatten() {
            let is_known = known.contains(after) || after.as_stage().is_some() || is_service(app, after);
            if !is_known && let Some(said) = step.after.winner() {
                let words: BTreeSet<String> = known
                    .iter()
                    .map(ToString::to_string)
                    .chain(app.services.keys().map(ToString::to_string))
                    .chain(Stage::ALL.map(|stage| stage.as_str().to_owned()))
                    .collect();
                let message = format!("the step `{name}` comes after `{after}`, which does not exist");
                problems.push(
                    Problem::error("unknown-step", message)
                        .at(context.below(&said.origin, &after.to_string(), ""))
                        .help(did_you_mean(&after.to_string(), words.iter().map(String::as_str))),
                );
            }
        }
    }
    let running: BTreeSet<&StepName> = known.into_iter().filter(|name| !is_skipped(name)).collect();
    circle(app, &running, context, problems);
}

/// Where a step is said.
struct Place<'a> {
    context: &'a ValidationContext<'a>,
    path: String,
}

impl Place<'_> {
    fn key(&self, step: &PipelineStep) -> Option<super::Site> {
        let first = step.service.origin().or_else(|| step.after.origin()).or_else(|| step.skip.origin());
        let key = self.context.key(&self.path, "");
        key.or_else(|| first.map(|origin| self.context.site(origin, "")))
    }
}

/// What the name of a step must not be, and what it says already.
fn names(app: &App, name: &StepName, step: &PipelineStep, at: &Place<'_>, problems: &mut Vec<Problem>) {
    if let Some((service, stage)) = name.service() {
        if !app.services.contains_key(service) {
            let message = format!("`{name}` is a step of the service `{service}`, which does not exist");
            let known: Vec<&str> = app.services.keys().map(crate::Name::as_str).collect();
            problems.push(
                Problem::error("unknown-service", message)
                    .at(at.key(step))
                    .help(did_you_mean(service.as_str(), known)),
            );
        }
        let mut twice = |origin: Option<&Origin>, what: String| {
            problems.push(
                Problem::error("conflicting-keys", format!("`{name}` is a step of {what}, by its name"))
                    .at(origin.map(|origin| at.context.site(origin, "says another")))
                    .help("delete this line, or give the step a name of its own".to_owned()),
            );
        };
        if step.service.get().is_some_and(|said| said != service) {
            twice(step.service.origin(), format!("the service `{service}`"));
        }
        if step.stage.get().is_some_and(|said| *said != stage) {
            twice(step.stage.origin(), format!("the stage `{}`", stage.as_str()));
        }
    } else if let Some(stage) = name.as_stage().filter(|stage| !stage.is_whole()) {
        let example = app.services.keys().next().map_or("api", |service| service.as_str());
        problems.push(
            Problem::error("name-clash", format!("`{name}` is a stage, and no step can be called so"))
                .at(at.key(step))
                .help(format!("a step of it is called like `\"{example}:{}\"`", stage.as_str())),
        );
    } else if is_service(app, name) {
        problems.push(
            Problem::error("name-clash", format!("`{name}` is a service, and no step can be called so"))
                .at(at.key(step))
                .note("`sea ci NAME` runs the steps of a service")
                .help(format!("call it `{name}-step`, or name one of its steps: `\"{name}:test\"`")),
        );
    }
}

fn is_service(app: &App, name: &StepName) -> bool {
    name.service().is_none() && app.services.contains_key(name.name())
}

/// The steps that an app has without anybody saying so.
fn derived(app: &App) -> BTreeSet<StepName> {
    let mut names: BTreeSet<StepName> = app
        .services
        .iter()
        .flat_map(|(name, service)| {
            let commands = [
                (Stage::Install, &service.install),
                (Stage::Lint, &service.lint),
                (Stage::Test, &service.test),
                (Stage::Build, &service.build),
            ];
            let said = commands.into_iter().filter(|(_, command)| !command.is_empty());
            said.map(|(stage, _)| StepName::of(name, stage)).collect::<Vec<_>>()
        })
        .collect();
    names.extend([Stage::Check, Stage::Scan].iter().filter_map(|stage| StepName::parse(stage.as_str())));
    names
}

/// The stage that a step stands in.
fn stage(app: &App, name: &StepName) -> Stage {
    let said = app.pipeline.steps.get(name).and_then(|step| step.stage.get().copied());
    name.service().map(|(_, stage)| stage).or_else(|| name.as_stage()).or(said).unwrap_or(Stage::Test)
}

/// The service that a step belongs to.
fn service<'a>(app: &'a App, name: &'a StepName) -> Option<&'a crate::Name> {
    let said = || app.pipeline.steps.get(name).and_then(|step| step.service.get());
    name.service().map(|(service, _)| service).or_else(said)
}

fn circle(
    app: &App,
    running: &BTreeSet<&StepName>,
    context: &ValidationContext<'_>,
    problems: &mut Vec<Problem>,
) {
    let mut edges: BTreeMap<&StepName, BTreeMap<&StepName, Option<&Origin>>> = BTreeMap::new();
    for name in running {
        let needs = edges.entry(name).or_default();
        // What belongs to a service needs its dependencies.
        for other in running {
            let is_install = other.service().is_some_and(|(_, stage)| stage == Stage::Install);
            if is_install && other != name && service(app, name) == service(app, other) {
                needs.insert(other, None);
            }
        }
        let Some(after) = app.pipeline.steps.get(*name).and_then(|step| step.after.winner()) else {
            continue;
        };
        for said in &after.value {
            let meant = |other: &&&StepName| {
                **other == said
                    || said.as_stage() == Some(stage(app, other))
                    || (said.service().is_none() && service(app, other) == Some(said.name()))
            };
            needs.extend(
                running
                    .iter()
                    .filter(meant)
                    // A stage or service that it is in itself means the others of it.
                    .filter(|other| *other != name || said == *name)
                    .map(|other| (*other, Some(&after.origin))),
            );
        }
    }
    for circle in circles(&edges) {
        let steps: Vec<String> = circle.iter().chain(circle.first()).map(ToString::to_string).collect();
        let message = format!("the step `{}` waits for itself: {}", circle[0], steps.join(" -> "));
        let mut problem = Problem::error("step-cycle", message).note("none of them can run first");
        for (index, from) in circle.iter().enumerate() {
            let to = circle[(index + 1) % circle.len()];
            if let Some(Some(origin)) = edges.get(from).and_then(|needs| needs.get(to)) {
                problem = problem.at(context.site(origin, format!("{from} -> {to}")));
            }
        }
        problems.push(problem.help("delete one of these `after`".to_owned()));
    }
}
