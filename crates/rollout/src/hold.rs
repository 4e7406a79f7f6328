//! After a rollback: what may be shipped without a person.

use serde::{Deserialize, Serialize};

/// Where a commit stands to the one that was rolled back; the caller asks git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// It is that commit.
    Same,
    /// It is an ancestor of it.
    Older,
    /// It is a descendant of it.
    Newer,
    /// Neither: another branch. It may well hold the same mistake.
    Unrelated,
}

/// Who ships.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A push, a schedule, a CI job.
    Automatic,
    /// Someone typed it.
    Person,
    /// Someone typed it with `--retry`.
    Retry,
}

/// Whether to ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shipping {
    /// Ship, and the hold is over.
    Allowed,
    /// Wait for a newer commit or `--retry`.
    Held,
    /// This release id ended: `--retry` gives it another try.
    Ended,
}

/// Decides whether a commit may be shipped while a hold is on. `None` for `hold`: there was no rollback.
///
/// A person may ship any other commit, older ones too: to go back is what a person does in an emergency.
pub fn may_ship(hold: Option<Relation>, trigger: Trigger) -> Shipping {
    match (hold, trigger) {
        (None | Some(Relation::Newer), _)
        | (_, Trigger::Retry)
        | (Some(Relation::Older | Relation::Unrelated), Trigger::Person) => Shipping::Allowed,
        (Some(Relation::Same), Trigger::Person) => Shipping::Ended,
        (Some(_), Trigger::Automatic) => Shipping::Held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (hold, automatic, person) in [
            (None, Shipping::Allowed, Shipping::Allowed),
            (Some(Relation::Newer), Shipping::Allowed, Shipping::Allowed),
            (Some(Relation::Same), Shipping::Held, Shipping::Ended),
            (Some(Relation::Older), Shipping::Held, Shipping::Allowed),
            (Some(Relation::Unrelated), Shipping::Held, Shipping::Allowed),
        ] {
            assert_eq!(may_ship(hold, Trigger::Automatic), automatic, "{hold:?}");
            assert_eq!(may_ship(hold, Trigger::Person), person, "{hold:?}");
            assert_eq!(may_ship(hold, Trigger::Retry), Shipping::Allowed, "{hold:?}");
        }
    }
}
