//! Which release may run on which database schema.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ReleaseId;

/// A state of the schema: how many migrations are applied, or any other number that only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchemaVersion(pub u64);

/// The schemas on which a release runs, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SchemaRange {
    /// The oldest.
    pub min: SchemaVersion,
    /// The newest.
    pub max: SchemaVersion,
}

impl SchemaRange {
    /// The release runs on this schema.
    pub fn contains(self, version: SchemaVersion) -> bool {
        self.min <= version && version <= self.max
    }
}

/// How a release changes the schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Migration {
    /// Not at all.
    #[default]
    None,
    /// It adds what the running release does not mind.
    Expand,
    /// It removes what no retained release needs any more.
    Contract,
    /// The running release cannot live with it.
    Breaking,
}

/// Why something may not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The schema is too new.
    TooNew {
        /// Who cannot run on it.
        release: ReleaseId,
        /// The present or planned schema.
        schema: SchemaVersion,
        /// What it runs on.
        range: SchemaRange,
    },
    /// The schema is too old.
    TooOld {
        /// Who cannot run on it.
        release: ReleaseId,
        /// The present or planned schema.
        schema: SchemaVersion,
        /// What it runs on.
        range: SchemaRange,
    },
    /// Schemas only go forwards.
    Backwards {
        /// The present schema.
        from: SchemaVersion,
        /// The planned one.
        to: SchemaVersion,
    },
    /// The migration is breaking, and nobody said that this is meant.
    BreakingUnsaid,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooNew { release, schema, range } => write!(
                f,
                "release {release} runs on schemas {} to {}, and the database has {}: migrations are not undone, \
                 so choose a release that runs on {} or go forwards with a fix",
                range.min.0, range.max.0, schema.0, schema.0
            ),
            Self::TooOld { release, schema, range } => write!(
                f,
                "release {release} needs schema {} at least, and the database would have {}: its migrations have to \
                 run first",
                range.min.0, schema.0
            ),
            Self::Backwards { from, to } => {
                write!(f, "the database has schema {}, and this would lead back to {}", from.0, to.0)
            }
            Self::BreakingUnsaid => f.write_str(
                "the running release cannot live with this migration: split it into one that adds and a later one \
                 that removes, or say that it is meant",
            ),
        }
    }
}

/// A release may run on the present schema. Asked before a rollback, which never migrates.
pub fn may_run(release: &ReleaseId, range: SchemaRange, present: SchemaVersion) -> Result<(), Refusal> {
    let release = || release.clone();
    if present > range.max {
        Err(Refusal::TooNew { release: release(), schema: present, range })
    } else if present < range.min {
        Err(Refusal::TooOld { release: release(), schema: present, range })
    } else {
        Ok(())
    }
}

/// What a migration from `present` to `target` is, given who runs and which releases are retained for a rollback.
///
/// `removes`: it takes something away. It is a contraction when everyone who runs or is retained can live without it.
pub fn classify(
    present: SchemaVersion,
    target: SchemaVersion,
    removes: bool,
    running: Option<SchemaRange>,
    retained: &[SchemaRange],
) -> Result<Migration, Refusal> {
    if target < present {
        return Err(Refusal::Backwards { from: present, to: target });
    }
    if target == present {
        return Ok(Migration::None);
    }
    let lives_on = |range: &SchemaRange| range.contains(target);
    Ok(match (removes, running.as_ref().is_none_or(lives_on)) {
        (_, false) => Migration::Breaking,
        (true, true) if !retained.iter().all(lives_on) => Migration::Breaking,
        (true, true) => Migration::Contract,
        (false, true) => Migration::Expand,
    })
}

/// A migration may run: one that breaks the running release only when that was said.
pub fn may_migrate(migration: Migration, breaking_is_meant: bool) -> Result<(), Refusal> {
    if migration == Migration::Breaking && !breaking_is_meant { Err(Refusal::BreakingUnsaid) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(min: u64, max: u64) -> SchemaRange {
        SchemaRange { min: SchemaVersion(min), max: SchemaVersion(max) }
    }

    fn kind(target: u64, removes: bool, running: SchemaRange, retained: &[SchemaRange]) -> Migration {
        classify(SchemaVersion(5), SchemaVersion(target), removes, Some(running), retained).unwrap()
    }

    #[test]
    fn a_rollback_is_refused_with_the_reason() {
        let release = ReleaseId::new("r1");
        assert_eq!(may_run(&release, range(3, 5), SchemaVersion(5)), Ok(()));
        let refusal = may_run(&release, range(3, 5), SchemaVersion(6)).unwrap_err();
        assert!(refusal.to_string().contains("schemas 3 to 5, and the database has 6"), "{refusal}");
        assert!(matches!(may_run(&release, range(3, 5), SchemaVersion(2)), Err(Refusal::TooOld { .. })));
    }

    #[test]
    fn kinds_of_migrations() {
        assert_eq!(kind(5, true, range(1, 5), &[]), Migration::None);
        assert_eq!(kind(6, false, range(5, 9), &[]), Migration::Expand);
        assert_eq!(kind(6, false, range(5, 5), &[]), Migration::Breaking);
        assert_eq!(kind(6, true, range(5, 6), &[range(4, 6)]), Migration::Contract);
        assert_eq!(
            kind(6, true, range(5, 6), &[range(4, 5)]),
            Migration::Breaking,
            "a retained release needs it"
        );
        assert_eq!(
            kind(6, false, range(5, 6), &[range(4, 5)]),
            Migration::Expand,
            "refused when rolled back to"
        );
        assert!(classify(SchemaVersion(5), SchemaVersion(4), false, None, &[]).is_err());
    }

    #[test]
    fn breaking_has_to_be_said() {
        assert_eq!(may_migrate(Migration::Breaking, false), Err(Refusal::BreakingUnsaid));
        assert_eq!(may_migrate(Migration::Breaking, true), Ok(()));
        assert_eq!(may_migrate(Migration::Contract, false), Ok(()));
    }
}
