//! Why a step failed: the first cause rather than the last line.
//!
//! What a failed tool writes last is seldom why it failed: `npm error code 1` follows from a compiler, that from a missing
//! module. A catalogue of signatures (`rules/failures/CATEGORY/NAME.toml`) says how causes look, what they mean and what
//! to type next; consequences are listed in `rules/failures/consequences.toml` and are never a cause.
//!
//! | module | answers |
//! |---|---|
//! | `signature` | what a cause looks like, as data |
//! | `catalogue` | all of them, compiled |
//! | `lines` | the lines of a log, of any size, without colours |
//! | `scan` | where signatures match, in one pass |
//! | `rank` | which match is the first cause, and which others stand beside it |
//! | `differ` | what an unknown failure wrote that the last success did not |
//! | `analysis` | all of that for one log |
//!
//! Nothing is guessed: what no signature knows is `unknown`.

mod analysis;
mod catalogue;
mod differ;
mod lines;
mod rank;
mod scan;
mod signature;

pub use analysis::{Cause, Failure, Line, Ran, analyse};
pub use catalogue::Catalogue;
pub use signature::{Rank, Signature};
