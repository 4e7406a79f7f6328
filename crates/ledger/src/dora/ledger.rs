//! What the ledger knows, as facts.

use std::collections::BTreeMap;

use super::data::{Deployment, Ended, Facts, Incident, Source, Takeback};
use crate::body::Kind;
use crate::body::{Abort, Body, DeploymentImport, IncidentPhase, Promotion, Purpose, Rollback};
use crate::error::LedgerError;
use crate::event::Event;
use crate::history::{Order, Query};
use crate::store::Ledger;
use seaworthy_model::Name;

impl Ledger {
    /// What is known of the deployments of an app in all its environments; commits are for the caller to add.
    pub fn dora_facts(&self, app: &Name) -> Result<Facts, LedgerError> {
        let kinds = vec![Kind::Promotion, Kind::Rollback, Kind::Abort, Kind::Deployment, Kind::Incident];
        let query = Query { app: Some(app.clone()), kinds, order: Order::OldestFirst, ..Query::default() };
        Ok(facts(&self.history(&query)?.events))
    }
}

/// Facts of events, oldest first; others than promotions, rollbacks, aborts, imports and incidents say nothing here.
/// Commits are for the caller to add, who knows git.
pub fn facts<'a>(events: impl IntoIterator<Item = &'a Event>) -> Facts {
    let mut facts = Facts::default();
    let mut incidents: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for event in events {
        if let Body::Incident(incident) = &event.body {
            let at = incident.at.unwrap_or(event.time);
            let i = *incidents.entry((event.app.as_str(), &incident.id)).or_insert_with(|| {
                facts.incidents.push(Incident {
                    id: incident.id.clone(),
                    app: event.app.clone(),
                    environment: event.environment.clone(),
                    opened: at,
                    resolved: None,
                    caused_by: None,
                    resolved_by: None,
                });
                facts.incidents.len() - 1
            });
            let known = &mut facts.incidents[i];
            match incident.phase {
                IncidentPhase::Opened => {
                    // Opened again: users suffer on, from the first time.
                    known.opened = known.opened.min(at);
                    known.resolved = None;
                }
                IncidentPhase::Updated => {}
                IncidentPhase::Resolved => known.resolved = Some(at),
            }
            if incident.caused_by.is_some() {
                known.caused_by.clone_from(&incident.caused_by);
            }
            if incident.resolved_by.is_some() {
                known.resolved_by.clone_from(&incident.resolved_by);
            }
            continue;
        }
        let Some(environment) = event.environment.clone() else { continue };
        if let Body::Rollback(Rollback { from, to, .. }) = &event.body {
            let (from, to) = (from.clone(), to.clone());
            facts.takebacks.push(Takeback { app: event.app.clone(), environment, from, to, at: event.time });
            continue;
        }
        let Some(release) = event.release.clone() else { continue };
        let app = event.app.clone();
        let deployment = match &event.body {
            Body::Promotion(Promotion { commit, purpose, incident, .. }) => Deployment {
                app,
                environment,
                release,
                commit: commit.clone(),
                at: event.time,
                ended: Ended::Promoted,
                purpose: *purpose,
                incident: incident.clone(),
                source: Source::Ledger,
            },
            Body::Abort(Abort { commit, purpose, exposed: Some(exposed), .. }) => Deployment {
                app,
                environment,
                release,
                commit: commit.clone(),
                at: *exposed,
                ended: Ended::Aborted(event.time),
                purpose: *purpose,
                incident: None,
                source: Source::Ledger,
            },
            Body::Deployment(DeploymentImport { commit, at, .. }) => Deployment {
                app,
                environment,
                release,
                commit: commit.clone(),
                at: *at,
                ended: Ended::Promoted,
                purpose: Purpose::Planned,
                incident: None,
                source: Source::Imported,
            },
            _ => continue,
        };
        facts.deployments.push(deployment);
    }
    facts
}
