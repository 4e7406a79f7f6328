//! Conclusions about Dockerfiles, Compose, Kubernetes, pipelines and the like.

pub(crate) mod compose;
mod contradiction;
pub(crate) mod dockerfile;
pub(crate) mod image;
mod kubernetes;
mod nginx;
mod prometheus;
pub(crate) mod shell;
mod terraform;
mod workflow;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[kubernetes::FACT, contradiction::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[
    dockerfile::FACT,
    compose::FACT,
    kubernetes::FILE_FACT,
    workflow::FACT,
    terraform::FACT,
    prometheus::FACT,
    nginx::FACT,
];
