//! Tests: which tool runs them, what it tells, how they are split, which of them cannot be trusted.
//!
//! | module | answers |
//! |---|---|
//! | `tool` | which tool a command runs |
//! | `ask` | what has it write JUnit XML |
//! | `junit` | what it wrote |
//! | `units` | which test files it would run |
//! | `split` | which of them belong to which share |
//! | `history` | durations, and tests that failed and passed with the same inputs |

mod ask;
mod history;
mod junit;
mod split;
mod tool;
mod units;

pub use history::FlakyTest;
pub use junit::{FailedTest, TestCounts};
pub use tool::{Runner, Tool};

pub(super) use ask::Aids;
pub(super) use history::{History, TestRun, same_world};
pub(super) use junit::{Results, parse};
pub use split::Share;

pub(super) use split::split;
pub(super) use tool::recognise;
