//! Alerts on services: down, restarting, failing, short of memory or CPU; and on the certificate of their domain.

use super::alert::{flat, series};
use super::metrics::{blackbox, container, http, kube};
use super::{Alert, Mode, Monitor, Platform, Severity, Subject, Trial, counts_requests, recording};
use crate::Instance;

/// Share of failed requests that nobody would call normal, for services of which nothing is promised.
const ERROR_RATIO: f64 = 0.05;

/// Failed requests within ten minutes below which a share says nothing.
const LEAST_ERRORS: u32 = 10;

/// Days before its end at which a certificate should long have been renewed: ACME clients do it 30 days before.
const CERTIFICATE_TICKET: u32 = 14;

/// Days before its end at which it cannot wait for a working day.
const CERTIFICATE_PAGE: u32 = 3;

/// Alerts on one service.
pub(super) fn alerts<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Vec<Alert<'a>> {
    let mut alerts = vec![down(monitor, instance)];
    if instance.port.is_some() {
        alerts.push(probe(instance));
    }
    if instance.replicas > 1 {
        alerts.push(missing(monitor, instance));
    }
    let promised = monitor.objective(instance.name).is_some_and(|slo| slo.availability.is_some());
    if counts_requests(instance) && !promised {
        alerts.push(errors(monitor, instance));
    }
    alerts.push(crash_loop(monitor, instance));
    alerts.push(out_of_memory(monitor, instance));
    alerts.push(memory(monitor, instance));
    alerts.push(cpu(monitor, instance));
    alerts
}

/// An alert on a service, with the rest to fill in.
fn on<'a>(instance: &Instance<'a>, name: &'static str, mode: Mode) -> Alert<'a> {
    Alert {
        name,
        severity: Severity::Ticket,
        subject: Subject::Service(instance.name),
        mode,
        symptom: true,
        window: None,
        objective: None,
        expr: String::new(),
        wait: None,
        summary: String::new(),
        description: String::new(),
        trials: Vec::new(),
    }
}

fn own(instance: &Instance<'_>) -> String {
    format!("service_name=\"{}\"", instance.name)
}

/// Containers of the service that are ready, `ready` of `all`, as exporters tell of them.
fn containers(monitor: &Monitor<'_>, instance: &Instance<'_>, ready: u32) -> Vec<(String, String)> {
    let labels = monitor.platform.containers(instance.name);
    let one = monitor.platform.one();
    let mut all =
        vec![series("up", &format!("job=\"{}\",instance=\"a\"", monitor.platform.counter()), flat("1"))];
    for number in 0..instance.replicas {
        let labels = format!("{labels},{one}=\"{number}\"");
        match monitor.platform {
            Platform::Kubernetes { .. } => {
                all.push(series(kube::READY, &labels, flat(if number < ready { "1" } else { "0" })));
            }
            // Seen at every scrape; one that is gone is not exported.
            Platform::Containers { .. } if number < ready => {
                all.push(series(container::LAST_SEEN, &labels, "0+60x120"));
            }
            Platform::Containers { .. } => {}
        }
    }
    all
}

fn down<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Alert<'a> {
    let name = instance.name;
    Alert {
        severity: Severity::Page,
        expr: format!("{}{{{}}} == 0", recording::READY, own(instance)),
        wait: Some("3m"),
        summary: format!("{name} is down"),
        description: format!(
            "None of the {} instance(s) of {name} has been ready for three minutes. Look at what changed last, then at \
             its log.",
            instance.replicas
        ),
        trials: vec![
            Trial::fires("no instance is ready", "20m", containers(monitor, instance, 0)),
            Trial::quiet("every instance is ready", "20m", containers(monitor, instance, instance.replicas)),
            Trial::quiet("nobody counts instances", "20m", Vec::new()),
        ],
        ..on(instance, "ServiceDown", Mode::ServiceDown)
    }
}

fn missing<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Alert<'a> {
    let (name, replicas) = (instance.name, instance.replicas);
    let own = own(instance);
    Alert {
        expr: format!("{0}{{{own}}} < {replicas} and {0}{{{own}}} > 0", recording::READY),
        wait: Some("15m"),
        summary: format!("{name} runs with {{{{ $value }}}} of {replicas} instances"),
        description: format!(
            "{name} still answers, with less than it should have: another failure, or the next peak, may take it down."
        ),
        trials: vec![
            Trial::fires("one instance is missing", "30m", containers(monitor, instance, replicas - 1)),
            Trial::quiet("none is missing", "30m", containers(monitor, instance, replicas)),
        ],
        ..on(instance, "ServiceInstancesMissing", Mode::ServiceDown)
    }
}

