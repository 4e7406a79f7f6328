//! Burn rates of error budgets: multi-window, multi-burn-rate alerts as in chapter 5 of the SRE workbook, "Alerting on
//! SLOs" (<https://sre.google/workbook/alerting-on-slos/>, its recommended parameters), with what the chapter asks for
//! services with little traffic: too few events never wake anybody.
//!
//! Latency is judged in the same way: `p95 = 300ms` promises that at most 5 % of requests take longer. A budget of 5 %
//! burns 14.4 times too fast when 72 % of requests take longer, which is when the 28th percentile is above the bound.
//! In this form the bound need not be one of the histogram's.

use seaworthy_model::Slo;
use seaworthy_model::quantity::{Duration, Percent};

use super::alert::series;
use super::metrics::http;
use super::recording::{REQUESTS, SLO_BUCKETS, SLO_ERRORS, SLO_REQUESTS};
use super::{Alert, Mode, Monitor, Severity, Subject, Trial, counts_requests};
use crate::Instance;

/// Windows over which requests are counted.
pub(crate) const WINDOWS: [&str; 5] = ["5m", "30m", "1h", "6h", "3d"];

/// A pair of windows, and how fast the budget has to burn in both.
#[derive(Clone, Copy, Debug)]
struct Burn {
    severity: Severity,
    long: &'static str,
    /// So that the alert ends soon after the failure does.
    short: &'static str,
    /// Times faster than the budget allows for 30 days.
    rate: f64,
    /// The share of the budget of 30 days that is then gone.
    spent: &'static str,
    /// A sixtieth of the long window: how often coverage is looked at.
    step: &'static str,
}

/// The workbook's recommended parameters.
const BURNS: [Burn; 3] = [
    Burn { severity: Severity::Page, long: "1h", short: "5m", rate: 14.4, spent: "2 %", step: "1m" },
    Burn { severity: Severity::Page, long: "6h", short: "30m", rate: 6.0, spent: "5 %", step: "6m" },
    Burn { severity: Severity::Ticket, long: "3d", short: "6h", rate: 1.0, spent: "10 %", step: "72m" },
];

/// Requests within the long window below which nothing is said.
const LEAST_REQUESTS: u32 = 60;

/// Failed requests within the long window below which nothing is said: one failure in 60 requests would burn the budget
/// of 99.9 % 16 times too fast, and is still one failure.
const LEAST_ERRORS: u32 = 10;

/// Of 60 looks at the long window, those at which there must have been figures: a gap is no proof.
const LEAST_COVERAGE: u32 = 30;

/// What is promised of a service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Objective {
    /// Share of requests that succeed.
    pub(crate) availability: Option<Percent>,
    /// Percentile (0 to 1) with its name and bound.
    pub(crate) latency: Vec<(f64, String, Duration)>,
}

impl Objective {
    pub(super) fn of(slo: &Slo) -> Self {
        let latency = slo.latency.get().into_iter().flatten();
        Self {
            availability: slo.availability.get().copied(),
            latency: latency
                .filter_map(|(name, bound)| {
                    let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
                    Some((percent / 100.0, name.clone(), *bound))
                })
                .collect(),
        }
    }
}

/// The share of requests that a burn rate allows to be bad; `None` where all of them could not burn that fast.
fn bad(burn: Burn, budget: f64) -> Option<String> {
    let share = burn.rate * budget;
    (budget > 0.0 && share < 1.0).then(|| number(share))
}

/// A number as a person writes it: `0.0144`, not `0.014400000000000013`.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Alerts on what is promised of one service.
pub(super) fn alerts<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Vec<Alert<'a>> {
    let Some(objective) = monitor.objective(instance.name).filter(|_| counts_requests(instance)) else {
        return Vec::new();
    };
    let mut alerts = Vec::new();
    if let Some(availability) = objective.availability {
        let budget = 1.0 - availability.as_fraction();
        for burn in BURNS {
            alerts.extend(bad(burn, budget).map(|bad| errors(monitor, instance, availability, burn, &bad)));
        }
    }
    for (quantile, name, bound) in &objective.latency {
        for burn in BURNS {
            if bad(burn, 1.0 - quantile).is_some() {
                alerts.push(slow(monitor, instance, (*quantile, name, *bound), burn));
            }
        }
    }
    alerts
}

/// Enough was measured to say something.
fn enough(own: &str, burn: Burn, least: u32) -> String {
    let Burn { long, step, .. } = burn;
    format!(
        "{SLO_REQUESTS}{long}{{{own}}} >= {least}\nand\ncount_over_time({REQUESTS}{{{own}}}[{long}:{step}]) >= {LEAST_COVERAGE}"
    )
}

fn on<'a>(instance: &Instance<'a>, name: &'static str, burn: Burn) -> Alert<'a> {
    Alert {
        name,
        severity: burn.severity,
        subject: Subject::Service(instance.name),
        mode: Mode::Errors,
        symptom: true,
        window: Some(burn.long),
        objective: None,
        expr: String::new(),
        wait: Some("2m"),
        summary: String::new(),
        description: String::new(),
        trials: Vec::new(),
    }
}

