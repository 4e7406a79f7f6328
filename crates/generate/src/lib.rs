//! Files derived from the one model: Dockerfile, Compose, Kubernetes, Terraform, pipelines, alerts, dashboards,
//! runbooks. No person writes a fact twice, and no language model guesses one.
//!
//! `generate` is a pure function: the model, the repository's files, templates and options come in ([`Input`]), files
//! and losses go out ([`Output`]). This crate must never run anything, reach the network or write a file: [`place`]
//! says what would be done to a repository, who calls it does it.
//!
//! One target is one folder in `target/` and, where it prints text that is not data, one in `templates/`.

mod build;
mod deployment;
pub mod drift;
mod header;
mod input;
mod monitor;
mod names;
mod output;
mod pipeline;
pub mod place;
pub mod print;
mod report;
mod resource;
mod target;
mod template;
mod text;
mod variables;

pub use build::{Build, image, join};
pub use deployment::{DEFAULT_PORT, Deployment, Instance, Probes, Setting, Task, USER};
pub use header::{Comment, Header, Seal, read_header, stamp};
pub use input::{Input, Options, Sources};
pub use names::{identifier, label};
pub use output::{File, Loss, Output};
pub use report::{Report, schema};
pub use resource::{Access, Backing};
pub use target::{TARGETS, Target, find, generate};
pub use template::{TemplateError, Templates};
