//! Figures over time: what members use of the machine, and the requests that the proxy counted for them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use seaworthy_proxy::stats::RouteStats;
use seaworthy_supervise::usage::Usage;

use crate::host::routes::service_of;
use crate::view::{MemberMetrics, MetricsView, RequestsView, UsageView};

/// Between two samples.
pub(crate) const EVERY: Duration = Duration::from_secs(2);

/// Samples that are kept: half an hour.
const KEPT: usize = 900;

/// The window of [`RequestsView`].
const WINDOW: Duration = Duration::from_mins(1);

/// One moment.
struct Sample {
    at: Instant,
    time: i64,
    members: BTreeMap<String, Point>,
}

/// One member at one moment.
#[derive(Clone, Copy, Default)]
struct Point {
    usage: Option<UsageView>,
    requests: Option<Rates>,
}

/// Requests between two samples.
#[derive(Clone, Copy, Default)]
struct Rates {
    rate: f64,
    errors: f64,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

#[derive(Default)]
struct History {
    samples: VecDeque<Sample>,
    usages: BTreeMap<String, (Instant, Usage)>,
    routes: BTreeMap<String, RouteStats>,
    /// What the proxy had counted at each sample of the window, by service.
    counted: VecDeque<(Instant, BTreeMap<String, RouteStats>)>,
}

/// The history of a run.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<History>);

impl Metrics {
    /// All that the proxy has counted so far, by route.
    pub(crate) fn count(&self, routes: BTreeMap<String, RouteStats>) {
        self.history().routes = routes;
    }

    /// Takes a sample: the usage of what runs, and what was counted.
    pub(crate) fn take(&self, now: Instant, usages: BTreeMap<String, Usage>) {
        let mut history = self.history();
        let mut members: BTreeMap<String, Point> = BTreeMap::new();
        for (name, usage) in &usages {
            let earlier = history.usages.get(name);
            members.entry(name.clone()).or_default().usage = Some(used(*usage, now, earlier));
        }
        history.usages = usages.into_iter().map(|(name, usage)| (name, (now, usage))).collect();
        let counted = by_service(&history.routes);
        let earlier = history.counted.back();
        for (name, stats) in &counted {
            let (since, elapsed) = match earlier {
                Some((at, before)) => {
                    let before = before.get(name).cloned().unwrap_or_default();
                    (stats.since(&before), now.saturating_duration_since(*at))
                }
                None => (stats.clone(), EVERY),
            };
            members.entry(name.clone()).or_default().requests = Some(rates(&since, elapsed));
        }
        history.counted.push_back((now, counted));
        while history.counted.len() > 2 && history.counted.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            history.counted.pop_front();
        }
        history.samples.push_back(Sample { at: now, time: Timestamp::now().as_second(), members });
        if history.samples.len() > KEPT {
            history.samples.pop_front();
        }
    }

    /// What each member uses now.
    pub(crate) fn usage(&self, name: &str) -> Option<UsageView> {
        self.history().samples.back()?.members.get(name)?.usage
    }

    /// The requests of the last minute of a member.
    pub(crate) fn requests(&self, name: &str) -> Option<RequestsView> {
        let history = self.history();
        let (last_at, last) = history.counted.back()?;
        let now = last.get(name)?;
        let (first_at, first) = history.counted.front()?;
        let window = now.since(&first.get(name).cloned().unwrap_or_default());
        let rates = rates(&window, last_at.saturating_duration_since(*first_at).max(EVERY));
        Some(RequestsView {
            rate: rates.rate,
            errors: if rates.rate > 0.0 { rates.errors / rates.rate } else { 0.0 },
            p50_ms: rates.p50.unwrap_or_default(),
            p95_ms: rates.p95.unwrap_or_default(),
            p99_ms: rates.p99.unwrap_or_default(),
            in_flight: now.in_flight,
            total: now.requests,
        })
    }

