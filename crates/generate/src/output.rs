//! What a target makes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::header::{Comment, Header};

/// A derived file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path relative to the repository's root, with `/`.
    pub path: String,
    /// Its text, header and all.
    pub text: String,
    /// It is meant to be run.
    pub executable: bool,
    /// The target that it is of.
    pub target: &'static str,
}

/// Something of the model that a target cannot express.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Loss {
    /// The target.
    pub target: &'static str,
    /// What of the model it is about, as in `sea plan --explain`: `api.depends_on`.
    pub subject: String,
    /// What is lost, in one sentence.
    pub lost: String,
    /// What was done instead, or what a person has to do.
    pub instead: String,
}

/// The files of one or several targets, with what they could not express.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The files, in the order in which they were made.
    pub files: Vec<File>,
    /// What was lost.
    pub losses: Vec<Loss>,
}

impl Output {
    /// Adds a file with a header in its comments.
    pub fn file(&mut self, header: &Header<'_>, comment: Comment, path: impl Into<String>, body: &str) {
        self.add(header.target, path.into(), header.on(comment, body), false);
    }

    /// Adds a script with a header after its first line.
    pub fn script(&mut self, header: &Header<'_>, path: impl Into<String>, body: &str) {
        self.add(header.target, path.into(), header.on(Comment::Hash, body), true);
    }

    /// Adds a file that holds [`Header::note`] in one of its values, having no comments.
    pub fn noted(&mut self, header: &Header<'_>, path: impl Into<String>, body: &str) {
        self.add(header.target, path.into(), crate::header::stamp(body), false);
    }

    fn add(&mut self, target: &'static str, path: String, text: String, executable: bool) {
        self.files.push(File { path, text, executable, target });
    }

    /// Adds a loss.
    pub fn lose(
        &mut self,
        target: &'static str,
        subject: impl Into<String>,
        lost: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.losses.push(Loss {
            target,
            subject: subject.into(),
            lost: lost.into(),
            instead: instead.into(),
        });
    }
}
