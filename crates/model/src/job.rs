//! What runs to its end.

use serde::Serialize;

use crate::{Field, Name};

/// A job: a command that runs on release, on a schedule or by hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// The shell command.
    pub run: Field<String>,
    /// The service whose folder, runtime and environment it runs with.
    pub service: Field<Name>,
    /// The folder it runs in, relative to the repository's root.
    pub path: Field<String>,
    /// When: five cron fields or `@daily` and its kin.
    pub schedule: Field<String>,
    /// The IANA time zone of the schedule; UTC when absent.
    pub timezone: Field<String>,
    /// What starts it.
    pub on: Field<JobTrigger>,
}

/// What starts a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobTrigger {
    /// Before a release starts (migrations and their like).
    Release,
    /// Its schedule.
    Schedule,
    /// A person.
    Manual,
}

impl JobTrigger {
    /// The word used in files and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Schedule => "schedule",
            Self::Manual => "manual",
        }
    }
}
