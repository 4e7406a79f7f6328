//! What a host tells of the past: releases and how they are delivered, from its ledger.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use seaworthy_ledger::dora::{self, DEFINITIONS, Definition, Origin, Point, Told, Window};
use seaworthy_ledger::release_report::ReleaseReport;
use seaworthy_ledger::release_timeline::ReleaseTimeline;
use seaworthy_ledger::{LedgerError, ReleaseId, Seq};
use seaworthy_model::Name;
use serde::Serialize;

use super::{HostControl, Refusal, commits};

/// Points of the chart of the metrics.
const POINTS: usize = 12;

/// How an app is delivered to an environment. Its JSON is the documented shape `sea.dora-host/1`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DoraView {
    schema: &'static str,
    /// The five metrics of the window, beside those of the window before.
    pub report: Told,
    /// The same over a longer time, oldest first: twelve windows of the same length.
    pub points: Vec<Point>,
    /// What each metric means.
    pub definitions: [Definition; 5],
    /// Where that is from.
    pub source: &'static str,
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        super::Error::Ledger(error).into()
    }
}

impl HostControl {
    /// What became of the releases of an environment, the newest first. Blocks.
    pub fn releases(
        &self,
        app: &Name,
        environment: &Name,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<ReleaseTimeline, Refusal> {
        Ok(self.shared.ledger.release_timeline(app, environment, before, limit)?)
    }

    /// All about a release; none when the app never had it. Blocks.
    pub fn release(&self, app: &Name, release: &ReleaseId) -> Result<Option<ReleaseReport>, Refusal> {
        Ok(self.shared.ledger.release_report(app, release)?)
    }

    /// The metrics of the last days. Blocks.
    pub fn dora(
        &self,
        app: &Name,
        environment: &Name,
        days: u16,
        zone: TimeZone,
    ) -> Result<DoraView, Refusal> {
        let mut facts = self.shared.ledger.dora_facts(app)?;
        let folder = self.shared.layout.environment(app, environment);
        facts.commits = commits::read(&folder);
        let wrong = |error: dora::WindowError| Refusal::new("wrong-window", error.to_string());
        let window = Window::trailing(Timestamp::now(), days, zone).map_err(wrong)?;
        let report = dora::report(&facts, app, environment, &window).map_err(wrong)?;
        Ok(DoraView {
            schema: "sea.dora-host/1",
            report: Told::new(report, Origin::Ledger),
            points: dora::series(&facts, app, environment, &window, POINTS).map_err(wrong)?,
            definitions: DEFINITIONS,
            source: dora::SOURCE,
        })
    }
}
