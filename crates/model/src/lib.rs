//! The one model of Seaworthy: what an app is (services, resources, jobs, secrets, probes, SLOs) said once,
//! apart from where it runs (environments).
//!
//! This crate knows the types, `seaworthy.toml`, placeholders, validation and the public shape of a plan.
//! It must never do I/O, read a clock or know how a value was detected: texts come in, values and diagnostics
//! go out.

mod app;
mod check;
pub mod config;
mod environment;
mod field;
mod generation;
pub mod image;
pub mod init;
mod job;
mod name;
mod order;
mod pipeline;
pub mod placeholder;
pub mod plan;
mod probe;
pub mod quantity;
mod resource;
mod runtime;
mod secret;
mod secret_source;
mod service;
mod slo;
pub mod validate;
mod variable;
mod warning;

pub use app::App;
pub use check::Check;
pub use environment::{EngineKind, Environment, Strategy};
pub use field::{Confidence, Evidence, Field, Layer, Origin, Place};
pub use generation::Generation;
pub use job::{Job, JobTrigger};
pub use name::{InvalidName, Name};
pub use order::{StartOrder, start_order};
pub use pipeline::{Pipeline, PipelineStep, Stage, StepName};
pub use probe::{Probe, ProbeAction};
pub use resource::{Backup, Resource};
pub use runtime::Runtime;
pub use secret::Secret;
pub use secret_source::SecretSource;
pub use service::{Condition, Dependency, Kind, PortSetting, Service, Volume, WatchAction, WatchRule};
pub use slo::Slo;
pub use variable::Variable;
pub use warning::Warning;
