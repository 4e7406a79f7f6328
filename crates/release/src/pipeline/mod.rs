//! The pipeline: which steps a commit has to pass, and which of them have to run at all.
//!
//! | module | answers |
//! |---|---|
//! | `step` | what a step is |
//! | `derive` | model -> steps, a pure function |
//! | `adjust` | what the project says about them, put into them |
//! | `testing` | what their tests tell, and how tests are split |
//! | `select` | which of them were asked for |
//! | `tools` | what they run with on this machine |
//! | `files`, `stat` | what their inputs hold, without reading what did not change |
//! | `fingerprint` | what a result depends on, and what differs first |
//! | `observed` | what a step read besides, by its trace |
//! | `store`, `outputs` | results that are known, and what they made |
//! | `transport` | carries them from one machine to the next |
//! | `plan` | what has to run, and why |
//! | `execute`, `run` | carries steps out, in parallel |
//! | `report` | what is told about them |

mod adjust;
mod derive;
mod execute;
mod files;
mod fingerprint;
mod observed;
mod outputs;
mod plan;
mod report;
mod run;
mod select;
mod stat;
mod step;
mod store;
mod testing;
mod tools;
mod transport;

pub use derive::derive;
pub use execute::Cancel;
pub use fingerprint::{Change, Ingredient, Reason};
pub use plan::{Options, Pipeline};
pub use report::{Event, Explanation, Outcome, Report, StepReport, Verdict};
pub use select::{Shard, select};
pub use step::{Action, Inputs, Keep, Output, Stage, Step, StepId};
pub use testing::{FailedTest, FlakyTest, Runner, Share, TestCounts, Tool};
pub use tools::Workshop;
pub use transport::{Carried, export, import};
