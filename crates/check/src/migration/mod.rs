//! Whether the release that serves can live with a migration.
//!
//! | module | reads |
//! |---|---|
//! | `sql` | PostgreSQL, by squawk's grammar and the rules of [`crate::facts`] about migrations |
//! | `operation` | the operations of migration tools that are written in code |
//!
//! A migration is judged by its worst statement. What is not known to add only is never taken for it: it is
//! [`Class::Unknown`], and whoever ships is told.

mod operation;
mod sql;

use seaworthy_model::App;

use crate::facts::data::{is_down, is_migration, is_postgres};
use crate::text::LineIndex;

/// What a migration does to the release that serves while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It adds what that release does not mind.
    Expand,
    /// Nothing tells: it is code, or of a kind that may or may not be minded.
    Unknown,
    /// It takes away or changes what that release may read or write.
    Breaking,
}

/// What was concluded about a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What it does.
    pub class: Class,
    /// The 1-based line of the statement that decided.
    pub line: u32,
    /// What that statement does, in a few words: `drops a column`.
    pub why: String,
}

/// Something about a place in a migration.
struct Remark {
    class: Class,
    /// In bytes.
    at: usize,
    why: String,
}

/// The file lies where migration tools look, and is one that a tool runs forwards.
pub fn is_source(path: &str) -> bool {
    let name = crate::file::name(path);
    let is_below = is_migration(path) || path.rsplit('/').skip(1).any(|folder| folder == "versions");
    is_below && is_run(name)
}

/// A file of a folder of migrations that its tool runs forwards: no note, no lock, no half that undoes.
pub fn is_run(name: &str) -> bool {
    let name = crate::file::name(name);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_kind = matches!(
        extension,
        "sql"
            | "py"
            | "rb"
            | "js"
            | "ts"
            | "mjs"
            | "cjs"
            | "mts"
            | "php"
            | "exs"
            | "go"
            | "rs"
            | "java"
            | "kt"
            | "cs"
            | "xml"
            | "yaml"
            | "yml"
    );
    let is_helper = matches!(stem, "__init__" | "env" | "mod" | "lib" | "main" | "index" | "seed" | "seeds")
        || name.ends_with(".d.ts")
        || name.ends_with("ModelSnapshot.cs")
        || name.ends_with(".Designer.cs");
    is_kind && !is_helper && !is_down(name) && !name.starts_with('.')
}

/// Judges a migration of an app. `path` is relative to the repository's root.
pub fn judge(app: &App, path: &str, text: &str) -> Judgement {
    let remarks = if !is_sql(path) {
        operation::remarks(path, text)
    } else if is_postgres(app, path, text) {
        sql::remarks(text)
    } else {
        operation::of_other_sql(text)
    };
    // The first of the worst.
    let worst = remarks.into_iter().reduce(|worst, next| if next.class > worst.class { next } else { worst });
    match worst {
        Some(worst) => {
            let (line, _) = LineIndex::new(text).position(worst.at.min(text.len()));
            Judgement { class: worst.class, line, why: worst.why }
        }
        None => Judgement { class: Class::Expand, line: 1, why: "changes nothing".to_owned() },
    }
}

fn is_sql(path: &str) -> bool {
    crate::file::extension(path) == "sql"
}

#[cfg(test)]
mod tests;
