//! The states of a release, and which may follow which.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::key::ReleaseId;

/// The share of traffic that a canary gets, in percent: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u8);

impl Weight {
    /// From percent; none outside 1 to 100. Weight 0 is an abort.
    pub const fn new(percent: u8) -> Option<Self> {
        if percent >= 1 && percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// In percent.
    pub const fn percent(self) -> u8 {
        self.0
    }
}

/// Where a release stands in one environment. As text: `built`, `canary:10`, `draining:ID`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum State {
    /// Its artifact is there.
    Built,
    /// Its expanding migrations ran, or there were none.
    Migrated,
    /// Its processes are started.
    Booting,
    /// They passed the health gate.
    Ready,
    /// They passed the smoke test.
    Smoked,
    /// It gets a share of the traffic.
    Canary(Weight),
    /// It gets all traffic.
    Promoted,
    /// It gets all traffic, and the release before it drained.
    Draining(ReleaseId),
    /// It gets no traffic and is kept: another release was promoted.
    Retained,
    /// It is gone. Nothing follows.
    Retired,
    /// It was given up, or taken back after its promotion. Only a retry follows.
    Aborted,
}

/// A transition that no release may make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot go from {} to {to}{}", from.as_ref().map_or_else(|| "nothing".to_owned(), State::to_string), hint(from.as_ref()))]
pub struct IllegalTransition {
    /// Where it is; none when it is new.
    pub from: Option<State>,
    /// Where it should go.
    pub to: State,
}

fn hint(from: Option<&State>) -> &'static str {
    match from {
        Some(State::Aborted) => "; it was aborted, `--retry` tries it again",
        Some(State::Retired) => "; it is retired, ship its commit as a new release",
        _ => "",
    }
}

impl State {
    /// Whether it can still be aborted because users are not served by it alone.
    pub const fn is_before_promotion(&self) -> bool {
        matches!(
            self,
            Self::Built | Self::Migrated | Self::Booting | Self::Ready | Self::Smoked | Self::Canary(_)
        )
    }

    /// Whether all traffic goes to it.
    pub const fn is_serving(&self) -> bool {
        matches!(self, Self::Promoted | Self::Draining(_))
    }

    /// Whether `to` may follow `from`. `retry` allows to begin anew after an abort.
    pub fn check(from: Option<&Self>, to: &Self, retry: bool) -> Result<(), IllegalTransition> {
        use State::{
            Aborted, Booting, Built, Canary, Draining, Migrated, Promoted, Ready, Retained, Retired, Smoked,
        };
        let legal = match (from, to) {
            (None, Built)
            | (Some(Built), Migrated)
            | (Some(Migrated), Booting)
            | (Some(Booting), Ready)
            | (Some(Ready), Smoked)
            // Rolling and blue-green have no canary.
            | (Some(Smoked), Canary(_) | Promoted)
            | (Some(Canary(_)), Promoted)
            // The first release has nothing to drain; one that is taken back within the watch is aborted.
            | (Some(Promoted), Draining(_) | Retained | Aborted)
            | (Some(Draining(_)), Retained | Aborted)
            // A rollback: while it is warm by a switch, later through the gates.
            | (Some(Retained), Promoted | Booting | Retired) => true,
            // Raising a weight only adds users; less is an abort.
            (Some(Canary(now)), Canary(next)) => next > now,
            (Some(from), Aborted) => from.is_before_promotion(),
            (Some(Aborted), Built) => retry,
            _ => false,
        };
        if legal { Ok(()) } else { Err(IllegalTransition { from: from.cloned(), to: to.clone() }) }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Built => "built",
            Self::Migrated => "migrated",
            Self::Booting => "booting",
            Self::Ready => "ready",
            Self::Smoked => "smoked",
            Self::Canary(weight) => return write!(f, "canary:{}", weight.0),
            Self::Promoted => "promoted",
            Self::Draining(old) => return write!(f, "draining:{old}"),
            Self::Retained => "retained",
            Self::Retired => "retired",
            Self::Aborted => "aborted",
        })
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no state of a release");
        Ok(match text.split_once(':') {
            Some(("canary", percent)) => {
                Self::Canary(percent.parse().ok().and_then(Weight::new).ok_or_else(wrong)?)
            }
            Some(("draining", old)) => Self::Draining(ReleaseId::parse(old).map_err(|_| wrong())?),
            Some(_) => return Err(wrong()),
            None => match text {
                "built" => Self::Built,
                "migrated" => Self::Migrated,
                "booting" => Self::Booting,
                "ready" => Self::Ready,
                "smoked" => Self::Smoked,
                "promoted" => Self::Promoted,
                "retained" => Self::Retained,
                "retired" => Self::Retired,
                "aborted" => Self::Aborted,
                _ => return Err(wrong()),
            },
        })
    }
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All states, with two weights and one old release.
    fn states() -> Vec<State> {
        let words = "built migrated booting ready smoked canary:10 canary:50 promoted draining:r0 retained retired aborted";
        words.split(' ').map(|word| word.parse().unwrap()).collect()
    }

    /// The table of the book, written out: what may follow each state.
    #[test]
    fn what_follows_what() {
        let table = [
            ("", "built"),
            ("built", "migrated aborted"),
            ("migrated", "booting aborted"),
            ("booting", "ready aborted"),
            ("ready", "smoked aborted"),
            ("smoked", "canary:10 canary:50 promoted aborted"),
            ("canary:10", "canary:50 promoted aborted"),
            ("canary:50", "promoted aborted"),
            ("promoted", "draining:r0 retained aborted"),
            ("draining:r0", "retained aborted"),
            ("retained", "booting promoted retired"),
            ("retired", ""),
            ("aborted", ""),
        ];
        for (from, expected) in table {
            let from: Option<State> = (!from.is_empty()).then(|| from.parse().unwrap());
            let legal: Vec<String> = states()
                .iter()
                .filter(|to| State::check(from.as_ref(), to, false).is_ok())
                .map(State::to_string)
                .collect();
            assert_eq!(legal.join(" "), expected, "after {from:?}");
        }
        assert_eq!(State::check(Some(&State::Aborted), &State::Built, true), Ok(()));
        assert!(State::check(Some(&State::Retired), &State::Built, true).is_err());
    }

    #[test]
    fn a_state_survives_being_written() {
        for state in states() {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        for wrong in ["", "canary", "canary:0", "canary:101", "draining:", "live", "built:1"] {
            assert!(wrong.parse::<State>().is_err(), "{wrong}");
        }
    }
}
