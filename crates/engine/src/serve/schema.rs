//! Which migrations ran in an environment, and what follows from that for the release that is to run there.
//!
//! What a migration does was judged where the release was packaged, and came with its record; here it is only compared
//! with what ran.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seaworthy_ledger::body::MigrationClass;
use seaworthy_rollout::ReleaseId;
use seaworthy_rollout::schema::Migration;
use serde::{Deserialize, Serialize};

use super::Error;
use super::layout;
use super::place::Place;
use super::release::{MigrationRecord, ReleaseRecord};

/// A migration that ran, or may have: a tool that failed does not say how far it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Applied {
    pub(super) migration: MigrationRecord,
    /// The release that brought it.
    pub(super) release: String,
    pub(super) at: Timestamp,
}

/// What is known of the schema of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Schema {
    /// In the order in which they ran.
    applied: Vec<Applied>,
    /// How many of them had run when a release came: with those it has lived.
    reached: BTreeMap<String, usize>,
}

impl Schema {
    /// What is written down of an environment.
    pub(super) fn load(place: &Place) -> Result<Self, Error> {
        Ok(layout::read(&place.folder.schema())?.unwrap_or_default())
    }

    /// Writes it down.
    pub(super) fn save(&self, place: &Place) -> Result<(), Error> {
        layout::save(&place.folder.schema(), self)
    }

    /// Migrations of a release that did not run, or ran as something else.
    pub(super) fn pending<'a>(
        &'a self,
        record: &'a ReleaseRecord,
    ) -> impl Iterator<Item = &'a MigrationRecord> {
        record.migrations.iter().filter(|migration| {
            !self.applied.iter().any(|applied| {
                applied.migration.file == migration.file && applied.migration.digest == migration.digest
            })
        })
    }

    /// What a release does to the schema while another one serves, or none.
    pub(super) fn migration(&self, record: &ReleaseRecord, serves: bool, is_meant: bool) -> Migration {
        let worst = self.pending(record).map(|migration| migration.class).max();
        match worst {
            None if !record.runs_jobs => Migration::None,
            // Nobody is there whom it could break.
            _ if !serves => Migration::Expand,
            Some(MigrationClass::Breaking) => Migration::Breaking,
            _ if is_meant => Migration::Breaking,
            _ => Migration::Expand,
        }
    }

    /// The first breaking migration that ran since a release was here and that it does not know.
    pub(super) fn unknown_to(&self, record: &ReleaseRecord) -> Option<&Applied> {
        let reached = self.reached.get(&record.release).copied().unwrap_or_default();
        self.applied.iter().skip(reached).find(|applied| {
            applied.migration.class == MigrationClass::Breaking
                && !record.migrations.iter().any(|known| known.file == applied.migration.file)
        })
    }

    /// A migration ran.
    pub(super) fn ran(&mut self, release: &ReleaseId, migration: &MigrationRecord) {
        self.applied.push(Applied {
            migration: migration.clone(),
            release: release.to_string(),
            at: Timestamp::now(),
        });
    }

    /// A release lives with all that ran so far.
    pub(super) fn reach(&mut self, release: &ReleaseId) {
        self.reached.insert(release.to_string(), self.applied.len());
    }
}

/// Why a release does not run on the present schema.
pub(super) fn moved_on(release: &str, applied: &Applied) -> String {
    format!(
        "release {release} does not know {file}, which ran on {at} with release {by} and {why}: migrations are not undone, \
         so go forwards with a fix",
        file = applied.migration.place(),
        at = applied.at.strftime("%Y-%m-%d %H:%M UTC"),
        by = applied.release,
        why = applied.migration.why,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(file: &str, class: MigrationClass) -> MigrationRecord {
        MigrationRecord {
            file: file.to_owned(),
            digest: format!("{file} as it is"),
            class,
            line: 3,
            why: "drops a column".to_owned(),
        }
    }

    fn record(release: &str, migrations: &[MigrationRecord]) -> ReleaseRecord {
        ReleaseRecord {
            release: release.to_owned(),
            artifact: String::new(),
            configuration: String::new(),
            commit: String::new(),
            subject: String::new(),
            author: String::new(),
            committed_at: Timestamp::UNIX_EPOCH,
            dirty: false,
            migrations: migrations.to_vec(),
            runs_jobs: false,
            commits: Vec::new(),
            history: Vec::new(),
            findings: None,
            keys: BTreeMap::new(),
        }
    }

    fn shipped(schema: &mut Schema, record: &ReleaseRecord) {
        let pending: Vec<MigrationRecord> = schema.pending(record).cloned().collect();
        for migration in pending {
            schema.ran(&record.id(), &migration);
        }
        schema.reach(&record.id());
    }

    #[test]
    fn what_did_not_run_decides() {
        use MigrationClass::{Breaking, Expand, Unknown};
        let (first, adds) = (migration("1", Breaking), migration("2", Expand));
        let mut schema = Schema::default();
        let one = record("one", std::slice::from_ref(&first));
        assert_eq!(schema.migration(&one, false, false), Migration::Expand, "nobody is there");
        shipped(&mut schema, &one);
        assert_eq!(schema.migration(&one, true, false), Migration::None);
        let two = record("two", &[first.clone(), adds.clone()]);
        assert_eq!(schema.migration(&two, true, false), Migration::Expand);
        assert_eq!(schema.migration(&two, true, true), Migration::Breaking);
        let three = record("three", &[first.clone(), adds.clone(), migration("3", Unknown)]);
        assert_eq!(schema.migration(&three, true, false), Migration::Expand);
        let four = record("four", &[first.clone(), migration("4", Breaking), adds]);
        assert_eq!(schema.migration(&four, true, false), Migration::Breaking);
        let edited = MigrationRecord { digest: "other".to_owned(), ..first };
        assert_eq!(schema.migration(&record("five", &[edited]), true, false), Migration::Breaking);
        let jobs = ReleaseRecord { runs_jobs: true, ..one };
        assert_eq!(schema.migration(&jobs, true, false), Migration::Expand);
    }

    #[test]
    fn what_ran_since_and_breaks_bars_the_way_back() {
        use MigrationClass::{Breaking, Expand};
        let all = [migration("1", Expand), migration("2", Expand), migration("3", Breaking)];
        let (one, two, three) = (record("one", &all[..1]), record("two", &all[..2]), record("three", &all));
        let mut schema = Schema::default();
        shipped(&mut schema, &one);
        shipped(&mut schema, &two);
        assert_eq!(schema.unknown_to(&one), None, "what was added is not minded");
        shipped(&mut schema, &three);
        let said = moved_on("two", schema.unknown_to(&two).unwrap());
        assert!(said.contains("3:3") && said.contains("with release three"), "{said}");
        assert!(schema.unknown_to(&one).is_some() && schema.unknown_to(&three).is_none());
        // One file in the place of many: it has lived with what ran before it came.
        let squashed = record("squashed", &[migration("all", Expand)]);
        shipped(&mut schema, &squashed);
        assert_eq!(schema.unknown_to(&squashed), None);
        assert_eq!(schema.unknown_to(&three), None);
    }
}
