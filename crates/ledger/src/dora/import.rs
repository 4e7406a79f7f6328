//! Deployments from before the ledger, by their git tags.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seaworthy_model::Name;

use super::data::{Deployment, Ended, Source};
use crate::body::{DeploymentImport, Purpose};
use crate::event::Draft;
use crate::key::{Key, ReleaseId};

/// A tag of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// The commit it is on.
    pub commit: String,
    /// When it was made: the tagger's date, else that of the commit.
    pub at: Timestamp,
}

/// Which tags are deployments, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRule {
    /// Of this app.
    pub app: Name,
    /// To this environment.
    pub environment: Name,
    /// What stands before the version: `api/` of `api/v1.4.0`; empty for a repository with one app.
    pub prefix: String,
}

/// The deployments that tags tell of, oldest first. A tag counts when the rule's prefix is followed by a version of at
/// least two numbers (`v1.4.0`, `2026.11`), not by a pre-release (`v1.4.0-rc.1`) and not by a moving one (`v1`, `latest`).
/// Several such tags on one commit are one deployment, the earliest.
pub fn from_tags(tags: &[Tag], rule: &TagRule) -> Vec<Deployment> {
    let mut by_commit: BTreeMap<&str, (&Tag, ReleaseId)> = BTreeMap::new();
    for tag in tags {
        let version = tag.name.strip_prefix(&rule.prefix).is_some_and(is_version);
        let Some(release) = version.then(|| ReleaseId::parse(&tag.name).ok()).flatten() else { continue };
        let earlier = by_commit.get(tag.commit.as_str());
        if earlier.is_none_or(|(known, _)| (tag.at, &tag.name) < (known.at, &known.name)) {
            by_commit.insert(&tag.commit, (tag, release));
        }
    }
    let mut deployments: Vec<Deployment> = by_commit
        .into_values()
        .map(|(tag, release)| Deployment {
            app: rule.app.clone(),
            environment: rule.environment.clone(),
            release,
            commit: tag.commit.clone(),
            at: tag.at,
            ended: Ended::Promoted,
            purpose: Purpose::Planned,
            incident: None,
            source: Source::Imported,
        })
        .collect();
    deployments.sort_by(|a, b| (a.at, &a.release).cmp(&(b.at, &b.release)));
    deployments
}

/// The event that keeps an imported deployment; importing twice writes it once. None for one that was not imported.
pub fn draft(deployment: &Deployment) -> Option<Draft> {
    if deployment.source != Source::Imported {
        return None;
    }
    let Deployment { app, environment, release, commit, at, .. } = deployment;
    let key = Key::parse(&format!("import/{app}/{environment}/{release}")).ok()?;
    let body = DeploymentImport { commit: commit.clone(), tag: release.to_string(), at: *at };
    Some(Draft::new(app.clone(), key, body.into()).environment(environment.clone()).release(release.clone()))
}

fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    // Build metadata says nothing about the version (semver.org, point 10).
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let mut parts = text.split('.');
    text.contains('.') && parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_tags_of_releases_and_nothing_else_is() {
        for version in ["1.2", "v1.2.3", "2026.11.21", "v1.2.3+build.7"] {
            assert!(super::is_version(version), "{version}");
        }
        for other in ["v1", "latest", "v1.2.3-rc.1", "1..2", "", "v", "1.x", "nightly-2026.11"] {
            assert!(!super::is_version(other), "{other}");
        }
    }
}
