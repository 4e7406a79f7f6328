//! The states of a release, and which may follow which.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::weight::Weight;
use crate::key::ReleaseId;

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
    /// Neither forwards nor back is safe: its breaking migration or its way back failed. A person decides what follows.
    Frozen,
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
        Some(State::Frozen) => "; it is frozen, a person has to promote or abort it",
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

    /// Whether it ends whatever other transition is open: the one back is open to a release at any time, and so is the
    /// admission that there is none.
    pub const fn ends_any_other(&self) -> bool {
        matches!(self, Self::Aborted | Self::Frozen)
    }

    /// Whether `to` may follow `from`. `retry` allows to begin anew after an abort.
    pub fn check(from: Option<&Self>, to: &Self, retry: bool) -> Result<(), IllegalTransition> {
        use State::{
            Aborted, Booting, Built, Canary, Draining, Frozen, Migrated, Promoted, Ready, Retained, Retired,
            Smoked,
        };
        let legal = match (from, to) {
            // What cannot even be built is given up as well.
            (None, Built | Aborted)
            | (Some(Built), Migrated)
            | (Some(Migrated), Booting)
            | (Some(Booting), Ready)
            | (Some(Ready), Smoked)
            // Rolling and blue-green have no canary.
            | (Some(Smoked), Canary(_) | Promoted)
            | (Some(Canary(_)), Promoted)
            // The first release has nothing to drain; one that is taken back within the watch is aborted.
            | (Some(Promoted), Draining(_) | Retained | Aborted | Frozen)
            | (Some(Draining(_)), Retained | Aborted | Frozen)
            // By a person's order; frozen again when carrying that out failed as well.
            | (Some(Frozen), Promoted | Aborted | Frozen)
            // A rollback: while it is warm by a switch, later through the gates.
            | (Some(Retained), Promoted | Booting | Retired) => true,
            // Raising a weight only adds users; less is an abort.
            (Some(Canary(now)), Canary(next)) => next > now,
            (Some(from), Aborted | Frozen) => from.is_before_promotion(),
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
            Self::Canary(weight) => return write!(f, "canary:{weight}"),
            Self::Promoted => "promoted",
            Self::Draining(old) => return write!(f, "draining:{old}"),
            Self::Retained => "retained",
            Self::Retired => "retired",
            Self::Aborted => "aborted",
            Self::Frozen => "frozen",
        })
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no state of a release");
        Ok(match text.split_once(':') {
            Some(("canary", percent)) => Self::Canary(percent.parse().map_err(|_| wrong())?),
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
                "frozen" => Self::Frozen,
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
        let words =
            "built migrated booting ready smoked canary:10 canary:33.33 promoted draining:r0 retained retired
            aborted frozen";
        words.split_whitespace().map(|word| word.parse().unwrap()).collect()
    }

    /// The table of the book, written out: what may follow each state.
    #[test]
    fn what_follows_what() {
        let table = [
            ("", "built aborted"),
            ("built", "migrated aborted frozen"),
            ("migrated", "booting aborted frozen"),
            ("booting", "ready aborted frozen"),
            ("ready", "smoked aborted frozen"),
            ("smoked", "canary:10 canary:33.33 promoted aborted frozen"),
            ("canary:10", "canary:33.33 promoted aborted frozen"),
            ("canary:33.33", "promoted aborted frozen"),
            ("promoted", "draining:r0 retained aborted frozen"),
            ("draining:r0", "retained aborted frozen"),
            ("retained", "booting promoted retired"),
            ("retired", ""),
            ("aborted", ""),
            ("frozen", "promoted aborted frozen"),
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
        for wrong in ["", "canary", "canary:0", "canary:101", "canary:10 %", "draining:", "live", "built:1"] {
            assert!(wrong.parse::<State>().is_err(), "{wrong}");
        }
    }
}
