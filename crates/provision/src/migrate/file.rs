//! SQL files of a repository, as far as they shall be run.

use std::fs;
use std::path::Path;

use crate::Error;
use crate::install::digest;

/// A file of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFile {
    /// Its path, relative to the repository's root.
    pub path: String,
    /// What of it is run.
    pub(super) text: String,
    /// The line of the file before the first line of the text.
    pub(super) offset: u32,
}

impl SqlFile {
    /// Reads a file; of one that goes both ways, the way up.
    pub(super) fn read(root: &Path, path: &str) -> Result<Self, Error> {
        let file = root.join(path);
        let text = fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let (text, offset) = upwards(&text);
        Ok(Self { path: path.to_owned(), text: text.to_owned(), offset })
    }

    /// Names its content.
    pub(super) fn digest(&self) -> String {
        digest(self.text.as_bytes())
    }
}

/// The files of a folder of migrations, in the order in which they run; empty when it holds none of plain SQL.
pub(super) fn folder(root: &Path, path: &str) -> Result<Vec<SqlFile>, Error> {
    let dir = root.join(path);
    let entries = fs::read_dir(&dir).map_err(Error::file("list", &dir))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_by(|one, other| (number(one), one).cmp(&(number(other), other)));
    names.retain(|name| name.ends_with(".sql") && !name.ends_with(".down.sql") && !name.starts_with('.'));
    names.iter().map(|name| SqlFile::read(root, &format!("{}/{name}", path.trim_end_matches('/')))).collect()
}

/// The number that a file's name begins with, as in `2_users.sql` and `10_posts.sql`, `V2__users.sql`.
fn number(name: &str) -> u128 {
    let digits = name.trim_start_matches(['V', 'v']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(u128::MAX)
}

/// The part between the marks of dbmate (`-- migrate:up`), goose (`-- +goose Up`) and sql-migrate (`-- +migrate Up`),
/// and the lines before it.
fn upwards(text: &str) -> (&str, u32) {
    let marks = [
        ("-- migrate:up", "-- migrate:down"),
        ("-- +goose Up", "-- +goose Down"),
        ("-- +migrate Up", "-- +migrate Down"),
    ];
    for (up, down) in marks {
        if let Some(start) = text.find(up) {
            let end = text[start..].find(down).map_or(text.len(), |at| start + at);
            let before = text[..start].matches('\n').count();
            return (&text[start..end], u32::try_from(before).unwrap_or(u32::MAX));
        }
    }
    (text, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_run_in_the_order_of_their_numbers_and_only_upwards() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("10_c.sql", "SELECT 10"),
            ("2_b.up.sql", "SELECT 2"),
            ("2_b.down.sql", "SELECT -2"),
            ("1_a.sql", "-- note\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT -1;\n"),
            ("README.md", ""),
        ] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let files = folder(dir.path(), ".").unwrap();
        let seen: Vec<_> =
            files.iter().map(|file| (file.path.as_str(), file.text.trim(), file.offset)).collect();
        assert_eq!(
            seen,
            [
                ("./1_a.sql", "-- migrate:up\nSELECT 1;", 1),
                ("./2_b.up.sql", "SELECT 2", 0),
                ("./10_c.sql", "SELECT 10", 0)
            ]
        );
    }
}
