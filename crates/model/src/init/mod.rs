//! Writes `seaworthy.toml` for an app that was detected: the smallest one that says what could not be detected,
//! or a full one that says everything with where it came from.
//!
//! The text is built line by line rather than through a TOML document: every line carries its own comment, the
//! order is ours, and the only syntax needed is that of keys and strings. What keeps it right is that each line
//! is read back before it is written (a line that would be refused becomes a comment), and a property test that
//! applies the whole.

mod full;
mod minimal;
mod values;
mod writer;

pub use full::full;
pub use minimal::minimal;
