//! What derived files would do to a repository: which are new, which changed, and which a person has made their own.

use std::collections::BTreeSet;

use crate::header::{Seal, read_header};
use crate::{File, Sources, Target};

/// What is to be done about one derived file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// There is none: it is written.
    Create,
    /// The one that is there says the same.
    Keep,
    /// The one that is there was made from an older model and not touched since: it is replaced.
    Replace,
    /// The one that is there was edited since it was made: the new one is written beside it.
    Beside,
    /// A person wrote the one that is there: the new one is written beside it.
    Foreign,
}

impl Action {
    /// The word in output for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Keep => "keep",
            Self::Replace => "replace",
            Self::Beside => "edited",
            Self::Foreign => "foreign",
        }
    }

    /// The repository does not have what the model says: `--check` answers no.
    pub fn is_stale(self) -> bool {
        matches!(self, Self::Create | Self::Replace | Self::Beside)
    }
}

/// A derived file, and what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The file as the model wants it.
    pub file: File,
    /// The path it would be written to.
    pub path: String,
    /// What is to be done.
    pub action: Action,
    /// What is there now.
    pub present: Option<String>,
}

/// Derived files of these targets that the model has no use for any more: their service is gone, or was renamed. They
/// are looked for where derived files are.
pub fn leftovers(files: &[File], targets: &[&Target], sources: &dyn Sources) -> Vec<String> {
    let folder = |path: &str| path.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let folders: BTreeSet<String> = files.iter().map(|file| folder(&file.path)).collect();
    let made =
        |text: &str| targets.iter().any(|target| text.contains(&format!("`sea generate {}`", target.id)));
    let is_left = |path: &str| {
        let near =
            path.starts_with("deploy/") || folders.contains(&folder(path)) || path.contains("Dockerfile");
        near && !path.ends_with(".new")
            && !paths.contains(path)
            && sources.text(path).is_some_and(|text| read_header(&text) != Seal::None && made(&text))
    };
    sources.paths().filter(|path| is_left(path)).map(str::to_owned).collect()
}

/// Says for each file what is to be done about it.
pub fn place(files: Vec<File>, sources: &dyn Sources) -> Vec<Placed> {
    files.into_iter().map(|file| place_one(file, sources)).collect()
}

fn place_one(file: File, sources: &dyn Sources) -> Placed {
    let present = sources.text(&file.path).map(|text| text.to_string());
    let action = match present.as_deref() {
        None => Action::Create,
        Some(text) if same(text, &file.text) => Action::Keep,
        Some(text) => match read_header(text) {
            Seal::Intact => Action::Replace,
            Seal::Broken => Action::Beside,
            Seal::None => Action::Foreign,
        },
    };
    let path = match action {
        Action::Beside | Action::Foreign => format!("{}.new", file.path),
        Action::Create | Action::Keep | Action::Replace => file.path.clone(),
    };
    Placed { file, path, action, present }
}

/// Git may have changed the line endings.
fn same(one: &str, other: &str) -> bool {
    one == other || one.replace("\r\n", "\n") == other
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::header::{Comment, Header};

    #[test]
    fn what_a_person_wrote_or_edited_is_never_replaced() {
        let made = |body: &str| Header { target: "compose", app: "shop" }.on(Comment::Hash, body);
        let decide = |present: Option<String>| {
            let sources: BTreeMap<String, String> =
                present.into_iter().map(|text| ("compose.yaml".to_owned(), text)).collect();
            let file = File {
                path: "compose.yaml".to_owned(),
                text: made("new\n"),
                executable: false,
                target: "compose",
            };
            let placed = place(vec![file], &sources).remove(0);
            (placed.action, placed.path)
        };
        let there = "compose.yaml".to_owned();
        let beside = "compose.yaml.new".to_owned();
        assert_eq!(decide(None), (Action::Create, there.clone()));
        assert_eq!(decide(Some(made("new\n"))), (Action::Keep, there.clone()));
        assert_eq!(decide(Some(made("new\n").replace('\n', "\r\n"))), (Action::Keep, there.clone()));
        assert_eq!(decide(Some(made("old\n"))), (Action::Replace, there));
        assert_eq!(decide(Some(made("old\n").replace("old", "mine"))), (Action::Beside, beside.clone()));
        assert_eq!(decide(Some("mine\n".to_owned())), (Action::Foreign, beside));
    }
}
