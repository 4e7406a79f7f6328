//! What served when, in one environment of one app.

use jiff::Timestamp;
use seaworthy_model::Name;

use super::data::{Deployment, Ended, Facts, Takeback};
use crate::body::Purpose;
use crate::key::ReleaseId;

/// A deployment that counts, with what was done about it.
#[derive(Clone, Debug)]
pub(super) struct Deployed<'a> {
    pub(super) deployment: &'a Deployment,
    /// When someone or something first had to step in.
    pub(super) intervention: Option<Timestamp>,
}

/// How the serving release came to serve.
#[derive(Clone, Copy)]
enum Serving {
    /// Nothing is known to serve.
    Nothing,
    /// This deployment serves.
    Deployed(usize),
    /// A rollback brought this deployment back.
    Restored(usize),
}

enum Act<'a> {
    Deploy(&'a Deployment),
    TakeBack(&'a Takeback),
}

/// Deployments that count, in order of time. Deploying the release that serves already changes nothing for users and is
/// left out.
pub(super) fn timeline<'a>(facts: &'a Facts, app: &Name, environment: &Name) -> Vec<Deployed<'a>> {
    let deployments = facts.deployments.iter().filter(|d| d.app == *app && d.environment == *environment);
    let takebacks = facts.takebacks.iter().filter(|t| t.app == *app && t.environment == *environment);
    let mut acts: Vec<(Timestamp, Act<'_>)> = deployments
        .map(|d| (d.at, Act::Deploy(d)))
        .chain(takebacks.map(|t| (t.at, Act::TakeBack(t))))
        .collect();
    // Stable: at the same instant a deployment comes before what takes it back.
    acts.sort_by_key(|(at, _)| *at);

    let mut deployed: Vec<Deployed<'a>> = Vec::new();
    let mut serving = Serving::Nothing;
    for (at, act) in acts {
        match act {
            Act::Deploy(deployment) => {
                let intervention = match deployment.ended {
                    Ended::Aborted(at) => Some(at),
                    Ended::Promoted => {
                        if let Serving::Deployed(i) | Serving::Restored(i) = serving
                            && deployed[i].deployment.release == deployment.release
                        {
                            continue;
                        }
                        // A hotfix that names no incident mends what was deployed last. After a rollback, that was
                        // marked already.
                        if deployment.purpose == Purpose::Unplanned
                            && deployment.incident.is_none()
                            && let Serving::Deployed(i) = serving
                        {
                            deployed[i].intervention.get_or_insert(at);
                        }
                        serving = Serving::Deployed(deployed.len());
                        None
                    }
                };
                deployed.push(Deployed { deployment, intervention });
            }
            Act::TakeBack(takeback) => {
                let last = |release: &ReleaseId| {
                    deployed.iter().rposition(|d| {
                        d.deployment.release == *release && d.deployment.ended == Ended::Promoted
                    })
                };
                // What serves by a rollback and is taken back was no new deployment: the rollback is undone.
                let undone = matches!(serving, Serving::Restored(i) if deployed[i].deployment.release == takeback.from);
                let restored = last(&takeback.to);
                if !undone && let Some(i) = last(&takeback.from) {
                    deployed[i].intervention.get_or_insert(at);
                }
                serving = restored.map_or(Serving::Nothing, Serving::Restored);
            }
        }
    }
    deployed
}
