//! The pipeline: which steps a commit has to pass, and which of them have to run at all.
//!
//! | module | answers |
//! |---|---|
//! | [`step`] | what a step is |
//! | [`derive`](mod@derive) | model -> steps, a pure function |
//! | [`select`] | which of them were asked for |
//! | `tools` | what they run with on this machine |
//! | `files`, `stat` | what their inputs hold, without reading what did not change |
//! | [`fingerprint`] | what a result depends on, and what differs first |
//! | `observed` | what a step read besides, by its trace |
//! | `store`, `outputs` | results that are known, and what they made |
//! | `execute`, [`run`](mod@run) | carries steps out, in parallel |

mod derive;
mod execute;
mod files;
mod fingerprint;
mod observed;
mod outputs;
mod run;
mod select;
mod stat;
mod step;
mod store;
mod tools;

pub use derive::derive;
pub use execute::Cancel;
pub use fingerprint::{Change, Ingredient, Reason};
pub use run::{Event, Explanation, Options, Outcome, Pipeline, Report, StepReport, Verdict};
pub use select::{Shard, select};
pub use step::{Action, Inputs, Keep, Output, Stage, Step, StepId};
pub use tools::Workshop;
