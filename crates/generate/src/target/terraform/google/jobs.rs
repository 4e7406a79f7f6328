//! Jobs: Cloud Run jobs, started by Cloud Scheduler, by the pipeline or by a person.

use seaworthy_model::JobTrigger;
use serde_json::json;

use super::super::super::cron::Cron;
use super::super::module::Module;
use super::super::module::handle;
use super::super::variables::text;
use super::services;
use crate::TemplateError;

/// Some job runs by itself.
pub(super) fn scheduled(module: &Module<'_>) -> bool {
    module.deployment.tasks.iter().any(|task| {
        module.runner(task.service).is_some() && task.on == JobTrigger::Schedule && task.schedule.is_some()
    })
}

/// Identifiers of the jobs that the pipeline runs.
pub(super) fn released(module: &Module<'_>) -> impl Iterator<Item = String> {
    let tasks = module.deployment.tasks.iter();
    tasks
        .filter(|task| task.on == JobTrigger::Release && module.runner(task.service).is_some())
        .map(|task| handle(task.name))
}

pub(super) fn make(module: &mut Module<'_>) -> Result<(), TemplateError> {
    let mut jobs = Vec::new();
    for task in &module.deployment.tasks {
        let Some(runner) = module.runner(task.service) else { continue };
        let schedule = task.schedule.filter(|_| task.on == JobTrigger::Schedule).and_then(Cron::parse);
        let comment = match (task.on, task.schedule) {
            (JobTrigger::Release, _) => "Run by the pipeline before a release takes over.".to_owned(),
            (JobTrigger::Schedule, Some(schedule)) => {
                format!("Runs at {schedule} ({}).", task.timezone.unwrap_or("UTC"))
            }
            _ => "Run by hand.".to_owned(),
        };
        let schedules: Vec<_> = schedule.iter().map(|cron| text(&cron.fields())).collect();
        let service = handle(runner.name);
        jobs.push(json!({
            "id": handle(task.name),
            "name": task.name,
            "environment": module.fragment("container.tf", json!({ "id": service }), 4)?,
            "service": service,
            "image": services::image(module, runner.name),
            "run": text(task.run),
            "comment": comment,
            // A migration that failed halfway is not tried again without a look at it.
            "retries": if task.on == JobTrigger::Schedule { 3 } else { 0 },
            "schedules": schedules,
            "timezone": text(task.timezone.unwrap_or("UTC")),
        }));
    }
    if jobs.is_empty() {
        return Ok(());
    }
    let scheduled = scheduled(module);
    let access = module.fragment("access.tf", json!({}), 3)?;
    module.template("jobs.tf", "jobs.tf", json!({ "jobs": jobs, "scheduled": scheduled, "access": access }))
}
