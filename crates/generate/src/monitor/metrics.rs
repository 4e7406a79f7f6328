//! Names of the metrics that rules and dashboards read, each with who exports it and where that is written down. No
//! name stands anywhere else.

/// Names that are fixed by the OpenTelemetry semantic conventions, as Prometheus writes them: `http.server.request.duration`
/// in seconds (<https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>), with `.` as `_` and the unit at the
/// end (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>).
pub(crate) mod http {
    /// Requests that were answered.
    pub(crate) const COUNT: &str = "http_server_request_duration_seconds_count";
    /// Requests that were answered within `le` seconds.
    pub(crate) const BUCKET: &str = "http_server_request_duration_seconds_bucket";
    /// The label with the status that was answered.
    pub(crate) const STATUS: &str = "http_response_status_code";
}

/// cAdvisor, inside the kubelet and on its own
/// (<https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md>).
pub(crate) mod container {
    /// Bytes of memory that the kernel cannot take back.
    pub(crate) const MEMORY: &str = "container_memory_working_set_bytes";
    /// Seconds of CPU that were used.
    pub(crate) const CPU: &str = "container_cpu_usage_seconds_total";
    /// When the container was last seen, in seconds since 1970.
    pub(crate) const LAST_SEEN: &str = "container_last_seen";
    /// When the container started, in seconds since 1970.
    pub(crate) const STARTED: &str = "container_start_time_seconds";
    /// Times that the kernel killed something in it for want of memory.
    pub(crate) const OOM: &str = "container_oom_events_total";
}

/// kube-state-metrics (<https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics>).
pub(crate) mod kube {
    /// 1 when the container passes its readiness probe.
    pub(crate) const READY: &str = "kube_pod_container_status_ready";
    /// Restarts of the container.
    pub(crate) const RESTARTS: &str = "kube_pod_container_status_restarts_total";
    /// Why the container ended the last time, in the label `reason`.
    pub(crate) const TERMINATED: &str = "kube_pod_container_status_last_terminated_reason";
    /// When a `CronJob` last ended well, in seconds since 1970.
    pub(crate) const CRON_SUCCESS: &str = "kube_cronjob_status_last_successful_time";
    /// Failed pods of a job.
    pub(crate) const JOB_FAILED: &str = "kube_job_status_failed";
    /// When a job started, in seconds since 1970.
    pub(crate) const JOB_STARTED: &str = "kube_job_status_start_time";
}

/// The kubelet (<https://kubernetes.io/docs/reference/instrumentation/metrics/>).
pub(crate) mod kubelet {
    /// Bytes of a volume that are used.
    pub(crate) const VOLUME_USED: &str = "kubelet_volume_stats_used_bytes";
    /// Bytes of a volume.
    pub(crate) const VOLUME_SIZE: &str = "kubelet_volume_stats_capacity_bytes";
}

/// node-exporter, the collector `filesystem` (<https://github.com/prometheus/node_exporter>).
pub(crate) mod node {
    /// Bytes of a file system that are left to users.
    pub(crate) const DISK_LEFT: &str = "node_filesystem_avail_bytes";
    /// Bytes of a file system.
    pub(crate) const DISK_SIZE: &str = "node_filesystem_size_bytes";
}

/// blackbox-exporter (<https://github.com/prometheus/blackbox_exporter>).
pub(crate) mod blackbox {
    /// 1 when the probe passed.
    pub(crate) const SUCCESS: &str = "probe_success";
    /// When the first certificate of the chain ends, in seconds since 1970.
    pub(crate) const CERTIFICATE: &str = "probe_ssl_earliest_cert_expiry";
}

/// What jobs and backups tell about themselves. No exporter knows it: whoever runs them pushes it to the Pushgateway
/// (<https://github.com/prometheus/pushgateway>), and the names are ours.
pub(crate) mod pushed {
    /// When a scheduled job last ended well, in seconds since 1970; label `scheduled_job`.
    pub(crate) const JOB_SUCCESS: &str = "sea_job_last_success_timestamp_seconds";
    /// When a resource was last backed up, in seconds since 1970; label `resource`.
    pub(crate) const BACKUP: &str = "sea_backup_last_success_timestamp_seconds";
    /// When a backup was last restored on trial, in seconds since 1970; label `resource`.
    pub(crate) const DRILL: &str = "sea_restore_drill_last_success_timestamp_seconds";
}

