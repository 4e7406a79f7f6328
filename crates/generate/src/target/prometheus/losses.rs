//! What of the model cannot be watched by what it says alone.

use super::{TARGET, scrape};
use crate::Output;
use crate::monitor::{Alert, Monitor, Subject, counts_requests, is_outside, metrics, recording, resources};

/// Tells of everything that somebody has to add.
pub(super) fn tell(monitor: &Monitor<'_>, output: &mut Output) {
    let mut lose = |subject: String, lost: String, instead: String| {
        output.lose(TARGET.id, subject, lost, instead);
    };
    let alerts = monitor.alerts();
    for backing in &monitor.deployment.backings {
        let name = backing.name;
        if is_outside(backing) && backing.kind != "sqlite" {
            lose(
                format!("{name}.type"),
                format!("The model does not know the address of {name}, so it is not probed."),
                format!(
                    "Put it into targets/{name}.yaml beside prometheus.yaml: [{{targets: [\"HOST:PORT\"], labels: \
                     {{resource: {name}, module: tcp_connect}}}}]."
                ),
            );
        }
        let workers = recording::workers(monitor, name);
        if backing.kind == "redis" && !workers.is_empty() && resources::queue_keys(&workers).is_empty() {
            lose(
                format!("{name}.queues"),
                format!("Nobody knows under which keys of {name} work waits: its backlog is not measured."),
                "Give redis_exporter --check-single-keys=KEY; the alert QueueBacklog then reads it."
                    .to_owned(),
            );
        }
        for (wanted, metric) in [
            (backing.resource.backup.get().map(|_| ()), metrics::pushed::BACKUP),
            (
                backing.resource.backup.get().and_then(|backup| backup.drill).map(|_| ()),
                metrics::pushed::DRILL,
            ),
        ] {
            if wanted.is_some() {
                lose(
                    format!("{name}.backup"),
                    format!("No exporter knows whether {name} was backed up."),
                    format!("Push {metric}{{resource=\"{name}\"}} to the Pushgateway after each success."),
                );
            }
        }
    }
    for task in monitor.deployment.tasks.iter().filter(|task| task.schedule.is_some()) {
        let name = task.name;
        let is_watched = |alert: &Alert<'_>| alert.subject == Subject::Job(name);
        if !alerts.iter().any(is_watched) {
            lose(
                format!("{name}.schedule"),
                format!("How often {name} runs cannot be told from its schedule."),
                "There is no alert for a missed run.".to_owned(),
            );
        } else if scrape::is_pushed_to(monitor) && !monitor.platform.is_kubernetes() {
            lose(
                format!("{name}.schedule"),
                format!("Outside Kubernetes no exporter knows when {name} last succeeded."),
                format!(
                    "Push {}{{scheduled_job=\"{name}\"}} to the Pushgateway after each success.",
                    metrics::pushed::JOB_SUCCESS
                ),
            );
        }
    }
    for (name, slo) in &monitor.deployment.app.slos {
        let instance = monitor.deployment.instance(name);
        if !instance.is_some_and(counts_requests) {
            lose(
                format!("slo.{name}"),
                format!("{name} answers no requests by its own code, so nothing counts them."),
                "Its objective is not watched.".to_owned(),
            );
            continue;
        }
        let burns = |objective: &str| {
            alerts.iter().any(|alert| {
                alert.subject.label().is_some_and(|(_, subject)| subject == name)
                    && alert.objective.as_deref() == Some(objective)
            })
        };
        let promised = slo.availability.get().map(|_| "availability".to_owned());
        let latencies = slo.latency.get().into_iter().flat_map(|latency| latency.keys().cloned());
        for objective in promised.into_iter().chain(latencies).filter(|objective| !burns(objective)) {
            lose(
                format!("slo.{name}.{objective}"),
                format!(
                    "The objective {objective} of {name} leaves no budget that could burn, or one that cannot burn too fast."
                ),
                "There is no alert for it; the dashboard shows it.".to_owned(),
            );
        }
    }
}
