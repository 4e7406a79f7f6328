//! Manifests that someone else wrote, and trees that cannot be packaged.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use proptest::prelude::*;
use seaworthy_artifact::{Manifest, SCHEMA};
use serde_json::{Value, json};

use super::support::{Place, pack};

const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn manifest(entries: &Value) -> Result<Manifest, String> {
    let json = json!({
        "schema": SCHEMA, "app": "shop", "commit": "3f9a2c1", "sbom": EMPTY, "provenance": EMPTY, "entries": entries,
    });
    Manifest::from_json(json.to_string().as_bytes())
}

fn file(path: &str) -> Value {
    json!({"path": path, "kind": "file", "digest": EMPTY, "size": 0})
}

fn link(path: &str, target: &str) -> Value {
    json!({"path": path, "kind": "link", "target": target})
}

fn folder(path: &str) -> Value {
    json!({"path": path, "kind": "folder"})
}

#[test]
fn what_leads_out_of_the_folder_is_refused() {
    assert!(manifest(&json!([folder("a"), file("a/b"), link("a/c", "b")])).is_ok());
    let refused = [
        ("leads out by its name", json!([file("../x")])),
        ("is absolute", json!([file("/etc/cron.d/x")])),
        ("is the folder itself", json!([folder(".")])),
        ("goes up on its way", json!([folder("a"), file("a/../../x")])),
        ("is in a link", json!([link("a", "b"), file("a/x")])),
        ("is in a file", json!([file("a"), file("a/x")])),
        ("is in nothing", json!([file("a/x")])),
        ("is there twice", json!([file("a"), file("a")])),
        ("is a link and a file", json!([link("a", "b"), file("a")])),
        ("is not in order", json!([file("b"), file("a")])),
        ("is an absolute link", json!([link("a", "/etc")])),
        ("is a link out", json!([link("a", "../x")])),
        ("is a link out by another one", json!([folder("a"), link("a/up", ".."), link("b", "a/up/../x")])),
        (
            "is a link to the interpreter of nothing",
            json!([folder("bin"), link("bin/python", "/usr/bin/python3")]),
        ),
        ("is a device", json!([{"path": "a", "kind": "device"}])),
        ("has no digest", json!([{"path": "a", "kind": "file", "digest": "sha256:00", "size": 0}])),
        ("has a negative size", json!([{"path": "a", "kind": "file", "digest": EMPTY, "size": -1}])),
    ];
    for (what, entries) in refused {
        assert!(manifest(&entries).is_err(), "what {what} is taken: {entries}");
    }
}

#[test]
fn links_that_lead_out_are_refused_when_they_are_packaged() {
    for (target, says) in
        [("/etc/passwd", "is absolute"), ("../../x", "leads out"), ("a/../../x", "leads out")]
    {
        let place = Place::new();
        let tree = place.tree("work/of/build", &[("a/b.js", "")]);
        symlink(target, tree.join("link")).unwrap();
        let error = pack(&place.store, &tree).unwrap_err();
        assert_eq!(error.code(), "artifact-tree");
        assert!(error.to_string().contains("`link`") && error.to_string().contains(says), "{error}");
        assert!(error.help().unwrap().contains("remove the link"));
    }
}

#[test]
fn a_name_that_is_no_text_is_told() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[]);
    fs::write(tree.join(std::ffi::OsStr::from_bytes(b"a\xff")), "").unwrap();
    assert_eq!(pack(&place.store, &tree).unwrap_err().code(), "artifact-name");
}

proptest! {
    #[test]
    fn no_manifest_panics_and_none_writes_outside(text in "\\PC{0,200}", paths in prop::collection::vec("[./a]{1,6}", 0..6), targets in prop::collection::vec("[./a]{1,6}", 0..6)) {
        let _ = Manifest::from_json(text.as_bytes());
        let mut entries: Vec<Value> = paths.iter().zip(&targets).map(|(path, target)| link(path, target)).collect();
        entries.extend(paths.iter().skip(3).map(|path| folder(path)));
        entries.sort_by_key(|entry| entry["path"].as_str().map(str::to_owned));
        if let Ok(manifest) = manifest(&json!(entries)) {
            let place = Place::new();
            place.store.put(b"").unwrap();
            let target = place.path("one/two/tree");
            place.store.materialise(&manifest, &target).unwrap();
            for entry in manifest.entries() {
                let there = target.join(entry.path.as_str());
                prop_assert!(there.symlink_metadata().is_ok());
                // Where a link ends, as the system sees it.
                if let Ok(end) = there.canonicalize() {
                    prop_assert!(end.starts_with(&target), "{} ends at {}", entry.path, end.display());
                }
            }
        }
    }
}
