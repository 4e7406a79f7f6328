//! What a project says about its pipeline: what it adds to the derived steps, changes of them, leaves out.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Field, Name};

/// Where in the pipeline a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Dependencies are installed.
    Install,
    /// The linter.
    Lint,
    /// The tests.
    Test,
    /// The rules of `sea check`.
    Check,
    /// Known vulnerabilities of what is depended on, and secrets in what would be shipped.
    Scan,
    /// What is run or served is built.
    Build,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [Self::Install, Self::Lint, Self::Test, Self::Check, Self::Scan, Self::Build];

    /// The word that is typed and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Lint => "lint",
            Self::Test => "test",
            Self::Check => "check",
            Self::Scan => "scan",
            Self::Build => "build",
        }
    }

    /// The stage that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }

    /// It has one step for the whole app, by the name of the stage.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Check | Self::Scan)
    }
}

/// What a step is called, or several of them: `e2e`, `api:test`, a stage (`test`) or a service (`api`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepName {
    name: Name,
    stage: Option<Stage>,
}

impl StepName {
    /// Reads `NAME` or `SERVICE:STAGE`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some((name, stage)) => {
                Some(Self { name: Name::parse(name).ok()?, stage: Some(Stage::parse(stage)?) })
            }
            None => Some(Self { name: Name::parse(text).ok()?, stage: None }),
        }
    }

    /// The step of a service.
    pub fn of(service: &Name, stage: Stage) -> Self {
        Self { name: service.clone(), stage: Some(stage) }
    }

    /// The service and the stage, where it is the step of a service.
    pub fn service(&self) -> Option<(&Name, Stage)> {
        Some((&self.name, self.stage?))
    }

    /// What stands before the colon, or all of it.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The stage whose name it is.
    pub fn as_stage(&self) -> Option<Stage> {
        if self.stage.is_some() { None } else { Stage::parse(self.name.as_str()) }
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stage {
            Some(stage) => write!(f, "{}:{}", self.name, stage.as_str()),
            None => self.name.fmt(f),
        }
    }
}

/// What a project says about its pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    /// Steps of its own, and what differs of derived ones, by name.
    pub steps: BTreeMap<StepName, PipelineStep>,
}

/// What is said about a step. What is left out is derived, or follows from its service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PipelineStep {
    /// The shell command.
    pub run: Field<String>,
    /// The service whose folder, runtime and environment it runs with.
    pub service: Field<Name>,
    /// The folder it runs in, relative to the repository's root.
    pub path: Field<String>,
    /// Where in the pipeline it stands.
    pub stage: Field<Stage>,
    /// Steps, stages or services whose steps must have gone well before.
    pub after: Field<Vec<StepName>>,
    /// Files and folders that it reads, relative to the repository's root.
    pub inputs: Field<Vec<String>>,
    /// Folders that it makes, relative to the repository's root.
    pub outputs: Field<Vec<String>>,
    /// Variables that it is given besides those of its service.
    pub env: Field<Vec<String>>,
    /// How many shares its test files are split into, to run at the same time.
    pub shards: Field<u32>,
    /// How often it is tried again when it fails.
    pub retries: Field<u32>,
    /// It is left out.
    pub skip: Field<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_a_step_a_stage_or_a_service() {
        let name = |text: &str| StepName::parse(text).unwrap_or_else(|| panic!("{text}"));
        let test = name("api:test");
        assert_eq!(test.service(), Some((&Name::from_text("api"), Stage::Test)));
        assert_eq!((test.to_string(), test.as_stage()), ("api:test".to_owned(), None));
        assert_eq!(name("build").as_stage(), Some(Stage::Build));
        assert_eq!((name("e2e").as_stage(), name("e2e").service()), (None, None));
        for wrong in ["", "api:", ":test", "api:tests", "a:b:test", "API:test", "a b"] {
            assert_eq!(StepName::parse(wrong), None, "{wrong}");
        }
    }
}
