//! What stands between an app and production: rules over its repository and its model, findings with evidence.
//!
//! A rule is one file of `rules/check`: what it looks for, why that matters, how to mend it, and examples of what it must
//! and must not report. Patterns of code are data in that file (ast-grep's rule format over tree-sitter); what has to be
//! concluded from several files or from the model is a function in [`facts`](crate::facts), found by the rule's id.
//!
//! This crate reads and judges. It must never run anything, reach the network or change a file: who calls it says which
//! files git has and writes what [`fix`] proposes.
//!
//! Data flows one way: [`Catalogue`] + [`Context`] -> facts and patterns, file by file on every core -> findings ->
//! suppressions and baseline -> score -> [`Report`] -> one of the formats in [`report`].

pub mod advisories;
pub mod allow;
pub mod baseline;
pub mod built;
pub mod catalogue;
mod check;
pub mod context;
pub mod date;
pub mod excluded;
pub mod facts;
pub mod file;
pub mod finding;
pub mod fix;
pub mod history;
pub mod lockfile;
mod mask;
mod mend;
pub mod migration;
mod modules;
pub mod page;
mod pattern;
pub mod report;
pub mod rule;
pub mod score;
mod side;
mod taint;
mod text;

pub use catalogue::Catalogue;
pub use check::{Checker, Options};
pub use context::Context;
pub use date::Date;
pub use excluded::Excluded;
pub use finding::Finding;
pub use report::Report;
