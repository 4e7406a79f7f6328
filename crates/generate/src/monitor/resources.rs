//! Alerts on resources: down, out of connections, disk full, backups too old, work that waits.

use super::alert::{age_trials, flat, series};
use super::metrics::{
    Exporter, RABBIT_READY, REDIS_KEY, REDIS_QUEUES, blackbox, exporter, kubelet, node, pushed,
};
use super::{Alert, Mode, Monitor, Platform, Severity, Subject, Trial, is_outside, recording};
use crate::{Backing, Instance};

/// Items that wait, above which a queue that still grows is told of.
const BACKLOG: u32 = 1_000;

/// Alerts on one resource.
pub(super) fn alerts<'a>(monitor: &Monitor<'a>, backing: &Backing<'a>) -> Vec<Alert<'a>> {
    let mut alerts = Vec::new();
    if backing.kind != "sqlite" {
        alerts.push(down(monitor, backing));
    }
    if let Some(known) = exporter(backing.kind).filter(|known| known.limit.is_some() && !is_outside(backing))
    {
        alerts.extend(connections(backing, known));
    }
    if monitor.platform.is_kubernetes() && keeps(backing) {
        alerts.extend(disk(monitor, backing));
    }
    alerts.extend(backlog(monitor, backing));
    alerts.extend(backups(backing));
    alerts
}

/// It keeps data on a volume.
pub(super) fn keeps(backing: &Backing<'_>) -> bool {
    !is_outside(backing) && backing.image.as_ref().is_some_and(|image| image.shape.volume.is_some())
}

fn on<'a>(backing: &Backing<'a>, name: &'static str, mode: Mode) -> Alert<'a> {
    Alert {
        name,
        severity: Severity::Ticket,
        subject: Subject::Resource(backing.name),
        mode,
        symptom: false,
        window: None,
        objective: None,
        expr: String::new(),
        wait: None,
        summary: String::new(),
        description: String::new(),
        trials: Vec::new(),
    }
}

fn down<'a>(monitor: &Monitor<'a>, backing: &Backing<'a>) -> Alert<'a> {
    let (name, kind) = (backing.name, backing.kind);
    let own = format!("resource=\"{name}\"");
    let outside = is_outside(backing);
    let known = exporter(kind).filter(|_| !outside);
    let (metric, labels) = match known {
        Some(known) => (known.up, format!("{own},job=\"resources\"")),
        None => (blackbox::SUCCESS, format!("{own},job=\"probes\"")),
    };
    let answers = |value: &str| vec![series(metric, &labels, flat(value))];
    let dependents = names(&monitor.dependents(name));
    // Nobody is woken for what nobody is known to need.
    let needed = if dependents.is_empty() { Severity::Ticket } else { Severity::Page };
    let (alert, mode, severity) = match (kind, outside) {
        // Mail waits in a queue, or is asked for again.
        ("smtp", _) => ("MailProviderDown", Mode::MailDown, Severity::Ticket),
        (_, true) => ("DependencyDown", Mode::DependencyDown, needed),
        (_, false) => ("DatabaseDown", Mode::DatabaseDown, needed),
    };
    let suffers = if dependents.is_empty() {
        "No service is known to need it.".to_owned()
    } else {
        format!("It is needed by {dependents}; their alerts are held back while this one fires.")
    };
    Alert {
        severity,
        expr: format!("{}{{{own}}} == 0", recording::UP),
        wait: Some("2m"),
        summary: format!("{name} ({kind}) does not answer"),
        description: format!("{name} could not be reached for two minutes. {suffers}"),
        trials: vec![
            Trial::fires("it does not answer", "10m", answers("0")),
            Trial::quiet("it answers", "10m", answers("1")),
        ],
        ..on(backing, alert, mode)
    }
}

fn names(names: &[&seaworthy_model::Name]) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}

