//! What a result depends on, and which part of it differs first.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::stat::digest_of;
use super::step::StepId;

/// A part of what a result depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ingredient {
    /// What is run.
    Command,
    /// Its declared files, as a whole; see `Reason::File` for which of them.
    Files,
    /// A declared variable.
    Variable(String),
    /// A program that it runs, by its path.
    Program(String),
    /// The result of a step that it needs.
    Step(StepId),
    /// Which files git tracks.
    Tracked,
    /// The day: rules know when versions end.
    Day,
}

/// How a part differs from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Both times there, not the same.
    Changed,
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "changed",
            Self::New => "is new",
            Self::Gone => "is gone",
        })
    }
}

/// All parts, in the order in which they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint(pub(super) Vec<(Ingredient, String)>);

impl Fingerprint {
    /// Adds a part.
    pub(super) fn add(&mut self, ingredient: Ingredient, digest: impl Into<String>) {
        self.0.push((ingredient, digest.into()));
    }

    /// The digest of a part.
    pub(super) fn get(&self, ingredient: &Ingredient) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == ingredient).map(|(_, digest)| digest.as_str())
    }

    /// The hash of all parts.
    pub(super) fn digest(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(ingredient, digest)| format!("{ingredient:?} {digest}")).collect();
        digest_of(parts.iter().map(String::as_str))
    }

    /// The first part in which `now` differs from this one.
    pub(super) fn first_difference(&self, now: &Self) -> Option<(Ingredient, Change)> {
        for (ingredient, digest) in &now.0 {
            match self.get(ingredient) {
                None => return Some((ingredient.clone(), Change::New)),
                Some(before) if before != digest => return Some((ingredient.clone(), Change::Changed)),
                Some(_) => {}
            }
        }
        let gone = self.0.iter().find(|(ingredient, _)| now.get(ingredient).is_none());
        gone.map(|(ingredient, _)| (ingredient.clone(), Change::Gone))
    }
}

/// Why a step has to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It never went well here.
    First,
    /// Known results are not wanted.
    Unwanted,
    /// A part of what its result depends on differs.
    Ingredient(Ingredient, Change),
    /// A file differs.
    File {
        /// Its path.
        path: String,
        /// How.
        change: Change,
        /// The step declares to read it.
        declared: bool,
    },
    /// Something that it made is not as it left it, and cannot be brought back.
    Output(String),
    /// A step that it needs has to run first, and may change what it reads.
    After(StepId),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("no result is known"),
            Self::Unwanted => f.write_str("known results are not wanted"),
            Self::Ingredient(ingredient, change) => match ingredient {
                Ingredient::Command => write!(f, "its command {change}"),
                Ingredient::Files => write!(f, "its files {change}"),
                Ingredient::Variable(name) => match change {
                    Change::Changed => write!(f, "{name} changed"),
                    Change::New => write!(f, "{name} is set now"),
                    Change::Gone => write!(f, "{name} is not set any more"),
                },
                Ingredient::Program(path) => write!(f, "{path} {change}"),
                Ingredient::Step(step) => write!(f, "the result of {step} {change}"),
                Ingredient::Tracked => f.write_str("git tracks other files"),
                Ingredient::Day => f.write_str("it is another day"),
            },
            Self::File { path, change, declared: true } => write!(f, "{path} {change}"),
            Self::File { path, change, declared: false } => {
                write!(f, "{path} {change}, which it read without declaring it")
            }
            Self::Output(path) => write!(f, "{path} is not as it was left"),
            Self::After(step) => write!(f, "{step} runs first"),
        }
    }
}
