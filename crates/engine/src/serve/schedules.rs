//! Jobs that run by the clock, in the release that serves and no other. What was due while nothing served is not made up
//! for: a job that runs twice does more harm than one that runs late.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use seaworthy_model::{Job, JobTrigger, Name};
use seaworthy_provision::task::{Program, Task, Tasks as _};

use super::place::{Place, lock};
use super::running::Running;
use crate::host::definition::folder;

/// When jobs are due, and which of them run.
#[derive(Debug, Default)]
pub(super) struct Schedules {
    next: BTreeMap<Name, Due>,
    running: Arc<Mutex<BTreeSet<Name>>>,
}

#[derive(Debug)]
struct Due {
    schedule: String,
    zone: Option<String>,
    at: Option<Timestamp>,
}

impl Schedules {
    /// Starts what is due. To be called every second, with the release whose workers run.
    pub(super) fn tick(&mut self, place: &Arc<Place>, running: &Arc<Running>, now: Timestamp) {
        let jobs = &running.release.app.jobs;
        self.next.retain(|name, _| jobs.contains_key(name));
        for (name, job) in jobs.iter().filter(|(_, job)| job.on.get() == Some(&JobTrigger::Schedule)) {
            let (Some(schedule), zone) = (job.schedule.get(), job.timezone.get()) else { continue };
            let due = self.next.entry(name.clone()).or_insert_with(|| Due::new(schedule, zone, now));
            if due.schedule != *schedule || due.zone.as_ref() != zone {
                *due = Due::new(schedule, zone, now);
            }
            if due.at.is_none_or(|at| at > now) {
                continue;
            }
            *due = Due::new(schedule, zone, now);
            if lock(&self.running).insert(name.clone()) {
                self.run(place, running, name, job);
            } else {
                place.tell(
                    Some(&running.release.id),
                    format!("{name} is due and still runs; it is left out once"),
                );
            }
        }
    }

    fn run(&self, place: &Arc<Place>, running: &Arc<Running>, name: &Name, job: &Job) {
        let (place, running, name, job) = (Arc::clone(place), Arc::clone(running), name.clone(), job.clone());
        let under_way = Arc::clone(&self.running);
        // Ends with the job, which the host's supervisor ends with the host.
        tokio::spawn(async move {
            if let Err(why) = carry_out(&place, &running, &name, &job).await {
                place.tell(Some(&running.release.id), format!("{name} failed: {why}"));
            }
            lock(&under_way).remove(&name);
        });
    }
}

async fn carry_out(place: &Place, running: &Running, name: &Name, job: &Job) -> Result<(), String> {
    let release = &running.release;
    let Some(command) = job.run.get() else { return Ok(()) };
    let owner = job.service.get().and_then(|service| Some((service, release.app.services.get(service)?)));
    let env = match owner {
        Some((service_name, service)) => {
            let environment = running.environment(place, service_name, service, None);
            running.variables(service_name, &environment.map_err(|error| error.to_string())?)
        }
        None => running.search_path(),
    };
    let path = job.path.get().map(String::as_str);
    let path = path.or_else(|| owner.map(|(_, service)| service.path())).unwrap_or(".");
    let task = Task {
        name: name.to_string(),
        program: Program::Shell(command.clone()),
        dir: folder(&release.tree, path),
        env,
        bin_dirs: Vec::new(),
        user: None,
    };
    place.tell(Some(&release.id), format!("running {name}, as it is due"));
    place.tasks(running.hidden()).run(&task, &|_| {}).await.map_err(|error| error.to_string())
}

impl Due {
    /// The next time after `now`; never, for a schedule that nobody can read. The model was checked for that.
    fn new(schedule: &str, zone: Option<&String>, now: Timestamp) -> Self {
        let tz = zone.and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC);
        let next = schedule.parse::<Cron>().ok().and_then(|cron| next(&cron, &now.to_zoned(tz)));
        Self { schedule: schedule.to_owned(), zone: zone.cloned(), at: next }
    }
}

fn next(cron: &Cron, now: &Zoned) -> Option<Timestamp> {
    cron.find_next_occurrence(now, false).ok().map(|next| next.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_that_of_the_zone() {
        let now: Timestamp = "2026-03-08T12:30:00Z".parse().unwrap();
        let at = |schedule: &str, zone: Option<&str>| {
            Due::new(schedule, zone.map(str::to_owned).as_ref(), now).at.map(|at| at.to_string())
        };
        assert_eq!(at("0 13 * * *", None).as_deref(), Some("2026-03-08T13:00:00Z"));
        // Chicago is on summer time from that morning on: five hours behind.
        assert_eq!(at("0 8 * * *", Some("America/Chicago")).as_deref(), Some("2026-03-08T13:00:00Z"));
        assert_eq!(at("@hourly", None).as_deref(), Some("2026-03-08T13:00:00Z"));
        assert_eq!(at("nonsense", None), None);
    }
}
