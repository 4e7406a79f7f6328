//! A value of the model together with everything that was ever said about it.
//!
//! Five layers speak (detected < imported < `seaworthy.toml` < environment < command line). A [`Field`] keeps
//! every proposal, best first, so that the value, its origin, the explanation of it and the contradictions in
//! it are one piece of data.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Who proposed a value; a later layer overrules every earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Concluded from code, manifests and lockfiles.
    Detected,
    /// Said by a file that describes how the app runs elsewhere: Compose, Procfile, `fly.toml`, ...
    Imported,
    /// Said in `seaworthy.toml`.
    Config,
    /// Said for the chosen environment in `seaworthy.toml`.
    Environment,
    /// Said on the command line.
    CommandLine,
}

impl Layer {
    /// The layer as a person reads it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Imported => "imported",
            Self::Config => "seaworthy.toml",
            Self::Environment => "environment",
            Self::CommandLine => "command line",
        }
    }
}

/// How far a proposal can be trusted within its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A convention or default that nothing in the repository confirms.
    Low,
    /// Follows from something in the repository by a rule that can be wrong.
    Medium,
    /// Said by the repository in so many words.
    High,
}

impl Confidence {
    /// The word shown to people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A place in the repository: a file, relative to the root with `/`, and a 1-based line where one is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Place {
    /// Path relative to the repository's root, with `/`.
    pub file: String,
    /// 1-based line; absent where the whole file is meant.
    pub line: Option<u32>,
}

impl Place {
    /// A line of a file.
    pub fn line(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line: Some(line) }
    }

    /// A file as a whole.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who said it.
    pub layer: Layer,
    /// The rule that concluded it, as a short phrase: `package.json scripts.dev`, `Next.js default port`.
    pub rule: Cow<'static, str>,
    /// The file and line that say it; absent for a pure convention or the command line.
    pub place: Option<Place>,
    /// How far it can be trusted.
    pub confidence: Confidence,
}

impl Origin {
    /// A detected value: said in so many words unless [`Origin::with_confidence`] says less.
    pub fn detected(rule: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Layer::Detected, rule)
    }

    /// A value said by a file that describes how the app runs elsewhere.
    pub fn imported(rule: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Layer::Imported, rule)
    }

    /// A value said by `layer`.
    pub fn new(layer: Layer, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { layer, rule: rule.into(), place: None, confidence: Confidence::High }
    }

    /// The same origin, at `place`.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same origin, trusted this far.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Shorthand for a medium confidence.
    #[must_use]
    pub fn likely(self) -> Self {
        self.with_confidence(Confidence::Medium)
    }

    /// Shorthand for a low confidence.
    #[must_use]
    pub fn guess(self) -> Self {
        self.with_confidence(Confidence::Low)
    }

    fn rank(&self) -> (Layer, Confidence) {
        (self.layer, self.confidence)
    }
}

/// One proposal for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence<T> {
    /// The proposed value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// A value with all that was proposed for it, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    evidence: Vec<Evidence<T>>,
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self { evidence: Vec::new() }
    }
}

impl<T> Field<T> {
    /// Adds a proposal. The highest layer wins, then the highest confidence, then the earliest proposal.
    pub fn propose(&mut self, value: T, origin: Origin) {
        let rank = origin.rank();
        let index = self.evidence.partition_point(|known| known.origin.rank() >= rank);
        self.evidence.insert(index, Evidence { value, origin });
    }

    /// The winning value.
    pub fn get(&self) -> Option<&T> {
        self.winner().map(|evidence| &evidence.value)
    }

    /// The winning proposal.
    pub fn winner(&self) -> Option<&Evidence<T>> {
        self.evidence.first()
    }

    /// Where the winning value came from.
    pub fn origin(&self) -> Option<&Origin> {
        self.winner().map(|evidence| &evidence.origin)
    }

    /// Every proposal, best first.
    pub fn all(&self) -> &[Evidence<T>] {
        &self.evidence
    }

    /// Nothing was proposed.
    pub fn is_empty(&self) -> bool {
        self.evidence.is_empty()
    }

    /// Takes over every proposal of `other`.
    pub fn absorb(&mut self, other: Self) {
        for evidence in other.evidence {
            self.propose(evidence.value, evidence.origin);
        }
    }

    /// Changes every proposed value in place.
    pub(crate) fn each(&mut self, change: impl FnMut(&mut T)) {
        self.evidence.iter_mut().map(|evidence| &mut evidence.value).for_each(change);
    }

    /// Drops the proposals that `keep` refuses.
    pub fn retain(&mut self, keep: impl FnMut(&Evidence<T>) -> bool) {
        self.evidence.retain(keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_layer_wins_then_confidence_then_the_first() {
        let mut field = Field::default();
        field.propose(1, Origin::detected("a").guess());
        field.propose(2, Origin::detected("b"));
        field.propose(3, Origin::detected("c"));
        assert_eq!(field.get(), Some(&2));
        field.propose(4, Origin::imported("d").guess());
        assert_eq!(field.get(), Some(&4));
        field.propose(5, Origin::new(Layer::CommandLine, "--set"));
        field.propose(6, Origin::new(Layer::Config, "seaworthy.toml"));
        let values: Vec<_> = field.all().iter().map(|e| e.value).collect();
        assert_eq!(values, [5, 6, 4, 2, 3, 1]);
    }
}
