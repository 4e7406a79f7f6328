//! What to say about a key that does not exist where it stands.

use super::suggest::{did_you_mean, list, nearest};
use super::table::Table;
use super::{
    BackupConfig, CheckConfig, Config, DependencyConfig, Diagnostic, EnvironmentConfig, GenerateConfig,
    JobConfig, PipelineConfig, ProbeConfig, ResourceConfig, SecretConfig, SecretSourceConfig, ServiceConfig,
    SloConfig, Span, StepConfig, StrategyConfig, WatchConfig,
};

/// Every table: where it stands, and its keys.
pub(crate) const TABLES: [(&str, &[&str]); 17] = [
    ("at the top of the file, before the first `[table]`", Config::KEYS),
    ("under `[services.NAME]`", ServiceConfig::KEYS),
    ("under `[resources.NAME]`", ResourceConfig::KEYS),
    ("under `[jobs.NAME]`", JobConfig::KEYS),
    ("under `[environments.NAME]`", EnvironmentConfig::KEYS),
    ("under `[slo.NAME]`", SloConfig::KEYS),
    ("under `[secrets.NAME]`", SecretConfig::KEYS),
    ("under `[generate]`", GenerateConfig::KEYS),
    ("under `[check]`", CheckConfig::KEYS),
    ("under `[pipeline]`", PipelineConfig::KEYS),
    ("under `[pipeline.steps.NAME]`", StepConfig::KEYS),
    ("in `backup = { ... }` of a resource", BackupConfig::KEYS),
    ("in `strategy = { ... }` of an environment", StrategyConfig::KEYS),
    ("in `secrets = { ... }` of an environment", SecretSourceConfig::KEYS),
    ("in a probe such as `readiness = { ... }`", ProbeConfig::KEYS),
    ("in `watch = [{ ... }]` of a service", WatchConfig::KEYS),
    ("in `depends_on = { NAME = { ... } }` of a service", DependencyConfig::KEYS),
];

/// What other tools, or plain English, call our keys.
const OTHER_WORDS: [(&str, &str); 46] = [
    ("cmd", "start"),
    ("command", "start"),
    ("entrypoint", "start"),
    ("run", "start"),
    ("command", "run"),
    ("cmd", "run"),
    ("start", "run"),
    ("dir", "path"),
    ("directory", "path"),
    ("folder", "path"),
    ("root", "path"),
    ("working_dir", "path"),
    ("environment", "env"),
    ("variables", "env"),
    ("ports", "port"),
    ("expose", "port"),
    ("healthcheck", "readiness"),
    ("health", "readiness"),
    ("health_check", "readiness"),
    ("instances", "replicas"),
    ("scale", "replicas"),
    ("mem", "memory"),
    ("mem_limit", "memory"),
    ("cpus", "cpu"),
    ("type", "kind"),
    ("kind", "type"),
    ("engine", "type"),
    ("cron", "schedule"),
    ("tz", "timezone"),
    ("url", "route"),
    ("output", "static"),
    ("dist", "static"),
    ("needs", "depends_on"),
    ("requires", "depends_on"),
    ("interval", "period"),
    ("interval", "every"),
    ("retries", "failure_threshold"),
    ("retention", "keep"),
    ("needs", "after"),
    ("depends_on", "after"),
    ("requires", "after"),
    ("retry", "retries"),
    ("parallelism", "shards"),
    ("disabled", "skip"),
    ("artifacts", "outputs"),
    ("script", "run"),
];

/// The diagnostic for a key that is not among the `known` keys of the table at `path`.
pub(crate) fn unknown(given: &str, span: Span, path: &str, known: &[&'static str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("unknown-key", span, format!("`{given}` is no key of {}", quoted_path(path)));
    let is = |word: &str| word == given || (word.len() > 4 && strsim::osa_distance(word, given) == 1);
    let other_word = OTHER_WORDS.iter().find(|(word, ours)| is(word) && known.contains(ours));
    if let Some((_, ours)) = other_word {
        return diagnostic.label("unknown key").help(format!("it is called `{ours}` here"));
    }
    // An exact match elsewhere says more than a near one here, unless the near one is a slip of one letter.
    let places: Vec<_> = TABLES.iter().filter(|(_, keys)| keys.contains(&given)).map(|(at, _)| *at).collect();
    let slip = nearest(given, known.iter().copied())
        .filter(|near| places.is_empty() || strsim::osa_distance(given, near) == 1);
    match (slip, places.is_empty()) {
        (Some(near), _) => diagnostic.label("unknown key").help(format!("did you mean `{near}`?")),
        (None, false) => {
            let places = if places.len() > 3 { &places[..3] } else { &places };
            diagnostic
                .label("does not belong here")
                .help(format!("`{given}` belongs {}", places.join(", or ")))
        }
        (None, true) => {
            let help = did_you_mean(given, known.iter().copied())
                .unwrap_or_else(|| format!("known here: {}", list(known.iter().copied())));
            diagnostic.label("unknown key").help(help)
        }
    }
}

fn quoted_path(path: &str) -> String {
    if path.starts_with("the ") { path.to_owned() } else { format!("`{path}`") }
}