fn errors<'a>(
    monitor: &Monitor<'a>,
    instance: &Instance<'a>,
    availability: Percent,
    burn: Burn,
    bad: &str,
) -> Alert<'a> {
    let name = instance.name;
    let own = format!("service_name=\"{name}\"");
    let Burn { long, short, spent, .. } = burn;
    let ratio =
        |window: &str| format!("{SLO_ERRORS}{window}{{{own}}} / {SLO_REQUESTS}{window}{{{own}}} > {bad}");
    let failed = format!("{SLO_ERRORS}{long}{{{own}}} >= {LEAST_ERRORS}");
    Alert {
        objective: Some("availability".to_owned()),
        expr: format!(
            "{}\nand\n{}\nand\n{failed}\nand\n{}",
            ratio(long),
            ratio(short),
            enough(&own, burn, LEAST_REQUESTS)
        ),
        summary: format!(
            "{name}: {{{{ $value | humanizePercentage }}}} of requests failed within {long}, {availability} is promised"
        ),
        description: format!(
            "At this speed {spent} of the error budget of 30 days are gone within {long}. It still goes on: the last \
             {short} look the same."
        ),
        trials: trials(burn, true, |good, failed| {
            let counted = |status: &str, values: String| {
                series(http::COUNT, &format!("{},{}=\"{status}\"", monitor.http(name), http::STATUS), values)
            };
            vec![counted("200", good.to_owned()), counted("500", failed.to_owned())]
        }),
        ..on(instance, "AvailabilityBudgetBurn", burn)
    }
}

fn slow<'a>(
    monitor: &Monitor<'a>,
    instance: &Instance<'a>,
    (quantile, promise, bound): (f64, &str, Duration),
    burn: Burn,
) -> Alert<'a> {
    let name = instance.name;
    let own = format!("service_name=\"{name}\"");
    let Burn { long, short, spent, rate, .. } = burn;
    let lower = number(1.0 - rate * (1.0 - quantile));
    let seconds = number(std::time::Duration::from(bound).as_secs_f64());
    let above = |window: &str| {
        let buckets = format!("sum by (service_name, le) ({SLO_BUCKETS}{window}{{{own}}})");
        format!("histogram_quantile({lower}, {buckets}) > {seconds}")
    };
    // Ten that are slow, as ten that failed: so many requests are needed to have them at this rate.
    let mut least = LEAST_REQUESTS;
    while f64::from(least) * rate * (1.0 - quantile) < f64::from(LEAST_ERRORS) {
        least *= 2;
    }
    Alert {
        objective: Some(promise.to_owned()),
        expr: format!("{}\nand\n{}\nand\n{}", above(long), above(short), enough(&own, burn, least)),
        summary: format!("{name} is slow: {promise} of {bound} is promised"),
        description: format!(
            "More than {} % of the requests of {long} took longer than {bound}, where {} % may. At this speed {spent} of the \
             budget of 30 days are gone within {long}. It still goes on: the last {short} look the same.",
            number((rate * (1.0 - quantile)) * 100.0),
            number((1.0 - quantile) * 100.0)
        ),
        trials: trials(burn, false, |good, late| {
            // Twice the bound is late, half of it is good; no request takes longer than that.
            let base = monitor.http(name);
            let within = std::time::Duration::from(bound).as_secs_f64();
            let bucket = |le: String, values: &str| {
                series(http::BUCKET, &format!("{base},le=\"{le}\""), values.to_owned())
            };
            let all = if late.is_empty() { good } else { late };
            vec![
                bucket(number(within / 2.0), if late.is_empty() { good } else { "0+0x1500" }),
                bucket(number(within), if late.is_empty() { good } else { "0+0x1500" }),
                bucket(number(within * 2.0), all),
                bucket("+Inf".to_owned(), all),
                series(http::COUNT, &format!("{base},{}=\"200\"", http::STATUS), all.to_owned()),
            ]
        }),
        ..on(instance, "LatencyBudgetBurn", burn)
    }
}

/// An outage, a quiet night and a gap, written with `make` from the values of good and bad requests; those without bad
/// ones are given as an empty text.
fn trials(burn: Burn, is_errors: bool, make: impl Fn(&str, &str) -> Vec<(String, String)>) -> Vec<Trial> {
    // Three days of minutes would take a test longer than they are worth: they differ from six hours in their numbers
    // alone. So does latency over six hours.
    let (at, night, gap) = match burn.long {
        "1h" => ("90m", "0+0x85 1 2 3 3+0x1400", "_x80 0+60x1500"),
        "6h" if is_errors => ("200m", "0+0x190 1 2 3 3+0x1000", "_x180 0+60x1500"),
        _ => return Vec::new(),
    };
    vec![
        Trial::fires("everything fails, at one request a second", at, make("0+0x1500", "0+60x1500")),
        Trial::quiet("all is well", at, make("0+60x1500", "")),
        Trial::quiet("a night with three requests, all bad", at, make("0+0x1500", night)),
        Trial::quiet("figures of the last minutes only", at, make("_x1500", gap)),
    ]
}
