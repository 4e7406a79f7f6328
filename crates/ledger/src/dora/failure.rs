//! Which deployments failed, for how long, and which were made because of that.

use jiff::{SignedDuration, Timestamp};
use seaworthy_model::Name;

use super::data::{Facts, Incident};
use super::timeline::Deployed;
use crate::body::Purpose;
use crate::key::ReleaseId;

/// What became of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It needed no one.
    Fine,
    /// Users suffered from it for so long.
    Recovered(SignedDuration),
    /// They still do.
    Unrecovered,
}

/// Incidents of an app in an environment.
pub(super) fn incidents<'a>(facts: &'a Facts, app: &Name, environment: &Name) -> Vec<&'a Incident> {
    let here = |incident: &&Incident| {
        incident.app == *app && incident.environment.as_ref().is_none_or(|place| place == environment)
    };
    facts.incidents.iter().filter(here).collect()
}

/// The deployment of a release that an incident at this time is about: the last one before, or the first one when the
/// clocks disagree.
fn deployment_of(timeline: &[Deployed<'_>], release: &ReleaseId, at: Timestamp) -> Option<usize> {
    let of_release = |d: &&Deployed<'_>| d.deployment.release == *release;
    timeline
        .iter()
        .rposition(|d| of_release(&d) && d.deployment.at <= at)
        .or_else(|| timeline.iter().position(|d| of_release(&d)))
}

/// The fate of each deployment.
pub(super) fn fates(timeline: &[Deployed<'_>], incidents: &[&Incident]) -> Vec<Fate> {
    let mut caused: Vec<Vec<&Incident>> = vec![Vec::new(); timeline.len()];
    for incident in incidents {
        let release = incident.caused_by.as_ref();
        if let Some(i) = release.and_then(|release| deployment_of(timeline, release, incident.opened)) {
            caused[i].push(incident);
        }
    }
    timeline.iter().zip(caused).map(|(deployed, caused)| fate(deployed, &caused)).collect()
}

fn fate(deployed: &Deployed<'_>, caused: &[&Incident]) -> Fate {
    let start = deployed.deployment.at;
    if caused.is_empty() {
        // Nobody noted when users suffered: from the deployment to what was done about it.
        return deployed.intervention.map_or(Fate::Fine, |at| Fate::Recovered(between(start, at)));
    }
    let mut spans = Vec::new();
    for incident in caused {
        let Some(resolved) = incident.resolved else { return Fate::Unrecovered };
        // Nobody suffers from a deployment before it happens.
        spans.push((incident.opened.max(start), resolved));
    }
    spans.sort_unstable();
    // Time in which at least one of them was open; overlaps count once, quiet times between them do not.
    let mut total = SignedDuration::ZERO;
    let mut covered = start;
    for (opened, resolved) in spans {
        let opened = opened.max(covered);
        total += between(opened, resolved);
        covered = covered.max(resolved);
    }
    Fate::Recovered(total)
}

fn between(from: Timestamp, to: Timestamp) -> SignedDuration {
    to.duration_since(from).max(SignedDuration::ZERO)
}

/// Whether each deployment was unplanned work because of an incident: declared so, made for one, or named by one as
/// what mended it. Never guessed from the time.
pub(super) fn rework(timeline: &[Deployed<'_>], incidents: &[&Incident]) -> Vec<bool> {
    let mut rework: Vec<bool> = timeline
        .iter()
        .map(|d| d.deployment.purpose == Purpose::Unplanned || d.deployment.incident.is_some())
        .collect();
    for incident in incidents {
        if let Some(release) = &incident.resolved_by
            && let Some(i) = deployment_of(timeline, release, incident.resolved.unwrap_or(Timestamp::MAX))
        {
            rework[i] = true;
        }
    }
    rework
}
