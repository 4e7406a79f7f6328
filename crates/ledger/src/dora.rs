//! The five metrics of DORA, computed from data alone.
//!
//! The definitions are DORA's ("DORA's software delivery performance metrics", dora.dev/guides/dora-metrics, as of 2025;
//! deployment rework rate joined the four keys in 2024). What they leave open is decided here and told in the book, page
//! `ledger.md`. In short:
//!
//! - **A deployment** is a release that users of the environment met: it was promoted, or it was a canary with traffic and
//!   was aborted. A release that failed its gates before that is none. A rollback is none: it is how one ends.
//! - **Deployment frequency**: deployments per calendar day of the window.
//! - **Lead time for changes**: from the commit of a change to the first deployment that delivered it.
//! - **Change fail rate**: deployments that had to be mended at once, of all.
//! - **Failed deployment recovery time**: how long users suffered from such a deployment.
//! - **Deployment rework rate**: unplanned deployments made because of an incident, of all.

mod data;
mod definition;
mod failure;
mod import;
mod lead;
mod ledger;
mod report;
mod series;
mod stats;
mod timeline;
mod window;

pub use data::{Commit, Deployment, Ended, Facts, Incident, Source, Takeback};
pub use definition::{DEFINITIONS, Definition, SOURCE};
pub use import::{Tag, TagRule, draft, from_tags};
pub use ledger::facts;
pub use report::{Direction, Frequency, Metric, Notes, Origin, Recovery, Report, Told, Trend, report};
pub use series::{Point, series};
pub use stats::{Counts, Rate, Times};
pub use window::{Window, WindowError};