fn probe<'a>(instance: &Instance<'a>) -> Alert<'a> {
    let name = instance.name;
    let labels = format!("job=\"probes\",service=\"{name}\"");
    let probed =
        |value: &str| vec![series(blackbox::SUCCESS, &format!("{labels},instance=\"a\""), flat(value))];
    Alert {
        severity: Severity::Page,
        // One failed probe is a hiccup; most of five minutes is none.
        expr: format!("avg_over_time({}{{{labels}}}[5m]) < 0.5", blackbox::SUCCESS),
        wait: Some("2m"),
        summary: format!("{name} does not answer its probe"),
        description: format!(
            "Asked from outside, {name} failed more than half of its readiness probes within five minutes: its users \
             see errors. `ServiceDown` beside it says that it does not run at all; alone, it runs and does not answer."
        ),
        trials: vec![
            Trial::fires("every probe fails", "20m", probed("0")),
            Trial::quiet("every probe passes", "20m", probed("1")),
            Trial::quiet(
                "one probe of five fails",
                "20m",
                vec![series(blackbox::SUCCESS, &format!("{labels},instance=\"a\""), "1+0x15 0 1+0x60")],
            ),
        ],
        ..on(instance, "ProbeFailing", Mode::ServiceDown)
    }
}

fn errors<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Alert<'a> {
    let (name, own) = (instance.name, own(instance));
    let labels = monitor.http(name);
    let failed = format!(
        "sum(increase({}{{{labels},{}=~\"5..\"}}[10m])) >= {LEAST_ERRORS}",
        http::COUNT,
        http::STATUS
    );
    let counted = |status: &str, values: &str| {
        series(http::COUNT, &format!("{labels},{}=\"{status}\"", http::STATUS), values)
    };
    Alert {
        severity: Severity::Page,
        expr: format!("{}{{{own}}} > {ERROR_RATIO} and on () {failed}", recording::ERROR_RATIO),
        wait: Some("5m"),
        summary: format!("{name}: {{{{ $value | humanizePercentage }}}} of requests fail"),
        description: format!(
            "More than {} % of the requests to {name} were answered with 5xx for five minutes, at least {LEAST_ERRORS} \
             of them within ten. Promise something of {name} (`[slo.{name}]`) and this is judged by its error budget.",
            ERROR_RATIO * 100.0
        ),
        trials: vec![
            Trial::fires(
                "one of two requests fails",
                "30m",
                vec![counted("200", "0+60x60"), counted("500", "0+60x60")],
            ),
            Trial::quiet(
                "a night with three requests, all failed",
                "30m",
                vec![counted("500", "0+0x22 1 2 3 3+0x60")],
            ),
            Trial::quiet("all requests are answered", "30m", vec![counted("200", "0+60x60")]),
        ],
        ..on(instance, "HttpErrorsHigh", Mode::Errors)
    }
}

fn crash_loop<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Alert<'a> {
    let name = instance.name;
    let labels = format!("{},{}=\"a\"", monitor.platform.containers(name), monitor.platform.one());
    let metric = match monitor.platform {
        Platform::Kubernetes { .. } => kube::RESTARTS,
        Platform::Containers { .. } => container::STARTED,
    };
    // With one instance, users notice every restart.
    let severity = if instance.replicas == 1 { Severity::Page } else { Severity::Ticket };
    Alert {
        severity,
        expr: format!("{}{{{}}} >= 3", recording::RESTARTS, own(instance)),
        wait: Some("5m"),
        summary: format!("{name} restarts again and again"),
        description: format!(
            "{name} restarted {{{{ $value | humanize }}}} times within 15 minutes. The last lines before each end are \
             in its log; a release shortly before is the likeliest cause."
        ),
        trials: vec![
            Trial::fires("a restart every two minutes", "40m", vec![series(metric, &labels, "0+0.5x60")]),
            Trial::quiet("one restart, by a deploy", "40m", vec![series(metric, &labels, "1+0x25 2+0x60")]),
        ],
        ..on(instance, "ServiceCrashLoop", Mode::CrashLoop)
    }
}

