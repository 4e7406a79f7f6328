//! Paths that cannot leave the tree they are in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest path, in bytes: what Linux takes.
const LONGEST: usize = 4096;

/// A path below the root of a tree: names with `/` between, none of them empty, `.` or `..`. Ordered by its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TreePath(String);

/// Why a text is no [`TreePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no path within a folder: it must not be empty, absolute, too long or lead out")]
pub struct InvalidPath(String);

impl TreePath {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let is_name = |name: &str| !matches!(name, "" | "." | "..") && name.len() <= 255;
        let is_path = text.len() <= LONGEST && !text.contains('\0') && text.split('/').all(is_name);
        if is_path { Ok(Self(text.to_owned())) } else { Err(InvalidPath(text.chars().take(200).collect())) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder it is in; none for what is in the root itself.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// Its last name.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }
}

impl TryFrom<String> for TreePath {
    type Error = InvalidPath;

    fn try_from(text: String) -> Result<Self, InvalidPath> {
        Self::parse(&text)
    }
}

impl From<TreePath> for String {
    fn from(path: TreePath) -> Self {
        path.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_no_path() {
        for wrong in
            ["", "/", "/etc/passwd", "..", "a/../b", "a//b", "a/", "./a", "a/.", "a\0b", &"n".repeat(300)]
        {
            assert!(TreePath::parse(wrong).is_err(), "{wrong:?}");
        }
        for right in ["a", "...", "a/b c", "a\\b", "\u{e4}/@scope/x", "..a/b.."] {
            assert_eq!(TreePath::parse(right).unwrap().as_str(), right);
        }
        let path = TreePath::parse("a/b/c").unwrap();
        assert_eq!((path.parent(), path.name()), (Some("a/b"), "c"));
    }
}
