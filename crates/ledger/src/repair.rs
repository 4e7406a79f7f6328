//! A damaged ledger: what is whole is kept, the damaged files are set aside as they are.
//!
//! Nothing is moved or changed before a copy of the damaged files is on the disk. The repaired store gets its final
//! name as the last act; a repair that is interrupted before goes on when it is called again.

mod place;
mod salvage;

use std::fs;
use std::path::{Path, PathBuf};

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

    /// What [`Ledger::repair`] would do, tried on a copy in a folder that is the caller's: none when nothing is wrong.
    /// The ledger itself is not touched. Gives the number of events that there are afterwards as well.
    pub fn rehearse_repair(
        path: &Path,
        folder: &Path,
        options: Options,
    ) -> Result<(Option<Repaired>, u64), LedgerError> {
        let files = Files::new(path.to_owned());
        for file in Files::set(&files.store).iter().chain([&files.anchor, &files.repaired]) {
            if let Some(name) = file.file_name()
                && file.try_exists().map_err(LedgerError::file("look for", file))?
            {
                fs::copy(file, folder.join(name)).map_err(LedgerError::file("copy", file))?;
            }
        }
        let copy = folder.join(path.file_name().unwrap_or_default());
        let (ledger, repaired) = Self::repair(copy, options)?;
        Ok((repaired, ledger.verify(None)?.events))
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