/// What is known of the exporter of a type of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exporter {
    /// The type of resource.
    pub(crate) kind: &'static str,
    /// What the exporter is called, for people.
    pub(crate) title: &'static str,
    /// The port that it listens on by default; `None` where the resource itself answers, on `port`.
    pub(crate) port: u16,
    /// The resource answers itself, without a program beside it.
    pub(crate) built_in: bool,
    /// 1 when the exporter reached the resource; `up` where the resource answers itself.
    pub(crate) up: &'static str,
    /// Connections that are open; `{}` stands for the labels that select the resource.
    pub(crate) connections: Option<&'static str>,
    /// Connections that can be open.
    pub(crate) limit: Option<&'static str>,
}

/// Exporters, by the type of resource that they know.
pub(crate) const EXPORTERS: &[Exporter] = &[
    // https://github.com/prometheus-community/postgres_exporter
    Exporter {
        kind: "postgres",
        title: "postgres_exporter",
        port: 9187,
        built_in: false,
        up: "pg_up",
        connections: Some("sum(pg_stat_activity_count{})"),
        limit: Some("max(pg_settings_max_connections{})"),
    },
    // https://github.com/prometheus/mysqld_exporter
    Exporter {
        kind: "mysql",
        title: "mysqld_exporter",
        port: 9104,
        built_in: false,
        up: "mysql_up",
        connections: Some("max(mysql_global_status_threads_connected{})"),
        limit: Some("max(mysql_global_variables_max_connections{})"),
    },
    Exporter {
        kind: "mariadb",
        title: "mysqld_exporter",
        port: 9104,
        built_in: false,
        up: "mysql_up",
        connections: Some("max(mysql_global_status_threads_connected{})"),
        limit: Some("max(mysql_global_variables_max_connections{})"),
    },
    // https://github.com/oliver006/redis_exporter
    Exporter {
        kind: "redis",
        title: "redis_exporter",
        port: 9121,
        built_in: false,
        up: "redis_up",
        connections: Some("max(redis_connected_clients{})"),
        limit: Some("max(redis_config_maxclients{})"),
    },
    // https://github.com/percona/mongodb_exporter, with --compatible-mode
    Exporter {
        kind: "mongodb",
        title: "mongodb_exporter",
        port: 9216,
        built_in: false,
        up: "mongodb_up",
        connections: None,
        limit: None,
    },
    // https://github.com/prometheus/memcached_exporter
    Exporter {
        kind: "memcached",
        title: "memcached_exporter",
        port: 9150,
        built_in: false,
        up: "memcached_up",
        connections: Some("max(memcached_current_connections{})"),
        limit: Some("max(memcached_max_connections{})"),
    },
    // https://www.rabbitmq.com/docs/prometheus: the plugin rabbitmq_prometheus
    Exporter {
        kind: "rabbitmq",
        title: "the plugin rabbitmq_prometheus",
        port: 15692,
        built_in: true,
        up: "up",
        connections: Some("sum(rabbitmq_process_open_fds{})"),
        limit: Some("sum(rabbitmq_process_max_fds{})"),
    },
];

/// The exporter of a type of resource.
pub(crate) fn exporter(kind: &str) -> Option<&'static Exporter> {
    EXPORTERS.iter().find(|exporter| exporter.kind == kind)
}

/// Messages that wait in a queue of `RabbitMQ`.
pub(crate) const RABBIT_READY: &str = "rabbitmq_queue_messages_ready";

/// Length of a list, set or stream in Redis; label `key`. `redis_exporter` has it for keys that it is told to look at.
pub(crate) const REDIS_KEY: &str = "redis_key_size";

/// Keys of Redis in which libraries keep what waits: from the documentation of each.
pub(crate) const REDIS_QUEUES: &[(&str, &str)] = &[
    ("celery", "celery"),
    ("bullmq", "bull:*:wait"),
    ("rq", "rq:queue:*"),
    ("sidekiq", "queue:*"),
    ("dramatiq", "dramatiq:*"),
];

/// The ratio `numerator / denominator` of a resource, with its labels filled in.
pub(crate) fn select(expression: &str, labels: &str) -> String {
    expression.replace("{}", &format!("{{{labels}}}"))
}
