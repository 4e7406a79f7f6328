//! Two releases on one route.

use std::fmt;
use std::time::Duration;

use seaworthy_rollout::split::SplitKey;
use seaworthy_rollout::{Arm, ReleaseId, Weight};
use serde::{Deserialize, Serialize};

use super::{RoutingTable, Target};

/// How traffic is split between two releases: one decision for all the routes that name it, so that a client meets the
/// same release on each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitTable {
    /// Unique in the table. A split of the same name and canary in the next table is the same one: its counts go on.
    pub name: String,
    /// What sessions and headers are signed with.
    pub key: SplitSecret,
    /// The release that served before.
    pub stable: ReleaseId,
    /// The new release.
    pub canary: ReleaseId,
    /// The new release's share.
    pub weight: Weight,
    /// How long the weight holds, counted from the receipt of the table; then it is 0, until another table. `None` is for
    /// as long as the table.
    pub lease: Option<Duration>,
    /// Canaries that were aborted: their cookies are taken back from whoever sends one.
    #[serde(default)]
    pub expired: Vec<ReleaseId>,
    /// Whether cookies are for HTTPS only.
    #[serde(default)]
    pub secure: bool,
}

/// The arms of a route that takes part in a split. Neither may be a split in its turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitTarget {
    /// The name of the split.
    pub split: String,
    /// What answers for the release that served before.
    pub stable: Target,
    /// What answers for the new release.
    pub canary: Target,
}

impl SplitTarget {
    /// What answers for an arm.
    #[must_use]
    pub fn arm(&self, arm: Arm) -> &Target {
        match arm {
            Arm::Stable => &self.stable,
            Arm::Canary => &self.canary,
        }
    }
}

/// The secret of an environment, see [`SplitKey`]. It travels to the proxy and is shown nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SplitSecret([u8; 32]);

impl SplitSecret {
    /// The key that it is.
    #[must_use]
    pub fn key(&self) -> SplitKey {
        SplitKey::new(self.0)
    }
}

impl From<[u8; 32]> for SplitSecret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for SplitSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SplitSecret(..)")
    }
}

impl RoutingTable {
    /// The same table with every lease replaced by what `left` says is left of it; with nothing left, the weight is 0.
    #[must_use]
    pub(crate) fn with_leases(mut self, left: impl Fn(&SplitTable) -> Option<Duration>) -> Self {
        for split in &mut self.splits {
            split.lease = left(split);
            if split.lease == Some(Duration::ZERO) {
                split.weight = Weight::NONE;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split() -> SplitTable {
        SplitTable {
            name: "shop".into(),
            key: [0xab; 32].into(),
            stable: ReleaseId::new("r1"),
            canary: ReleaseId::new("r2"),
            weight: Weight::percent(10),
            lease: Some(Duration::from_secs(30)),
            expired: vec![],
            secure: true,
        }
    }

    #[test]
    fn the_key_survives_json_and_is_not_shown() {
        let json = serde_json::to_string(&split()).unwrap();
        assert_eq!(serde_json::from_str::<SplitTable>(&json).unwrap(), split());
        let shown = format!("{:?}", split());
        assert!(
            shown.contains("SplitSecret(..)") && !shown.contains("171") && !shown.contains("ab, "),
            "{shown}"
        );
    }

    #[test]
    fn what_is_left_of_a_lease() {
        let table = RoutingTable { splits: vec![split()], ..RoutingTable::default() };
        let left = |left| table.clone().with_leases(|_| left).splits.remove(0);
        assert_eq!(left(Some(Duration::from_secs(1))).weight, Weight::percent(10));
        assert_eq!(
            (left(Some(Duration::ZERO)).weight, left(None).weight),
            (Weight::NONE, Weight::percent(10))
        );
    }
}
