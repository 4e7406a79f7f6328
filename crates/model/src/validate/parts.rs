//! What each service, resource and job must say for itself.

use crate::config::paths::{join, leads_out};
use crate::placeholder::{RESOURCE_TYPES, ResourceType};
use crate::{App, JobTrigger, Origin};

use super::{Problem, ValidationContext};

pub(super) fn check(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    for (name, service) in &app.services {
        if let (Some(folder), Some(start)) = (service.static_dir.winner(), service.start.winner()) {
            problems.push(
                Problem::warning("static-and-start", format!("`{name}` has both `static` and `start`"))
                    .at(context.site(&folder.origin, "served by the proxy"))
                    .at(context.site(&start.origin, "never runs in production"))
                    .note("a static site is files that the proxy serves; no process runs")
                    .help(
                        "delete `static` if the process serves the files, or `start` (keep `dev`) if not"
                            .to_owned(),
                    ),
            );
        }
    }
    for (name, service) in &app.services {
        let mut inside = |path: &str, origin: &Origin, what: &str| {
            if leads_out(&join(service.path(), path)) {
                problems.push(
                    Problem::said_by(
                        origin,
                        "path-outside",
                        format!("{what} of `{name}` leads out of the repository"),
                    )
                    .at(context.site(origin, ""))
                    .note(format!("it is relative to the folder of `{name}`, `{}`", service.path()))
                    .help("write a path to a folder of the repository".to_owned()),
                );
            }
        };
        if let Some(folder) = service.static_dir.winner() {
            inside(&folder.value, &folder.origin, "`static`");
        }
        if let Some(rules) = service.watch.winner() {
            for rule in &rules.value {
                inside(&rule.path, &rules.origin, &format!("the watched `{}`", rule.path));
            }
        }
    }
    for (name, resource) in &app.resources {
        let Some(kind) = resource.r#type.winner() else {
            let path = format!("resources.{name}");
            if context.says(&format!("{path}.type")) {
                continue;
            }
            let nearby = resource.version.origin().or_else(|| resource.image.origin());
            let site = context.key(&path, "").or_else(|| nearby.map(|origin| context.site(origin, "")));
            let known: Vec<_> = RESOURCE_TYPES.iter().map(|known| known.name).collect();
            let help = match crate::config::suggest::nearest(name.as_str(), known) {
                Some(near) => format!("add `type = \"{near}\"`"),
                None => "add a `type`, such as `type = \"postgres\"`".to_owned(),
            };
            problems.push(
                Problem::error("missing-type", format!("the resource `{name}` has no type"))
                    .at(site)
                    .help(help),
            );
            continue;
        };
        let Some(backup) = resource.backup.winner() else { continue };
        if ResourceType::find(&kind.value).is_some_and(|known| !known.holds_data) {
            problems.push(
                Problem::error(
                    "backup-of-nothing",
                    format!("`{name}` is backed up, and `{}` keeps no data", kind.value),
                )
                .at(context.site(&backup.origin, ""))
                .at(context.site(&kind.origin, "its type"))
                .help("delete `backup`".to_owned()),
            );
        }
    }
    for (name, job) in &app.jobs {
        if job.run.is_empty() && !context.says(&format!("jobs.{name}.run")) {
            let first = job.schedule.origin().or_else(|| job.service.origin()).or_else(|| job.on.origin());
            let site = context
                .key(&format!("jobs.{name}"), "")
                .or_else(|| first.map(|origin| context.site(origin, "")));
            problems.push(
                Problem::error("missing-command", format!("the job `{name}` runs nothing"))
                    .at(site)
                    .help("add `run = \"...\"`".to_owned()),
            );
        }
        match (job.on.winner(), job.schedule.winner()) {
            (Some(on), None)
                if on.value == JobTrigger::Schedule && !context.says(&format!("jobs.{name}.schedule")) =>
            {
                problems.push(
                    Problem::error(
                        "missing-schedule",
                        format!("the job `{name}` runs on a schedule and has none"),
                    )
                    .at(context.site(&on.origin, ""))
                    .help("add `schedule = \"0 7 * * *\"`".to_owned()),
                );
            }
            (Some(on), Some(schedule)) if on.value != JobTrigger::Schedule => problems.push(
                Problem::warning(
                    "unused-schedule",
                    format!("the job `{name}` has a schedule that starts nothing"),
                )
                .at(context.site(&schedule.origin, ""))
                .at(context.site(&on.origin, "started by this alone"))
                .help(format!("delete `schedule`, or `on = \"{}\"`", on.value.as_str())),
            ),
            _ => {}
        }
    }
}
