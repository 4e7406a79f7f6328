//! Bodies of the pipeline: builds, test runs, steps.
//!
//! Names of services and steps are plain texts here: history must stay readable when the rules for names change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should.
    Passed,
    /// Not as it should.
    Failed,
    /// It did not run, since its result was known or not wanted.
    Skipped,
    /// Someone ended it.
    Cancelled,
}

/// Whether a result was known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// It was.
    Hit,
    /// It was not.
    Miss,
}

/// A build ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The service; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds.
    pub duration_ms: u64,
    /// The commit that was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The digest of what came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
    /// Whether the result was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// The first cause of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// A test run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestRun {
    /// What ran.
    pub suite: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Tests that did not run.
    pub skipped: u32,
    /// Tests that failed and passed when run again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flaky: Vec<String>,
    /// The commit that was tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A step of the pipeline ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name: `install`, `lint`, `scan`, ...
    pub step: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Whether the result was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// The first ingredient that differs, or the first cause of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The commit it ran for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}
