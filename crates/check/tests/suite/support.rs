//! Small repositories, checked.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use seaworthy_check::catalogue::PROJECT_RULES;
use seaworthy_check::{Catalogue, Options, Report, check};
use seaworthy_detect::{Overrides, Repository, load_from};

/// Checks a repository of these files with every rule of the binary.
pub(crate) fn check_files(files: &BTreeMap<String, String>) -> Report {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    check_folder(folder.path(), &Options::default())
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
    // To read all rules takes longer than to check a small repository, and most have none of their own.
    static EMBEDDED: OnceLock<Catalogue> = OnceLock::new();
    let own = root.join(PROJECT_RULES).exists().then(|| Catalogue::of_project(root).unwrap());
    let catalogue = own.as_ref().unwrap_or_else(|| EMBEDDED.get_or_init(Catalogue::embedded));
    let repository = Repository::open(root).unwrap();
    let loaded = load_from(&repository, &Overrides::default());
    check(&repository, &loaded, catalogue, options)
}

/// Files by their paths.
pub(crate) fn files<const N: usize>(files: [(&str, &str); N]) -> BTreeMap<String, String> {
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}
