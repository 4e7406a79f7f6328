//! Histories with answers that were computed by hand: each file tells how.

use std::fs;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use seaworthy_ledger::ReleaseId;
use seaworthy_ledger::body::Purpose;
use seaworthy_ledger::dora::{
    Commit, Deployment, Ended, Facts, Incident, Report, Source, Tag, TagRule, Takeback, Times, Trend, Window,
    from_tags, report,
};
use seaworthy_model::Name;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    #[serde(default = "shop")]
    app: String,
    from: String,
    days: u16,
    #[serde(default = "utc")]
    zone: String,
    #[serde(default)]
    deployments: Vec<Deploy>,
    #[serde(default)]
    rollbacks: Vec<Back>,
    #[serde(default)]
    incidents: Vec<Trouble>,
    #[serde(default)]
    commits: Vec<Change>,
    #[serde(default)]
    tags: Vec<TagLine>,
    #[serde(default)]
    tag_prefix: String,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deploy {
    release: String,
    commit: String,
    at: String,
    #[serde(default = "shop")]
    app: String,
    #[serde(default = "production")]
    environment: String,
    aborted: Option<String>,
    #[serde(default)]
    unplanned: bool,
    incident: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    from: String,
    to: String,
    at: String,
    #[serde(default = "shop")]
    app: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trouble {
    id: String,
    opened: String,
    resolved: Option<String>,
    caused_by: Option<String>,
    resolved_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    id: String,
    #[serde(default)]
    parents: Vec<String>,
    at: String,
    apps: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TagLine {
    name: String,
    commit: String,
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    deployments: u32,
    daily: Option<[f64; 3]>,
    active_days: Option<u32>,
    #[serde(default)]
    lead: Vec<String>,
    lead_count: Option<usize>,
    failed: [u32; 2],
    #[serde(default)]
    recovery: Vec<String>,
    #[serde(default)]
    unrecovered: u32,
    rework: [u32; 2],
    #[serde(default)]
    skewed_commits: u32,
    #[serde(default)]
    unknown_commits: u32,
    #[serde(default)]
    first_deployment: bool,
    #[serde(default)]
    imported: u32,
    before: Option<Before>,
    trends: Option<[String; 5]>,
    changes: Option<[f64; 4]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    deployments: u32,
    failed: [u32; 2],
}

fn shop() -> String {
    "shop".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

fn production() -> String {
    "production".to_owned()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn release(text: &str) -> ReleaseId {
    ReleaseId::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl History {
    fn facts(&self) -> Facts {
        let rule = TagRule {
            app: name(&self.app),
            environment: name("production"),
            prefix: self.tag_prefix.clone(),
        };
        let tags: Vec<Tag> = self
            .tags
            .iter()
            .map(|tag| Tag { name: tag.name.clone(), commit: tag.commit.clone(), at: at(&tag.at) })
            .collect();
        let mut deployments: Vec<Deployment> = self
            .deployments
            .iter()
            .map(|d| Deployment {
                app: name(&d.app),
                environment: name(&d.environment),
                release: release(&d.release),
                commit: d.commit.clone(),
                at: at(&d.at),
                ended: d.aborted.as_deref().map_or(Ended::Promoted, |text| Ended::Aborted(at(text))),
                purpose: if d.unplanned { Purpose::Unplanned } else { Purpose::Planned },
                incident: d.incident.clone(),
                source: Source::Ledger,
            })
            .collect();
        deployments.extend(from_tags(&tags, &rule));
        // Facts come in any order.
        deployments.reverse();
        Facts {
            deployments,
            takebacks: self
                .rollbacks
                .iter()
                .map(|back| Takeback {
                    app: name(&back.app),
                    environment: name("production"),
                    from: release(&back.from),
                    to: release(&back.to),
                    at: at(&back.at),
                })
                .collect(),
            incidents: self
                .incidents
                .iter()
                .map(|incident| Incident {
                    id: incident.id.clone(),
                    app: name(&self.app),
                    environment: Some(name("production")),
                    opened: at(&incident.opened),
                    resolved: incident.resolved.as_deref().map(at),
                    caused_by: incident.caused_by.as_deref().map(release),
                    resolved_by: incident.resolved_by.as_deref().map(release),
                })
                .collect(),
            commits: self
                .commits
                .iter()
                .map(|commit| Commit {
                    id: commit.id.clone(),
                    parents: commit.parents.clone(),
                    at: at(&commit.at),
                    apps: commit.apps.as_ref().map(|apps| apps.iter().map(|app| name(app)).collect()),
                })
                .collect(),
        }
    }

    fn report(&self) -> Report {
        let zone = TimeZone::get(&self.zone).unwrap();
        let window = Window::new(self.from.parse::<Date>().unwrap(), self.days, zone).unwrap();
        report(&self.facts(), &name(&self.app), &name("production"), &window).unwrap()
    }
}

fn spread(times: &Times) -> Vec<i64> {
    [times.p25_seconds, times.median_seconds, times.p75_seconds].into_iter().flatten().collect()
}

fn seconds(texts: &[String]) -> Vec<i64> {
    texts.iter().map(|text| text.parse::<SignedDuration>().unwrap().as_secs()).collect()
}

fn check(file: &str, history: &History) {
    let report = history.report();
    let expect = &history.expect;
    let frequency = report.deployment_frequency.now;
    assert_eq!(frequency.deployments, expect.deployments, "{file}: deployments");
    if let Some(daily) = expect.daily {
        // Quarters are exact in floating point.
        let found = [frequency.daily.p25, frequency.daily.median, frequency.daily.p75];
        assert_eq!(found.map(f64::to_bits), daily.map(f64::to_bits), "{file}: daily {found:?}");
    }
    if let Some(days) = expect.active_days {
        assert_eq!(frequency.active_days, days, "{file}: active days");
    }
    let lead = &report.lead_time_for_changes.now;
    assert_eq!(spread(lead), seconds(&expect.lead), "{file}: lead times");
    if let Some(count) = expect.lead_count {
        assert_eq!(lead.count, count, "{file}: changes");
    }
    let failed = report.change_fail_rate.now;
    assert_eq!([failed.count, failed.of], expect.failed, "{file}: failed");
    assert_eq!(failed.rate.is_some(), failed.of > 0, "{file}: a rate of something");
    let recovery = report.failed_deployment_recovery_time.now;
    assert_eq!(spread(&recovery.times), seconds(&expect.recovery), "{file}: recovery");
    assert_eq!(recovery.unrecovered, expect.unrecovered, "{file}: unrecovered");
    let rework = report.deployment_rework_rate.now;
    assert_eq!([rework.count, rework.of], expect.rework, "{file}: rework");
    let notes = report.notes;
    assert_eq!(notes.skewed_commits, expect.skewed_commits, "{file}: skewed commits");
    assert_eq!(notes.unknown_commits, expect.unknown_commits, "{file}: unknown commits");
    assert_eq!(notes.first_deployment, expect.first_deployment, "{file}: first deployment");
    assert_eq!(notes.imported, expect.imported, "{file}: imported");
    if let Some(before) = &expect.before {
        assert_eq!(report.deployment_frequency.before.deployments, before.deployments, "{file}: before");
        let failed = report.change_fail_rate.before;
        assert_eq!([failed.count, failed.of], before.failed, "{file}: failed before");
    }
    let trends: [Trend; 5] = [
        report.deployment_frequency.trend,
        report.lead_time_for_changes.trend,
        report.change_fail_rate.trend,
        report.failed_deployment_recovery_time.trend,
        report.deployment_rework_rate.trend,
    ];
    if let Some(expected) = &expect.trends {
        let found =
            trends.map(|trend| serde_json::to_value(trend.direction).unwrap().as_str().unwrap().to_owned());
        assert_eq!(&found, expected, "{file}: trends");
    }
    if let Some(expected) = expect.changes {
        for (trend, expected) in trends.iter().zip(expected) {
            let found = trend.change.unwrap();
            assert!((found - expected).abs() < 1e-4, "{file}: {found} instead of {expected}");
        }
    }
}

#[test]
fn hand_computed_answers_are_met() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dora");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{} histories", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# "), "{}: how the answer comes about", file.display());
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let history: History = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        check(&name, &history);
    }
}

/// Its JSON is a contract.
#[test]
fn the_report_has_the_documented_shape() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dora/rollback.toml");
    let history: History = toml::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let json = serde_json::to_value(history.report()).unwrap();
    assert_eq!(json["schema"], "sea.dora/1");
    assert_eq!(json["time_zone"], "UTC");
    assert_eq!(json["lead_time_for_changes"]["now"]["median_seconds"], 7200);
    assert_eq!(json["change_fail_rate"]["now"]["rate"], 0.5);
    assert_eq!(json["failed_deployment_recovery_time"]["now"]["times"]["count"], 1);
    assert_eq!(json["deployment_frequency"]["trend"]["direction"], "better");
}
