//! What each metric means, and who says so.

use schemars::JsonSchema;
use serde::Serialize;

/// Where the definitions are from.
pub const SOURCE: &str = "https://dora.dev/guides/dora-metrics/";

/// What a metric means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Definition {
    /// The metric, as the report calls it.
    pub metric: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What DORA says it is.
    pub dora: &'static str,
    /// What we take that to mean.
    pub here: &'static str,
}

/// The five, in DORA's order. The page `ledger.md` of the book has the same and what follows from it.
pub const DEFINITIONS: [Definition; 5] = [
    Definition {
        metric: "lead_time_for_changes",
        title: "Lead time for changes",
        dora: "From a change's commit to version control to its deployment in production.",
        here: "From the committer date to the first promoted deployment that contains the commit; a merge is no change.",
    },
    Definition {
        metric: "deployment_frequency",
        title: "Deployment frequency",
        dora: "Deployments over a period, or the time between them.",
        here: "Releases that users met, per calendar day of the window. A rollback is none: it is how a deployment ends.",
    },
    Definition {
        metric: "failed_deployment_recovery_time",
        title: "Failed deployment recovery time",
        dora: "The time to recover from a deployment that fails and needs immediate intervention.",
        here: "From the deployment to its abort, rollback or hotfix; with incidents, the time in which one was open.",
    },
    Definition {
        metric: "change_fail_rate",
        title: "Change fail rate",
        dora: "Deployments that need immediate intervention, such as a rollback or a hotfix, of all.",
        here: "Aborted as a canary, rolled back, named by an incident as its cause, or followed by an unplanned deployment.",
    },
    Definition {
        metric: "deployment_rework_rate",
        title: "Deployment rework rate",
        dora: "Deployments that were not planned and happen because of an incident in production, of all.",
        here: "Declared unplanned, made for an incident, or named by an incident as what resolved it; never guessed.",
    },
];
