//! What was built from what, as a statement of in-toto with a predicate of SLSA (<https://slsa.dev/spec/v1.0/provenance>).
//!
//! Its subject is the digest of the artifact, which it is therefore no part of: so it may say when and by whom it was built,
//! and which results were known already, without the same commit becoming another artifact.

use serde::Serialize;
use serde_json::{Value, json};

use super::checkout::Commit;
use crate::pipeline::{Outcome, Report, Step};

/// What the build is called. There is no address that documents it, so it is a name.
const BUILD_TYPE: &str = "urn:seaworthy:build:1";

/// How the tests went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tests {
    /// That passed.
    pub passed: usize,
    /// That failed.
    pub failed: usize,
    /// That were not run.
    pub skipped: usize,
    /// That failed first and passed then.
    pub flaky: usize,
}

/// What the rules say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Findings of this severity.
    pub critical: usize,
    /// Findings of this severity.
    pub high: usize,
    /// Findings of this severity.
    pub medium: usize,
    /// Findings of this severity.
    pub low: usize,
}

/// A step that was part of the build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// Its name.
    pub step: String,
    /// What it ran.
    pub command: String,
    /// The digest of its declared files.
    pub inputs: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a statement says besides its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The commit.
    pub commit: Commit,
    /// There were changes besides.
    pub dirty: bool,
    /// The steps, in their order.
    pub steps: Vec<Ran>,
    /// How the tests went, where their tools tell.
    pub tests: Option<Tests>,
    /// What the rules say, where they were asked.
    pub findings: Option<Findings>,
    /// Who built it: `sea 0.1.0`.
    pub builder: String,
    /// When it began and was done (RFC 3339).
    pub times: Option<(String, String)>,
}

impl Provenance {
    /// The steps of a report.
    pub fn steps(steps: &[Step], report: &Report) -> Vec<Ran> {
        let command = |id| steps.iter().find(|step| step.id == id).map(|step| step.action.to_string());
        let ran = report.steps.iter().map(|done| Ran {
            step: done.step.to_string(),
            command: command(done.step.clone()).unwrap_or_default(),
            inputs: done.inputs.clone(),
            outcome: done.outcome,
        });
        ran.collect()
    }

    /// How the tests of a report went; nothing where no tool told.
    pub fn tests(report: &Report) -> Option<Tests> {
        let told = report.steps.iter().filter_map(|step| Some((step.tests?, step.flaky.len())));
        told.map(|(tests, flaky)| Tests {
            passed: tests.passed,
            failed: tests.failed,
            skipped: tests.skipped,
            flaky,
        })
        .reduce(|one, other| Tests {
            passed: one.passed + other.passed,
            failed: one.failed + other.failed,
            skipped: one.skipped + other.skipped,
            flaky: one.flaky + other.flaky,
        })
    }

    /// The statement about an artifact, whose digest is given in hexadecimal digits.
    pub(super) fn statement(&self, app: &str, artifact: &str) -> Value {
        let metadata =
            self.times.as_ref().map(|(began, done)| json!({ "startedOn": began, "finishedOn": done }));
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": app, "digest": { "sha256": artifact } }],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": { "app": app, "commit": self.commit.id, "dirty": self.dirty },
                    "internalParameters": {
                        "author": self.commit.author,
                        "committed": self.commit.committed,
                        "steps": self.steps,
                        "tests": self.tests,
                        "findings": self.findings,
                    },
                    "resolvedDependencies": [{ "name": app, "digest": { "gitCommit": self.commit.id } }],
                },
                "runDetails": {
                    "builder": { "id": format!("urn:seaworthy:{}", self.builder.replace(' ', ":")) },
                    "metadata": metadata.unwrap_or_else(|| json!({})),
                },
            },
        })
    }
}
