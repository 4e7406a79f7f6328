//! What is told about steps: before they run, while they do, and afterwards.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::fingerprint::Reason;
use super::step::{Stage, Step, StepId};
use super::testing::{FailedTest, FlakyTest, Share, TestCounts};
use crate::failure::Failure;

/// What is known of a step before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its result is known.
    Hit {
        /// Files of its outputs that have to be brought back.
        restored: Vec<String>,
    },
    /// It has to run.
    Miss(Reason),
}

/// What is known of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether its result is known.
    pub verdict: Verdict,
    /// How many files it declares to read.
    pub files: usize,
    /// Variables that its result depends on.
    pub variables: Vec<String>,
    /// Programs that its result depends on, as far as its command tells.
    pub programs: Vec<String>,
    /// Files that it read without declaring them when it last went well.
    pub undeclared: Vec<String>,
    /// How many paths it looked at besides, folders and look-ups that failed included.
    pub looked: usize,
    /// It was seen what it looked at; absent: it never went well here.
    pub traced: Option<bool>,
}

/// What happens while a pipeline runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another pipeline runs in this worktree; this one waits.
    Busy,
    /// The result of a step is known.
    Hit {
        /// The step.
        step: &'a Step,
        /// Files of its outputs that were brought back.
        restored: &'a [String],
        /// What it wrote when it ran.
        log: &'a Path,
    },
    /// A step runs.
    Started {
        /// The step.
        step: &'a Step,
        /// Why.
        reason: &'a Reason,
    },
    /// A step wrote a line.
    Line {
        /// The step.
        step: &'a Step,
        /// The line, without secrets.
        text: &'a str,
    },
    /// A step read files that it does not declare. From now on its result depends on them, too.
    Undeclared {
        /// The step.
        step: &'a Step,
        /// The files.
        files: &'a [String],
    },
    /// This system does not tell what steps read; told once.
    Unobserved,
    /// A step went well, but a file that it depends on changed while it ran: its result is not kept.
    NotKept {
        /// The step.
        step: &'a Step,
        /// The file.
        path: &'a str,
    },
    /// A step failed, and is tried again.
    Retried {
        /// The step.
        step: &'a Step,
        /// Which try failed, from 1.
        attempt: u32,
    },
    /// A step is over.
    Ended {
        /// The step.
        step: &'a Step,
        /// How it went.
        report: &'a StepReport,
    },
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its result was known.
    Hit,
    /// It ran, and went well.
    Passed,
    /// It ran, and did not.
    Failed,
    /// A step that it needs did not go well.
    Skipped,
    /// The pipeline was stopped.
    Cancelled,
}

/// How a step went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// Where it stands in the pipeline.
    pub stage: Stage,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it ran, or why it did not.
    pub because: String,
    /// How long it took, in milliseconds; of a known result, how long it took then.
    pub took_ms: u64,
    /// The log, relative to the root.
    pub log: Option<String>,
    /// The first error of a step that failed.
    pub cause: Option<String>,
    /// Why a step failed, as far as the catalogue knows.
    pub failure: Option<Box<Failure>>,
    /// The last lines of a step that failed.
    pub tail: Vec<String>,
    /// Files that it read without declaring them.
    pub undeclared: Vec<String>,
    /// Files of its outputs that were brought back.
    pub restored: Vec<String>,
    /// A digest of the files that it declares to read, in hexadecimal digits; absent where it did not come to that.
    pub inputs: Option<String>,
    /// Files that an install or a build made besides its outputs, as far as that was seen.
    pub made: Vec<String>,
    /// How often it was tried; 0 where it did not run.
    pub attempts: u32,
    /// How its tests went, where their tool tells; of a known result, how they went then.
    pub tests: Option<TestCounts>,
    /// Its tests that failed.
    pub failed_tests: Vec<FailedTest>,
    /// Tests of it that failed and passed with the same inputs, now or before.
    pub flaky: Vec<FlakyTest>,
    /// The share of its tests that it ran; absent where it ran all.
    pub share: Option<Share>,
}

/// How a pipeline went: its steps, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The shape of this document.
    pub schema: &'static str,
    /// Every step went well.
    pub ok: bool,
    /// The steps.
    pub steps: Vec<StepReport>,
}

impl StepReport {
    /// Of a step that has nothing to show yet.
    pub(super) fn new(step: &Step, outcome: Outcome, because: String) -> Self {
        Self {
            step: step.id.clone(),
            stage: step.stage,
            outcome,
            because,
            took_ms: 0,
            log: None,
            cause: None,
            failure: None,
            tail: Vec::new(),
            undeclared: Vec::new(),
            restored: Vec::new(),
            inputs: None,
            made: Vec::new(),
            attempts: 0,
            tests: None,
            failed_tests: Vec::new(),
            flaky: Vec::new(),
            share: None,
        }
    }
}

impl Report {
    /// Everything that is there because of `steps`, which are those that it is about: their outputs, and what installs and
    /// builds made besides. What tests and linters leave behind is not among it.
    pub fn products(&self, steps: &[Step]) -> BTreeSet<String> {
        let outputs = steps.iter().flat_map(|step| step.outputs.iter().map(|output| output.path.clone()));
        outputs.chain(self.steps.iter().flat_map(|report| report.made.iter().cloned())).collect()
    }
}

impl Outcome {
    /// What needs the step cannot run.
    pub(super) fn is_bad(self) -> bool {
        !matches!(self, Self::Hit | Self::Passed)
    }
}
