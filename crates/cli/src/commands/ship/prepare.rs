//! The files of a commit -> its model, and the pipeline that it has to pass.

use std::path::Path;

use seaworthy_detect::{Loaded, Overrides, Repository, load_from};
use seaworthy_provision::state::State;
use seaworthy_release::pipeline::{Pipeline, Step, Workshop};
use tokio::runtime::Runtime;

use super::Place;
use crate::args::Global;
use crate::commands::ci;
use crate::exit::Mistake;
use crate::output;

/// What a commit's files say.
pub(super) struct Prepared {
    pub(super) repository: Repository,
    pub(super) loaded: Loaded,
    pub(super) runtime: Runtime,
    pub(super) workshop: Workshop,
    /// Every step that follows from the model.
    pub(super) steps: Vec<Step>,
    pub(super) pipeline: Pipeline,
}

/// Reads the files below `root`.
pub(super) fn prepare(global: &Global, place: &Place, root: &Path) -> anyhow::Result<Prepared> {
    let repository = Repository::open(root)?;
    let overrides = Overrides { environment: Some(place.environment.to_string()), set: global.set.clone() };
    let mut loaded = load_from(&repository, &overrides);
    if loaded.app.environments.is_empty() {
        loaded.unknown_environment = None;
    }
    if loaded.has_errors() {
        output::problems(&loaded);
        return Err(Mistake {
            message: "the model of this commit is wrong".to_owned(),
            help: Some("sea plan".to_owned()),
        }
        .into());
    }
    let state = State::open(root)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let workshop = runtime.block_on(Workshop::open(&loaded.app, &state));
    let steps = ci::derive_steps(&loaded.app, &workshop, &repository)?;
    let pipeline = Pipeline::open(&repository, &state, &steps, ci::options(None, true, true)?);
    let pipeline = pipeline.map_err(|error| ci::advise(&error))?;
    Ok(Prepared { repository, loaded, runtime, workshop, steps, pipeline })
}

/// The steps that a commit has to pass, in an order in which they can run.
pub(super) fn all(steps: &[Step]) -> anyhow::Result<Vec<Step>> {
    seaworthy_release::pipeline::select(steps, &[], None).map_err(|error| ci::advise(&error))
}
