//! The apps whose files are derived in the tests: both examples, every fixture of detection, and those in `tests/apps`
//! that were made for this.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_detect::{Loaded, Overrides, Repository, load_from};
use seaworthy_generate::{Input, Options, Output, Target, Templates, generate};
use seaworthy_model::{App, Name};

/// An app, read.
pub(crate) struct Sample {
    /// Its folder's name.
    pub(crate) name: String,
    /// Its repository.
    pub(crate) repository: Repository,
    /// Its model.
    pub(crate) app: App,
    /// Its model as each environment sees it.
    pub(crate) environments: BTreeMap<Name, App>,
}

impl Sample {
    /// Reads the app in a folder.
    pub(crate) fn open(dir: &Path) -> Self {
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let repository = Repository::open(dir).unwrap();
        let load = |environment: Option<String>| -> Loaded {
            load_from(&repository, &Overrides { environment, set: Vec::new() })
        };
        let app = load(None).app;
        let environments =
            app.environments.keys().map(|name| (name.clone(), load(Some(name.to_string())).app)).collect();
        Self { name, repository, app, environments }
    }

    /// The files of some targets.
    pub(crate) fn generate(&self, targets: &[&Target]) -> Output {
        self.generate_with(targets, &Options::default())
    }

    /// The files of some targets, with options.
    pub(crate) fn generate_with(&self, targets: &[&Target], options: &Options) -> Output {
        let templates = Templates::new(&BTreeMap::new()).unwrap();
        let input = Input {
            app: &self.app,
            environments: &self.environments,
            sources: &self.repository,
            templates: &templates,
            options,
        };
        generate(&input, targets).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// One example.
pub(crate) fn example(name: &str) -> Sample {
    Sample::open(&root().join("examples").join(name))
}

/// One of the apps made for these tests.
#[allow(dead_code, reason = "not every target has one of its own")]
pub(crate) fn own(name: &str) -> Sample {
    Sample::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps").join(name))
}

/// One of detection's fixtures.
#[allow(dead_code, reason = "not every target has a case among them")]
pub(crate) fn fixture(name: &str) -> Sample {
    Sample::open(&root().join("crates/detect/tests/fixtures").join(name))
}

/// Every app, in order of their names.
pub(crate) fn all() -> Vec<Sample> {
    let folders = ["examples", "crates/detect/tests/fixtures", "crates/generate/tests/apps"];
    let mut dirs: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    dirs.sort();
    assert!(dirs.len() > 150, "{} apps are too few", dirs.len());
    dirs.iter().map(|dir| Sample::open(dir)).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
