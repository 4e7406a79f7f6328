//! Which old releases are kept, for a rollback.

use crate::{Moment, ReleaseId};

/// How many are kept.
pub const KEPT: usize = 5;

/// A release that served once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retained {
    /// Which.
    pub release: ReleaseId,
    /// When it stopped serving.
    pub since: Moment,
    /// Someone wants it kept.
    pub pinned: bool,
}

/// The releases to retire, oldest first: all but the `keep` that served last and those that are pinned.
pub fn to_retire(retained: &[Retained], keep: usize) -> Vec<&ReleaseId> {
    let mut unpinned: Vec<&Retained> = retained.iter().filter(|release| !release.pinned).collect();
    unpinned.sort_by_key(|release| (release.since, &release.release));
    let surplus = unpinned.len().saturating_sub(keep);
    unpinned[..surplus].iter().map(|release| &release.release).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_five_and_the_pinned() {
        let retained: Vec<Retained> = (0..8)
            .map(|at| Retained {
                release: ReleaseId::new(format!("r{at}")),
                since: Moment(at),
                pinned: at == 1,
            })
            .collect();
        let ids: Vec<&str> = to_retire(&retained, KEPT).into_iter().map(ReleaseId::as_str).collect();
        assert_eq!(ids, ["r0", "r2"]);
        assert!(to_retire(&retained[..3], KEPT).is_empty());
    }
}
