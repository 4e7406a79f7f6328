//! What an event can say: one kind, one struct, one version.
//!
//! The JSON of a body is a contract: fields are added, never renamed, and a change of meaning is a new version. What a
//! newer version wrote is kept as [`Body::Unknown`] and shown as it is. The page `ledger.md` of the book has an
//! example of every kind, which a test reads and writes again.

mod operation;
mod pipeline;
mod release;

use serde_json::Value;

pub use operation::{
    Alert, AlertPhase, Backup, Checkpoint, CheckpointReason, Config, Drill, Flag, Incident, IncidentPhase,
    Severity,
};
pub use pipeline::{Build, Cache, Outcome, Step, TestRun};
pub use release::{
    Abort, ChangeKind, Changes, CommitLine, DependencyChange, DeploymentImport, FindingChange, Gate,
    Judgement, KeyChange, MigrationChange, MigrationClass, Phase, Promotion, Purpose, Release, Rollback,
    SchemaRange, Transition, Trigger,
};

/// The one list of kinds: name in the store, version that this build writes.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident($shape:ty) = $name:literal / $version:literal,)*) => {
        /// The kind of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its name in the store, in JSON and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// The kind with this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$kind),)* _ => None }
            }

            const fn version(self) -> u32 {
                match self { $(Self::$kind => $version,)* }
            }
        }

        /// What an event says.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Body {
            $($(#[$doc])* $kind($shape),)*
            /// What a newer version wrote.
            Unknown {
                /// The name of its kind.
                kind: String,
                /// The version of its shape.
                version: u32,
                /// The body as it is.
                json: Value,
            },
        }

        impl Body {
            /// The kind, when this version knows it.
            pub const fn kind(&self) -> Option<Kind> {
                match self {
                    $(Self::$kind(_) => Some(Kind::$kind),)*
                    Self::Unknown { .. } => None,
                }
            }

            /// The body as JSON.
            pub fn to_value(&self) -> Value {
                match self {
                    $(Self::$kind(shape) => serde_json::to_value(shape).unwrap_or_default(),)*
                    Self::Unknown { json, .. } => json.clone(),
                }
            }

            /// Reads a body; `None` when it is not the shape that its version promises.
            pub fn from_json(kind: &str, version: u32, json: Value) -> Option<Self> {
                match Kind::parse(kind) {
                    $(Some(Kind::$kind) if version == $version => {
                        serde_json::from_value(json).ok().map(Self::$kind)
                    })*
                    _ => Some(Self::Unknown { kind: kind.to_owned(), version, json }),
                }
            }
        }

        $(impl From<$shape> for Body {
            fn from(shape: $shape) -> Self {
                Self::$kind(shape)
            }
        })*
    };
}

kinds! {
    /// A build ended.
    Build(Build) = "build" / 1,
    /// A test run ended.
    TestRun(TestRun) = "test" / 1,
    /// A step of the pipeline ended.
    Step(Step) = "step" / 1,
    /// A release was made.
    Release(Release) = "release" / 1,
    /// A release changes its state: the journal.
    Transition(Transition) = "transition" / 1,
    /// A release serves all traffic of an environment.
    Promotion(Promotion) = "promotion" / 1,
    /// An earlier release serves again.
    Rollback(Rollback) = "rollback" / 1,
    /// A release was given up before its promotion.
    Abort(Abort) = "abort" / 1,
    /// A deployment from before the ledger, imported.
    Deployment(DeploymentImport) = "deployment" / 1,
    /// A feature flag changed.
    Flag(Flag) = "flag" / 1,
    /// A backup ended.
    Backup(Backup) = "backup" / 1,
    /// A drill ended: a restore, a failover.
    Drill(Drill) = "drill" / 1,
    /// An alert fires or no longer does.
    Alert(Alert) = "alert" / 1,
    /// An incident is opened, updated or resolved.
    Incident(Incident) = "incident" / 1,
    /// Configuration or secrets changed.
    Config(Config) = "config" / 1,
    /// Events were taken out of the ledger, by policy or because they were damaged.
    Checkpoint(Checkpoint) = "checkpoint" / 1,
}

impl Body {
    /// The name of its kind.
    pub fn kind_name(&self) -> &str {
        match self {
            Self::Unknown { kind, .. } => kind,
            known => known.kind().map_or("", Kind::as_str),
        }
    }

    /// Reads what was stored.
    pub(crate) fn read(kind: &str, version: u32, text: &str) -> Option<Self> {
        Self::from_json(kind, version, serde_json::from_str(text).ok()?)
    }

    /// The version of its shape.
    pub fn version(&self) -> u32 {
        match self {
            Self::Unknown { version, .. } => *version,
            known => known.kind().map_or(0, Kind::version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_version_wrote_is_kept_as_it_is() {
        let body = Body::read("step", 2, r#"{"shape":"new"}"#);
        let Some(Body::Unknown { kind, version: 2, json }) = &body else { panic!("{body:?}") };
        assert_eq!((kind.as_str(), json["shape"].as_str()), ("step", Some("new")));
        assert!(matches!(Body::read("teleport", 1, "{}"), Some(Body::Unknown { .. })));
        assert_eq!(Body::read("step", 1, "{}"), None, "its own version is read strictly");
    }

    #[test]
    fn every_kind_has_its_own_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
    }
}