    /// The figures of the last `seconds`.
    pub(crate) fn view(&self, seconds: u32) -> MetricsView {
        let history = self.history();
        let Some(newest) = history.samples.back().map(|sample| sample.at) else {
            return MetricsView::default();
        };
        let window = Duration::from_secs(seconds.into());
        let samples: Vec<&Sample> =
            history.samples.iter().filter(|sample| newest - sample.at <= window).collect();
        let mut names: Vec<&String> = samples.iter().flat_map(|sample| sample.members.keys()).collect();
        names.sort();
        names.dedup();
        let member = |name: &String| {
            let points: Vec<Point> =
                samples.iter().map(|sample| sample.members.get(name).copied().unwrap_or_default()).collect();
            let used = |part: fn(&UsageView) -> f64| {
                points.iter().map(|point| point.usage.as_ref().map(part)).collect()
            };
            let counted = |part: fn(&Rates) -> Option<f64>| {
                points.iter().map(|point| point.requests.as_ref().and_then(part)).collect()
            };
            MemberMetrics {
                name: name.clone(),
                cpu: used(|usage| usage.cpu),
                memory: used(|usage| approximate(usage.memory)),
                rate: counted(|rates| Some(rates.rate)),
                errors: counted(|rates| Some(rates.errors)),
                p50_ms: counted(|rates| rates.p50),
                p95_ms: counted(|rates| rates.p95),
                p99_ms: counted(|rates| rates.p99),
            }
        };
        MetricsView {
            at: samples.iter().map(|sample| sample.time).collect(),
            members: names.into_iter().map(member).collect(),
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        // Every sample is whole whatever a holder of the lock did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The routes of one service together.
fn by_service(routes: &BTreeMap<String, RouteStats>) -> BTreeMap<String, RouteStats> {
    let mut services: BTreeMap<String, RouteStats> = BTreeMap::new();
    for (route, stats) in routes {
        let service = service_of(route);
        if service.is_empty() {
            continue;
        }
        match services.get_mut(service) {
            Some(sum) => add(sum, stats),
            None => drop(services.insert(service.to_owned(), stats.clone())),
        }
    }
    services
}

fn add(sum: &mut RouteStats, other: &RouteStats) {
    sum.requests += other.requests;
    sum.in_flight += other.in_flight;
    for (sum, other) in sum.status.iter_mut().zip(other.status) {
        *sum += other;
    }
    sum.latency.merge(&other.latency);
}

/// Failed requests are those that were answered with 500 and above; what the proxy answers for a service that does not
/// (502, 503, 504) is among them.
fn rates(stats: &RouteStats, elapsed: Duration) -> Rates {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let quantile = |share| stats.latency.quantile(share).map(|time| time.as_secs_f64() * 1000.0);
    Rates {
        rate: approximate(stats.requests) / seconds,
        errors: approximate(stats.status[4]) / seconds,
        p50: quantile(0.5),
        p95: quantile(0.95),
        p99: quantile(0.99),
    }
}

fn used(usage: Usage, now: Instant, earlier: Option<&(Instant, Usage)>) -> UsageView {
    let per_second = |now_value: u64, before: fn(&Usage) -> u64| {
        let Some((at, earlier)) = earlier else { return 0.0 };
        let seconds = now.saturating_duration_since(*at).as_secs_f64().max(0.001);
        // A process that ended took its counts with it.
        approximate(now_value.saturating_sub(before(earlier))) / seconds
    };
    UsageView {
        cpu: per_second(usage.cpu_micros, |usage| usage.cpu_micros) / 1e6,
        memory: usage.memory,
        files: usage.files,
        processes: usage.processes,
        disk_read: whole(per_second(usage.read, |usage| usage.read)),
        disk_written: whole(per_second(usage.written, |usage| usage.written)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people; 52 bits are enough")]
fn approximate(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate, never negative")]
fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(requests: u64, failed: u64) -> RouteStats {
        RouteStats { requests, status: [0, requests - failed, 0, 0, failed], ..RouteStats::default() }
    }

    fn usage(cpu_micros: u64) -> Usage {
        Usage { cpu_micros, memory: 1 << 20, ..Usage::default() }
    }

    #[test]
    fn rates_come_from_what_was_added_between_samples() {
        let metrics = Metrics::default();
        let start = Instant::now();
        for second in 0..4u64 {
            let routes = BTreeMap::from([
                ("api@name".to_owned(), stats(second * 10, second)),
                ("api@path".to_owned(), stats(second * 30, 0)),
            ]);
            let usages = BTreeMap::from([("api".to_owned(), usage(second * 500_000))]);
            metrics.count(routes);
            metrics.take(start + Duration::from_secs(second), usages);
        }
        let requests = metrics.requests("api").unwrap();
        assert_eq!((requests.rate, requests.total), (40.0, 120));
        assert!((requests.errors - 1.0 / 40.0).abs() < 1e-9);
        assert!((metrics.usage("api").unwrap().cpu - 0.5).abs() < 1e-9);
        let view = metrics.view(2);
        assert_eq!((view.at.len(), view.members.len()), (3, 1));
        assert_eq!(view.members[0].rate, [Some(40.0); 3]);
        assert_eq!(metrics.requests("web"), None);
    }
}
