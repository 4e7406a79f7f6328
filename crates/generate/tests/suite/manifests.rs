//! Objects of Kubernetes, built by the tools that will build them: kustomize and Helm.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::File;
use serde_json::Value;

use crate::validators;

/// An object's kind and name.
pub(crate) type Id = (String, String);

/// The objects of a text of YAML documents.
pub(crate) fn parse(text: &str) -> Vec<Value> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// Objects by kind and name.
pub(crate) fn by_id(objects: Vec<Value>) -> BTreeMap<Id, Value> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let count = objects.len();
    let map: BTreeMap<_, _> = objects
        .into_iter()
        .map(|object| ((text(&object["kind"]), text(&object["metadata"]["name"])), object))
        .collect();
    assert_eq!(map.len(), count, "two objects have one name");
    map
}

/// What `kubectl kustomize` makes of a folder.
pub(crate) fn kustomize(dir: &Path) -> String {
    let (fine, text) = validators::run(Command::new("kubectl").arg("kustomize").arg(dir));
    assert!(fine, "{}: {text}", dir.display());
    text
}

/// What `helm template` makes of a chart with these files of values.
pub(crate) fn helm(chart: &Path, values: &[PathBuf]) -> String {
    let mut command = Command::new(validators::tool("helm"));
    command.args(["template", "release"]).arg(chart);
    for file in values {
        command.arg("--values").arg(file);
    }
    let (fine, text) = validators::run(&mut command);
    assert!(fine, "{}: {text}", chart.display());
    text
}

/// Files as one text, for a person to read.
pub(crate) fn show(files: impl Iterator<Item = File>) -> String {
    files.map(|file| ["==> ", &file.path, " <==\n", &file.text].concat()).collect()
}

/// Calls `work` for each item, on both cores.
pub(crate) fn each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

/// Holds all YAML files below `dir` to the schemas of Kubernetes.
pub(crate) fn validate(dir: &Path) {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators/kubernetes.py");
    let (fine, text) = validators::run(Command::new(validators::tool("python3")).arg(driver).arg(dir));
    assert!(fine, "{text}");
    assert!(!text.starts_with("0 objects"), "{text}");
}
