//! Jobs: task definitions, started by a schedule, by the pipeline or by a person.

use seaworthy_model::JobTrigger;
use serde_json::json;

use super::super::super::cron::Cron;
use super::super::module::Module;
use super::super::module::handle;
use super::super::variables::text;
use crate::{TemplateError, identifier};

pub(super) fn make(module: &mut Module<'_>) -> Result<(), TemplateError> {
    let mut jobs = Vec::new();
    for task in &module.deployment.tasks {
        let Some(runner) = module.runner(task.service) else { continue };
        let service = handle(runner.name);
        let job = |name: &str, schedule: Option<&str>| {
            let comment = match (task.on, task.schedule) {
                (JobTrigger::Release, _) => "Run by the pipeline before a release takes over.".to_owned(),
                (JobTrigger::Schedule, Some(schedule)) => {
                    format!("Runs at {schedule} ({}).", task.timezone.unwrap_or("UTC"))
                }
                _ => "Run by hand.".to_owned(),
            };
            json!({
                "id": identifier(name),
                "name": name,
                "service": service,
                "run": text(task.run),
                "comment": comment,
                "schedule": schedule.map(text),
                "timezone": text(task.timezone.unwrap_or("UTC")),
            })
        };
        let schedules = match (task.on, task.schedule.and_then(Cron::parse)) {
            (JobTrigger::Schedule, Some(cron)) => cron.amazon(),
            _ => Vec::new(),
        };
        if schedules.is_empty() {
            jobs.push(job(task.name.as_str(), None));
        }
        for (index, schedule) in schedules.iter().enumerate() {
            let name =
                if index == 0 { task.name.to_string() } else { format!("{}-{}", task.name, index + 1) };
            jobs.push(job(&name, Some(schedule)));
        }
    }
    if jobs.is_empty() {
        return Ok(());
    }
    let scheduled: Vec<_> = jobs.iter().filter(|job| !job["schedule"].is_null()).cloned().collect();
    let mut roles: Vec<_> = scheduled
        .iter()
        .filter_map(|job| job["service"].as_str())
        .flat_map(|service| [service.to_owned(), format!("{service}_execution")])
        .collect();
    roles.sort();
    roles.dedup();
    module.template("jobs.tf", "jobs.tf", json!({ "jobs": jobs, "scheduled": scheduled, "roles": roles }))
}
