//! Conclusions about Dockerfiles, Compose, Kubernetes, pipelines and the like.

mod compose;
mod dockerfile;
pub(crate) mod image;
mod kubernetes;
pub(crate) mod shell;

use crate::facts::{Fact, FileFact};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[kubernetes::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[dockerfile::FACT, compose::FACT, kubernetes::FILE_FACT];
