//! Small repositories, checked.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use seaworthy_check::{Catalogue, Checker, Options, Report};
use seaworthy_detect::{Overrides, Repository, load_from};

/// The rules of the binary, made ready once for all tests of a process.
static EMBEDDED: LazyLock<Checker<'static>> =
    LazyLock::new(|| Checker::new(Box::leak(Box::new(Catalogue::embedded()))));

/// Checks a repository of these files with every rule of the binary.
pub(crate) fn check_files(files: &BTreeMap<String, String>) -> Report {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    let repository = Repository::open(folder.path()).unwrap();
    let loaded = load_from(&repository, &Overrides::default());
    let today = "2026-11-21".parse().ok();
    EMBEDDED.check(&repository, &loaded, &Options { today, ..Options::default() })
}

/// Writes files below a folder.
pub(crate) fn write(root: &Path, files: &BTreeMap<String, String>) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Checks a folder with the rules of the binary and its own.
pub(crate) fn check_folder(root: &Path, options: &Options) -> Report {
    let catalogue = Catalogue::of_project(root).unwrap();
    let repository = Repository::open(root).unwrap();
    let loaded = load_from(&repository, &Overrides::default());
    Checker::new(&catalogue).check(&repository, &loaded, options)
}

/// Files by their paths.
pub(crate) fn files<const N: usize>(files: [(&str, &str); N]) -> BTreeMap<String, String> {
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}
