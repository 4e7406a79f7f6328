//! Values that are one of a few words.

use serde_json::{Value as Json, json};

use super::Every;
use super::text::{Refusal, Text, Words, text_schema};
use crate::{Condition, EngineKind, JobTrigger, Kind, Stage, WatchAction};

/// How a release takes over, where that is said in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrategyWord {
    /// Instance by instance.
    Rolling,
    /// All at once, with the old one kept warm.
    BlueGreen,
}

/// Where the values of secrets come from, where that is said in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretSourceWord {
    /// The age file of the repository.
    Age,
    /// The variables of the process that asks.
    Env,
}

macro_rules! words {
    ($($type:ty as $name:ident, $what:literal, like $example:literal: $($word:literal => $meaning:expr),+;
        also $($also:literal is $ours:literal),*;)+) => {$(
        impl Words for $type {
            const WHAT: &'static str = $what;
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $meaning)),+];
            const ALSO: &'static [(&'static str, &'static str)] = &[$(($also, $ours)),*];
        }

        impl Text for $type {
            const WANTED: &'static str = $what;
            const EXAMPLE: &'static str = $example;

            fn read(text: &str) -> Result<Self, Refusal> {
                Self::read_word(text)
            }

            fn constraints() -> Json {
                json!({ "enum": [$($word),+] })
            }
        }

        text_schema!($type as $name);
    )+};
}

words! {
    Kind as Kind, "a kind of service", like "\"web\"":
        "web" => Self::Web,
        "worker" => Self::Worker,
        "static" => Self::Static,
        "job" => Self::Job;
        also "http" is "web", "server" is "web", "background" is "worker", "cron" is "job", "site" is "static";
    EngineKind as Engine, "an engine", like "\"host\"":
        "host" => Self::Host,
        "kubernetes" => Self::Kubernetes;
        also "k8s" is "kubernetes", "k3s" is "kubernetes", "ssh" is "host", "vm" is "host", "local" is "host";
    JobTrigger as Trigger, "a trigger", like "\"release\"":
        "release" => Self::Release,
        "schedule" => Self::Schedule,
        "manual" => Self::Manual;
        also "cron" is "schedule", "deploy" is "release", "predeploy" is "release", "never" is "manual";
    Stage as Stage, "a stage", like "\"test\"":
        "install" => Self::Install,
        "lint" => Self::Lint,
        "test" => Self::Test,
        "check" => Self::Check,
        "scan" => Self::Scan,
        "build" => Self::Build;
        also "deps" is "install", "linter" is "lint", "tests" is "test", "e2e" is "test", "compile" is "build";
    Condition as Condition, "a condition", like "\"service_healthy\"":
        "service_started" => Self::ServiceStarted,
        "service_healthy" => Self::ServiceHealthy,
        "service_completed_successfully" => Self::ServiceCompletedSuccessfully;
        also "ready" is "service_healthy", "completed" is "service_completed_successfully";
    WatchAction as WatchAction, "an action", like "\"restart\"":
        "restart" => Self::Restart,
        "rebuild" => Self::Rebuild,
        "sync" => Self::Sync,
        "sync+restart" => Self::SyncRestart,
        "sync+exec" => Self::SyncExec;
        also "reload" is "restart", "copy" is "sync", "build" is "rebuild";
    StrategyWord as StrategyName, "a strategy", like "\"rolling\"":
        "rolling" => Self::Rolling,
        "blue-green" => Self::BlueGreen;
        also "recreate" is "rolling", "bluegreen" is "blue-green";
    SecretSourceWord as SecretSourceName, "a source of secrets", like "\"age\"":
        "age" => Self::Age,
        "env" => Self::Env;
        also "rage" is "age", "environment" is "env", "variables" is "env";
}

/// The word for a value of an enumeration.
pub(crate) fn word<T: Words + PartialEq>(value: T) -> &'static str {
    // Every variant has a word; the tests hold the lists to that.
    T::WORDS.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

/// The word for an interval that has one.
pub(crate) fn every(duration: crate::quantity::Duration) -> String {
    ["hourly", "daily", "weekly"]
        .into_iter()
        .find(|word| Every::read(word).is_ok_and(|every| every.0 == duration))
        .map_or_else(|| duration.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_the_word_that_output_uses() {
        for kind in [Kind::Web, Kind::Worker, Kind::Static, Kind::Job] {
            assert_eq!(word(kind), kind.as_str());
        }
        for trigger in [JobTrigger::Release, JobTrigger::Schedule, JobTrigger::Manual] {
            assert_eq!(word(trigger), trigger.as_str());
        }
        for stage in Stage::ALL {
            assert_eq!(word(stage), stage.as_str());
        }
        for (name, condition) in Condition::WORDS {
            assert_eq!(*name, condition.as_str());
        }
        for (name, action) in WatchAction::WORDS {
            assert_eq!(serde_json::to_value(action).unwrap(), *name);
        }
        for (name, engine) in EngineKind::WORDS {
            assert_eq!(serde_json::to_value(engine).unwrap(), *name);
        }
    }
}