fn out_of_memory<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Alert<'a> {
    let name = instance.name;
    let labels = format!("{},{}=\"a\"", monitor.platform.containers(name), monitor.platform.one());
    let killed = match monitor.platform {
        Platform::Kubernetes { .. } => vec![
            series(kube::RESTARTS, &labels, "0+0x10 1+0x60"),
            series(kube::TERMINATED, &format!("{labels},reason=\"OOMKilled\""), "0+0x10 1+0x60"),
        ],
        Platform::Containers { .. } => vec![series(container::OOM, &labels, "0+0x10 1+0x60")],
    };
    let alive = match monitor.platform {
        Platform::Kubernetes { .. } => vec![
            series(kube::RESTARTS, &labels, "0+0x10 1+0x60"),
            series(kube::TERMINATED, &format!("{labels},reason=\"Completed\""), flat("1")),
        ],
        Platform::Containers { .. } => vec![series(container::OOM, &labels, flat("0"))],
    };
    Alert {
        expr: monitor.platform.out_of_memory(name),
        wait: None,
        symptom: false,
        summary: format!("{name} was killed for want of memory"),
        description: format!(
            "An instance of {name} wanted more than its limit of {} and was killed, with whatever it was doing.",
            instance.memory
        ),
        trials: vec![Trial::fires("one kill", "15m", killed), Trial::quiet("none", "15m", alive)],
        ..on(instance, "ServiceOutOfMemory", Mode::Memory)
    }
}

fn memory<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Alert<'a> {
    let name = instance.name;
    let labels = monitor.platform.containers(name);
    let limit = instance.memory.get();
    let used =
        |percent: u64| vec![series(container::MEMORY, &labels, flat(&(limit / 100 * percent).to_string()))];
    Alert {
        expr: format!("{}{{{}}} > 0.9", recording::MEMORY, own(instance)),
        wait: Some("15m"),
        symptom: false,
        summary: format!("{name} uses {{{{ $value | humanizePercentage }}}} of its memory"),
        description: format!(
            "For 15 minutes an instance of {name} has used more than 90 % of its limit of {}; at 100 % it is killed.",
            instance.memory
        ),
        trials: vec![
            Trial::fires("95 % of the limit", "30m", used(95)),
            Trial::quiet("80 % of the limit", "30m", used(80)),
        ],
        ..on(instance, "ServiceMemoryHigh", Mode::Memory)
    }
}

fn cpu<'a>(monitor: &Monitor<'a>, instance: &Instance<'a>) -> Alert<'a> {
    let name = instance.name;
    let labels = format!("{},{}=\"a\"", monitor.platform.containers(name), monitor.platform.one());
    // Percent of the limit, in seconds of CPU a minute.
    let used = |percent: u64| {
        let millis = instance.cpu.as_millicores() * 60 * percent / 100;
        let step = format!("{}.{:03}", millis / 1000, millis % 1000);
        vec![series(container::CPU, &labels, format!("0+{step}x120"))]
    };
    Alert {
        expr: format!("{}{{{}}} > 0.9", recording::CPU, own(instance)),
        wait: Some("30m"),
        symptom: false,
        summary: format!("{name} uses {{{{ $value | humanizePercentage }}}} of its CPU"),
        description: format!(
            "For 30 minutes an instance of {name} has used more than 90 % of its limit of {} cores: it is slowed down.",
            instance.cpu
        ),
        trials: vec![
            Trial::fires("96 % of the limit", "1h", used(96)),
            Trial::quiet("50 % of the limit", "1h", used(50)),
        ],
        ..on(instance, "ServiceCpuHigh", Mode::Cpu)
    }
}

/// Alerts on the certificate of the environment's domain.
pub(super) fn certificates<'a>(monitor: &Monitor<'a>) -> Vec<Alert<'a>> {
    let Some(domain) =
        monitor.domain().filter(|_| monitor.deployment.instances.iter().any(Instance::is_public))
    else {
        return Vec::new();
    };
    let labels = format!("job=\"certificates\",domain=\"{domain}\"");
    [(Severity::Ticket, CERTIFICATE_TICKET, "1h"), (Severity::Page, CERTIFICATE_PAGE, "10m")]
        .into_iter()
        .map(|(severity, days, wait)| {
            let left = |days: u32| {
                let end = (u64::from(days) * 86_400 + 7_200).to_string();
                vec![series(blackbox::CERTIFICATE, &labels, flat(&end))]
            };
            Alert {
                name: "CertificateExpires",
                severity,
                subject: Subject::App,
                mode: Mode::Certificate,
                symptom: false,
                window: None,
                objective: None,
                expr: format!("{}{{{labels}}} - time() < {days} * 86400", blackbox::CERTIFICATE),
                wait: Some(wait),
                summary: format!("The certificate of {domain} ends in {{{{ $value | humanizeDuration }}}}"),
                description: format!(
                    "It should have been renewed by now. When it ends, every browser refuses {domain}."
                ),
                trials: vec![
                    Trial::fires("it ends within a day", "119m", left(1)),
                    Trial::quiet("it ends in three months", "119m", left(90)),
                ],
            }
        })
        .collect()
}
