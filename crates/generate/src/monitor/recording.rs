//! Series that are recorded under the same names in every environment: dashboards and alerts read these.
//!
//! Their names have the form `level:metric:operation`
//! (<https://prometheus.io/docs/practices/rules/#naming-and-aggregation>).

use super::metrics::{container, exporter, http, kubelet, select};
use super::{Monitor, Platform, callees, counts_requests, is_outside};

/// Requests a second of a service.
pub(crate) const REQUESTS: &str = "service:http_requests:rate5m";
/// Requests a second that failed by the service's fault.
pub(crate) const ERRORS: &str = "service:http_errors:rate5m";
/// Share of requests that failed.
pub(crate) const ERROR_RATIO: &str = "service:http_errors:ratio_rate5m";
/// Seconds within which a share (label `quantile`) of requests was answered.
pub(crate) const DURATION: &str = "service:http_request_duration_seconds:quantile5m";
/// Containers of a service that are ready.
pub(crate) const READY: &str = "service:instances:ready";
/// Restarts of a service within 15 minutes.
pub(crate) const RESTARTS: &str = "service:restarts:increase15m";
/// Memory of the largest container of a service, as a share of its limit.
pub(crate) const MEMORY: &str = "service:memory_usage:ratio";
/// CPU of the busiest container of a service, as a share of its limit.
pub(crate) const CPU: &str = "service:cpu_usage:ratio5m";
/// 1 when a resource answers.
pub(crate) const UP: &str = "resource:up:min";
/// Open connections of a resource, as a share of those it allows.
pub(crate) const CONNECTIONS: &str = "resource:connections:ratio";
/// Used bytes of the fullest volume of a resource, as a share.
pub(crate) const DISK: &str = "resource:disk_usage:ratio";
/// Requests of a service within a window; the window follows.
pub(crate) const SLO_REQUESTS: &str = "slo:http_requests:increase";
/// Failed requests of a service within a window; the window follows.
pub(crate) const SLO_ERRORS: &str = "slo:http_errors:increase";
/// Requests a second by duration within a window; the window follows.
pub(crate) const SLO_BUCKETS: &str = "slo:http_request_duration_seconds_bucket:rate";

/// Quantiles of durations that are recorded.
pub(crate) const QUANTILES: [&str; 3] = ["0.5", "0.95", "0.99"];

/// A recorded series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recording {
    /// Its name.
    pub(crate) record: String,
    /// Its labels.
    pub(crate) labels: Vec<(&'static str, String)>,
    /// What it is.
    pub(crate) expr: String,
}

/// Recorded series that are computed together, in this order.
pub(crate) struct Group {
    /// What the group is about.
    pub(crate) name: String,
    /// The series.
    pub(crate) recordings: Vec<Recording>,
}

/// Everything that is recorded in an environment.
pub(crate) fn groups(monitor: &Monitor<'_>) -> Vec<Group> {
    let services = monitor.deployment.instances.iter().map(|instance| {
        let mut group = of("service_name", instance.name.as_str());
        if counts_requests(instance) {
            requests(&mut group, &monitor.http(instance.name));
        }
        let platform = &monitor.platform;
        let containers = platform.containers(instance.name);
        let memory = instance.memory.get();
        let millicores = instance.cpu.as_millicores();
        group.add(READY, platform.ready(instance.name));
        group.add(RESTARTS, platform.restarts(instance.name));
        group.add(MEMORY, format!("max({}{{{containers}}}) / {memory}", container::MEMORY));
        // Written without a fraction, which not every number has exactly.
        group.add(
            CPU,
            format!(
                "max(sum by ({}) (rate({}{{{containers}}}[5m]))) * 1000 / {millicores}",
                platform.one(),
                container::CPU
            ),
        );
        if let Some(objective) = monitor.objective(instance.name).filter(|_| counts_requests(instance)) {
            promised(&mut group, &monitor.http(instance.name), &objective);
        }
        group.group
    });
    let resources = monitor.deployment.backings.iter().filter(|backing| backing.kind != "sqlite");
    let resources = resources.map(|backing| {
        let mut group = of("resource", backing.name.as_str());
        let labels = format!("resource=\"{}\"", backing.name);
        match exporter(backing.kind).filter(|_| !is_outside(backing)) {
            Some(known) => {
                group.add(UP, format!("min({}{{{labels},job=\"resources\"}})", known.up));
                if let (Some(connections), Some(limit)) = (known.connections, known.limit) {
                    group.add(
                        CONNECTIONS,
                        format!("{} / {}", select(connections, &labels), select(limit, &labels)),
                    );
                }
            }
            None => group.add(UP, format!("min({}{{{labels}}})", super::metrics::blackbox::SUCCESS)),
        }
        if let (Platform::Kubernetes { namespace }, true) =
            (&monitor.platform, super::resources::keeps(backing))
        {
            // A StatefulSet names its claims TEMPLATE-SET-ORDINAL.
            let name = crate::names::label(backing.name.as_str(), 63);
            let claims = format!("namespace=\"{namespace}\",persistentvolumeclaim=~\"(.+-)?{name}(-.+)?\"");
            group.add(
                DISK,
                format!("max({}{{{claims}}} / {}{{{claims}}})", kubelet::VOLUME_USED, kubelet::VOLUME_SIZE),
            );
        }
        group.group
    });
    services.chain(resources).collect()
}

