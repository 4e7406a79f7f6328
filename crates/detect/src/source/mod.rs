//! What a project's source code says: variables it reads, routes it serves, ports it listens on, resources it
//! talks to.
//!
//! Source is read by patterns on text whose comments are blanked, not parsed: a plan must come within a blink,
//! for thirty languages. A file is looked at only when it contains one of a rule's literals.

mod comments;
mod context;
mod extract;
mod facts;
mod mounts;
mod prefix;
mod scan;
mod scanner;

pub(crate) use comments::blank;
pub(crate) use facts::{Entry, EnvRead, Facts, Listen, Mount, Route};
pub(crate) use scan::{scan, share};

/// Text in a language with C's comments, without them; lengths and lines stay as they are.
pub(crate) fn without_comments(text: &str) -> String {
    blank(text, crate::rules::CommentStyle::C)
}
