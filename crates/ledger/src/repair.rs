//! A damaged ledger: what is whole is kept, the damaged files are set aside as they are.
//!
//! Nothing is moved or changed before a copy of the damaged files is on the disk. The repaired store gets its final
//! name as the last act; a repair that is interrupted before goes on when it is called again.

mod place;
mod salvage;

use std::path::PathBuf;

use crate::body::{Body, Checkpoint, CheckpointReason, Kind};
use crate::error::{Damage, LedgerError};
use crate::event::{Event, Seq};
use crate::history::{Order, Query};
use crate::store::{Files, Guard, Ledger, Options};

/// What a repair did: it is the newest checkpoint event too.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// What was wrong; the first thing that was found.
    pub damage: Damage,
    /// Where the damaged files are, unchanged.
    pub set_aside: Option<PathBuf>,
    /// How many events are not in the ledger any more.
    pub lost: u64,
    /// The checkpoint event that says so.
    pub checkpoint: Seq,
}

impl Ledger {
    /// Opens a ledger whatever its state, keeping every event that is whole. Gives what was done when something was
    /// wrong. Needs the ledger alone; locks are forgotten, since no one who held one has the ledger open.
    pub fn repair(
        path: impl Into<PathBuf>,
        options: Options,
    ) -> Result<(Self, Option<Repaired>), LedgerError> {
        let files = Files::new(path.into());
        let damage = match Self::open(files.store.clone(), options.clone()) {
            Ok(ledger) => match ledger.verify(None) {
                Ok(_) => return Ok((ledger, None)),
                Err(LedgerError::Damaged { damage, .. }) => damage,
                Err(error) => return Err(error),
            },
            Err(LedgerError::Damaged { damage, .. }) => damage,
            Err(error) => return Err(error),
        };
        let alone =
            Guard::exclusive(&files.lock)?.ok_or_else(|| LedgerError::InUse { path: files.store.clone() })?;
        if !files.repaired.exists() {
            let set_aside = place::set_aside(&files, options.clock.now())?;
            salvage::salvage(&files, &options, &set_aside)?;
        }
        place::put_in_place(&files)?;
        drop(alone);
        let ledger = Self::open(files.store, options)?;
        let repaired = ledger.last_repair(damage)?;
        Ok((ledger, repaired))
    }

    fn last_repair(&self, damage: Damage) -> Result<Option<Repaired>, LedgerError> {
        let query = Query { kinds: vec![Kind::Checkpoint], order: Order::NewestFirst, ..Query::default() };
        let newest = self.history(&query)?.events.into_iter().find_map(|event| {
            let Event { seq, body: Body::Checkpoint(body), .. } = event else { return None };
            (body.reason == CheckpointReason::Damage).then_some((seq, body))
        });
        Ok(newest.map(|(checkpoint, Checkpoint { events, set_aside, .. })| Repaired {
            damage,
            set_aside: set_aside.map(PathBuf::from),
            lost: events,
            checkpoint,
        }))
    }
}