/// A group whose series all have the label that names its subject.
struct Builder {
    group: Group,
    label: (&'static str, String),
}

fn of(key: &'static str, name: &str) -> Builder {
    let kind = if key == "resource" { "resource" } else { "service" };
    Builder {
        group: Group { name: format!("{kind}-{name}"), recordings: Vec::new() },
        label: (key, name.to_owned()),
    }
}

impl Builder {
    fn add(&mut self, record: &str, expr: String) {
        self.add_with(record, None, expr);
    }

    fn add_with(&mut self, record: &str, label: Option<(&'static str, &str)>, expr: String) {
        let mut labels = vec![self.label.clone()];
        labels.extend(label.map(|(key, value)| (key, value.to_owned())));
        self.group.recordings.push(Recording { record: record.to_owned(), labels, expr });
    }
}

/// Rate, errors, duration.
fn requests(group: &mut Builder, http: &str) {
    let (count, bucket, status) = (http::COUNT, http::BUCKET, http::STATUS);
    let all = format!("sum(rate({count}{{{http}}}[5m]))");
    group.add(REQUESTS, all.clone());
    // Where nothing failed there is no series of failures: that is none, not nothing known.
    group.add(ERRORS, format!("sum(rate({count}{{{http},{status}=~\"5..\"}}[5m])) or 0 * {all}"));
    let of = format!("service_name=\"{}\"", group.label.1);
    group.add(ERROR_RATIO, format!("{ERRORS}{{{of}}} / {REQUESTS}{{{of}}}"));
    for quantile in QUANTILES {
        group.add_with(
            DURATION,
            Some(("quantile", quantile)),
            format!("histogram_quantile({quantile}, sum by (le) (rate({bucket}{{{http}}}[5m])))"),
        );
    }
}

/// What burn rates are computed from.
fn promised(group: &mut Builder, http: &str, objective: &super::Objective) {
    let (count, bucket, status) = (http::COUNT, http::BUCKET, http::STATUS);
    for window in super::slo::WINDOWS {
        let all = format!("sum(increase({count}{{{http}}}[{window}]))");
        group.add(&format!("{SLO_REQUESTS}{window}"), all.clone());
        if objective.availability.is_some() {
            group.add(
                &format!("{SLO_ERRORS}{window}"),
                format!("sum(increase({count}{{{http},{status}=~\"5..\"}}[{window}])) or 0 * {all}"),
            );
        }
        if !objective.latency.is_empty() {
            group.add(
                &format!("{SLO_BUCKETS}{window}"),
                format!("sum by (le) (rate({bucket}{{{http}}}[{window}]))"),
            );
        }
    }
}

/// Workers that take their work from this resource.
pub(crate) fn workers<'m>(
    monitor: &'m Monitor<'_>,
    resource: &seaworthy_model::Name,
) -> Vec<&'m crate::Instance<'m>> {
    monitor
        .deployment
        .instances
        .iter()
        .filter(|instance| instance.kind == seaworthy_model::Kind::Worker)
        .filter(|instance| callees(instance).contains(resource))
        .collect()
}
