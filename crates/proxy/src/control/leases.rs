//! When the leases of a table end, as far as the control process knows: a proxy that is started again must not begin
//! them anew.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::table::RoutingTable;

/// The end of each lease, by the name of its split.
#[derive(Default)]
pub(super) struct Leases(HashMap<String, Instant>);

impl Leases {
    /// Those of a table that is in force from now on.
    pub(super) fn of(table: &RoutingTable) -> Self {
        let mut leases = Self::default();
        for split in &table.splits {
            if let Some(lease) = split.lease {
                leases.set(split.name.clone(), lease);
            }
        }
        leases
    }

    /// One ends so long from now.
    pub(super) fn set(&mut self, split: String, lease: Duration) {
        // What ends beyond all time does not end.
        match Instant::now().checked_add(lease) {
            Some(end) => drop(self.0.insert(split, end)),
            None => drop(self.0.remove(&split)),
        }
    }

    /// The table for a process that is started now.
    pub(super) fn applied_to(&self, table: &RoutingTable) -> RoutingTable {
        let now = Instant::now();
        let left = |end: &Instant| end.saturating_duration_since(now);
        table.clone().with_leases(|split| self.0.get(&split.name).map(left))
    }
}
