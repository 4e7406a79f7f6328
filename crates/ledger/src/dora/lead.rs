//! From commit to users.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use seaworthy_model::Name;

use super::data::{Commit, Ended, Facts};
use super::timeline::Deployed;

/// What a deployment delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delivered {
    /// The lead time of each change that it was the first to deliver.
    pub(super) lead: Vec<SignedDuration>,
    /// Changes that were committed after it, by the clocks.
    pub(super) skewed: u32,
    /// Whether its commit is in no history.
    pub(super) unknown: bool,
    /// Whether it is the first one that is known: what it delivered cannot be told.
    pub(super) first: bool,
}

/// What each deployment delivered. A change counts once, with the first promoted deployment that has its commit; a
/// merge is no change by itself; a commit that touches another app only is none of this one.
pub(super) fn delivered(facts: &Facts, app: &Name, timeline: &[Deployed<'_>]) -> Vec<Delivered> {
    let commits: HashMap<&str, &Commit> = facts.commits.iter().map(|c| (c.id.as_str(), c)).collect();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut first = true;
    timeline
        .iter()
        .map(|deployed| {
            let deployment = deployed.deployment;
            let mut delivered = Delivered::default();
            if deployment.ended != Ended::Promoted {
                return delivered;
            }
            delivered.first = std::mem::take(&mut first);
            delivered.unknown = !commits.contains_key(deployment.commit.as_str());
            let mut reached = vec![deployment.commit.as_str()];
            while let Some(id) = reached.pop() {
                let Some(commit) = commits.get(id) else { continue };
                if !seen.insert(id) {
                    continue;
                }
                reached.extend(commit.parents.iter().map(String::as_str));
                let touches = commit.apps.as_ref().is_none_or(|apps| apps.contains(app));
                if delivered.first || commit.parents.len() > 1 || !touches {
                    continue;
                }
                delivered.skewed += u32::from(commit.at > deployment.at);
                delivered.lead.push(lead(commit.at, deployment.at));
            }
            delivered
        })
        .collect()
}

/// Never negative: a commit that seems to come after its deployment was delivered at once, as far as can be told.
fn lead(committed: Timestamp, deployed: Timestamp) -> SignedDuration {
    deployed.duration_since(committed).max(SignedDuration::ZERO)
}