fn connections<'a>(backing: &Backing<'a>, known: &Exporter) -> Option<Alert<'a>> {
    let name = backing.name;
    let labels = format!("resource=\"{name}\"");
    // The names of the two figures, out of `sum(NAME{})`.
    let metric = |expression: &'static str| expression.split(['(', '{']).nth(1);
    let (open, limit) = (metric(known.connections?)?, metric(known.limit?)?);
    let used = |value: &str| vec![series(open, &labels, flat(value)), series(limit, &labels, flat("100"))];
    Some(Alert {
        expr: format!("{}{{{labels}}} > 0.8", recording::CONNECTIONS),
        wait: Some("10m"),
        summary: format!("{name} has {{{{ $value | humanizePercentage }}}} of its connections open"),
        description: format!(
            "At 100 % {name} refuses new connections, and every service that needs one fails. Look for a pool that is \
             too large or a service that does not give connections back."
        ),
        trials: vec![
            Trial::fires("90 of 100 are open", "30m", used("90")),
            Trial::quiet("50 of 100 are open", "30m", used("50")),
        ],
        ..on(backing, "ConnectionsHigh", Mode::Connections)
    })
}

fn disk<'a>(monitor: &Monitor<'a>, backing: &Backing<'a>) -> Vec<Alert<'a>> {
    let Platform::Kubernetes { namespace } = &monitor.platform else { return Vec::new() };
    let name = backing.name;
    let claim = format!("namespace=\"{namespace}\",persistentvolumeclaim=\"data-{name}-0\"");
    let used = |value: &str| {
        vec![
            series(kubelet::VOLUME_USED, &claim, flat(value)),
            series(kubelet::VOLUME_SIZE, &claim, flat("100")),
        ]
    };
    [(Severity::Ticket, "0.8", "15m"), (Severity::Page, "0.95", "5m")]
        .into_iter()
        .map(|(severity, share, wait)| Alert {
            severity,
            expr: format!("{}{{resource=\"{name}\"}} > {share}", recording::DISK),
            wait: Some(wait),
            summary: format!("The volume of {name} is {{{{ $value | humanizePercentage }}}} full"),
            description: format!(
                "When it is full, {name} stops writing, and everything that needs it fails."
            ),
            trials: vec![
                Trial::fires("97 % are used", "30m", used("97")),
                Trial::quiet("half of it is used", "30m", used("50")),
            ],
            ..on(backing, "DiskFull", Mode::DiskFull)
        })
        .collect()
}

/// Alerts on the disks of a host, where containers share them.
pub(super) fn host_disk<'a>(monitor: &Monitor<'a>) -> Vec<Alert<'a>> {
    if monitor.platform.is_kubernetes() {
        return Vec::new();
    }
    // What is no disk, and what cannot be filled.
    let real = "fstype!~\"tmpfs|ramfs|squashfs|overlay|iso9660\"";
    let disk = "device=\"/dev/vda1\",mountpoint=\"/\",fstype=\"ext4\"";
    let left = |value: &str| {
        vec![series(node::DISK_LEFT, disk, flat(value)), series(node::DISK_SIZE, disk, flat("100"))]
    };
    [(Severity::Ticket, "0.2", "15m"), (Severity::Page, "0.05", "5m")]
        .into_iter()
        .map(|(severity, share, wait)| Alert {
            name: "DiskFull",
            severity,
            subject: Subject::App,
            mode: Mode::DiskFull,
            symptom: false,
            window: None,
            objective: None,
            expr: format!("{}{{{real}}} / {}{{{real}}} < {share}", node::DISK_LEFT, node::DISK_SIZE),
            wait: Some(wait),
            summary: "{{ $labels.mountpoint }} on {{ $labels.instance }} has {{ $value | humanizePercentage }} left"
                .to_owned(),
            description: "When it is full, databases stop writing, logs are lost and no release can be started."
                .to_owned(),
            trials: vec![
                Trial::fires("3 % are left", "30m", left("3")),
                Trial::quiet("half of it is left", "30m", left("50")),
            ],
        })
        .collect()
}

/// The pattern of keys in which the workers' library keeps what waits.
pub(crate) fn queue_keys(workers: &[&Instance<'_>]) -> Vec<&'static str> {
    let mut keys: Vec<_> = workers
        .iter()
        .filter_map(|worker| worker.service.framework.get())
        .filter_map(|framework| REDIS_QUEUES.iter().find(|(name, _)| name == framework))
        .map(|(_, pattern)| *pattern)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn backlog<'a>(monitor: &Monitor<'a>, backing: &Backing<'a>) -> Option<Alert<'a>> {
    let workers = recording::workers(monitor, backing.name);
    if workers.is_empty() || is_outside(backing) {
        return None;
    }
    let (name, own) = (backing.name, format!("resource=\"{}\"", backing.name));
    let (metric, by) = match backing.kind {
        "rabbitmq" => (RABBIT_READY, "queue"),
        "redis" => (REDIS_KEY, "key"),
        _ => return None,
    };
    let names = names(&workers.iter().map(|worker| worker.name).collect::<Vec<_>>());
    let length = format!("sum by ({by}) ({metric}{{{own}}})");
    let waits = |values: &str| vec![series(metric, &format!("{own},{by}=\"work\""), values)];
    Some(Alert {
        expr: format!("{length} > {BACKLOG} and sum by ({by}) (delta({metric}{{{own}}}[30m])) > 0"),
        wait: Some("15m"),
        symptom: true,
        summary: format!("{{{{ $value | humanize }}}} items wait in {{{{ $labels.{by} }}}} of {name}"),
        description: format!(
            "More than {BACKLOG} items wait and it still becomes more: the workers ({names}) cannot keep up, hang or do not run."
        ),
        trials: vec![
            Trial::fires("it grows for two hours", "2h", waits("0+50x120")),
            Trial::quiet("much waits, and it becomes less", "2h", waits("20000-50x120")),
            Trial::quiet("little waits", "2h", waits("0+1x120")),
        ],
        ..on(backing, "QueueBacklog", Mode::QueueBacklog)
    })
}

fn backups<'a>(backing: &Backing<'a>) -> Vec<Alert<'a>> {
    let Some(backup) = backing.resource.backup.get() else { return Vec::new() };
    let name = backing.name;
    let own = format!("resource=\"{name}\"");
    let mut alerts = Vec::new();
    let seconds = |duration: seaworthy_model::quantity::Duration| duration.as_millis().div_ceil(1000).max(1);
    // Half a period late is late; a trial looks back one hour.
    let late = |duration| (seconds(duration) * 3 / 2).max(2 * 3600);
    let older = |metric: &str, limit: u64| {
        format!("time() - max({metric}{{{own}}}) > {limit} or absent({metric}{{{own}}})")
    };
    alerts.push(Alert {
        expr: older(pushed::BACKUP, late(backup.every)),
        wait: Some("10m"),
        summary: format!("{name} has no recent backup"),
        description: format!(
            "A backup every {} is wanted. The last that succeeded is older, or none was ever told of: what was written \
             since then would be lost.",
            backup.every
        ),
        trials: age_trials(pushed::BACKUP, &own),
        ..on(backing, "BackupTooOld", Mode::Backup)
    });
    if let Some(drill) = backup.drill {
        alerts.push(Alert {
            expr: older(pushed::DRILL, late(drill)),
            wait: Some("10m"),
            summary: format!("No backup of {name} was restored on trial lately"),
            description: format!(
                "A trial every {drill} is wanted. A backup that was never restored may be none."
            ),
            trials: age_trials(pushed::DRILL, &own),
            ..on(backing, "RestoreDrillOverdue", Mode::Backup)
        });
    }
    alerts
}
