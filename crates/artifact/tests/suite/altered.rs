//! Blobs and manifests that are not what they were.

use std::fs;

use seaworthy_artifact::{Digest, Error, Kind, Store, Wrong};

use super::support::{Place, files, pack};

fn digest_of(manifest: &seaworthy_artifact::Manifest, path: &str) -> Digest {
    let entry = manifest.entries().iter().find(|entry| entry.path.as_str() == path).unwrap();
    let Kind::File { digest, .. } = entry.kind else { panic!("{path} is no file") };
    digest
}

fn blob(store: &Store, digest: &Digest) -> std::path::PathBuf {
    let hex = digest.hex();
    store.root().join("blobs").join(&hex[..2]).join(&hex[2..])
}

#[test]
fn an_altered_blob_is_refused_by_its_path() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[("a.js", "pay(owner)\n"), ("b.js", "b\n")]);
    let (manifest, _) = pack(&place.store, &tree).unwrap();
    let good = digest_of(&manifest, "a.js");
    // A whole, valid blob with other content: what an attacker would leave.
    let other = place.store.put(b"pay(me)\n").unwrap();
    fs::copy(blob(&place.store, &other), blob(&place.store, &good)).unwrap();
    let target = place.path("tree");
    let error = place.store.materialise(&manifest, &target).unwrap_err();
    assert_eq!(error.code(), "artifact-altered");
    assert_eq!(error.to_string(), format!("a.js was altered: {good} does not hold what its name says"));
    let left: Vec<_> =
        fs::read_dir(place.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!target.exists() && left.len() == 2, "{left:?}");
    // It was put out of the way, so it is missing, and can be had again.
    assert_eq!(place.store.missing(&manifest), [good]);
    assert_eq!(place.store.verify(&manifest).unwrap()[0].wrong, Wrong::Missing);
    assert_eq!(place.store.materialise(&manifest, &target).unwrap_err().code(), "artifact-incomplete");
    pack(&place.store, &tree).unwrap();
    assert!(place.store.materialise(&manifest, &target).unwrap().fresh);
    // Who only verifies is told the same.
    fs::copy(blob(&place.store, &other), blob(&place.store, &good)).unwrap();
    let damage = place.store.verify(&manifest).unwrap();
    assert_eq!(damage.len(), 1);
    assert_eq!((damage[0].digest, damage[0].wrong), (good, Wrong::Altered));
    assert_eq!(damage[0].paths, ["a.js"]);
}

#[test]
fn every_cut_blob_is_refused() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[("a.js", "some words, some more words\n")]);
    let (manifest, _) = pack(&place.store, &tree).unwrap();
    for path in files(&place.store.root().join("blobs")) {
        let whole = fs::read(&path).unwrap();
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let error = place.store.materialise(&manifest, &place.path("tree")).unwrap_err();
            assert_eq!(error.code(), "artifact-altered", "{} cut to {length}", path.display());
        }
        fs::write(&path, &whole).unwrap();
    }
    place.store.materialise(&manifest, &place.path("tree")).unwrap();
}

#[test]
fn an_altered_manifest_is_refused() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[("a.js", "a\n"), ("b.js", "b\n")]);
    let (manifest, _) = pack(&place.store, &tree).unwrap();
    let path = place.store.root().join(format!("artifacts/{}.json", manifest.digest().hex()));
    let json = fs::read_to_string(&path).unwrap();
    for altered in [
        json.replace("3f9a2c1", "4f9a2c1"),
        json.replace("\"a.js\"", "\"a0.js\""),
        json.replace("\"a.js\"", "\"../a.js\""),
        json.replace("artifact/1", "artifact/2"),
        json[..json.len() - 3].to_owned(),
    ] {
        assert_ne!(altered, json);
        fs::write(&path, altered).unwrap();
        let error = place.store.manifest(&manifest.digest()).unwrap_err();
        assert_eq!(error.code(), "artifact-altered");
    }
    let unknown = place.store.manifest(&Digest::of(b"")).unwrap_err();
    assert_eq!(unknown.code(), "artifact-unknown");
    // To build it again mends it.
    pack(&place.store, &tree).unwrap();
    assert_eq!(place.store.manifest(&manifest.digest()).unwrap(), manifest);
}

#[test]
fn a_blob_that_arrives_wrong_does_not_count() {
    let place = Place::new();
    let other = Place::new();
    let digest = other.store.put(b"content").unwrap();
    let packed = fs::read(blob(&other.store, &digest)).unwrap();
    let wrong = Digest::of(b"other content");
    let error = place.store.put_blob(&wrong, &packed, 100).unwrap_err();
    assert!(matches!(error, Error::Altered { .. }) && !place.store.has(&wrong));
    assert!(place.store.put_blob(&digest, &packed, 6).is_err(), "it is longer than it may be");
    assert!(!place.store.has(&digest) && files(place.store.root()).len() == 1, "only the lock is there");
    place.store.put_blob(&digest, &packed, 7).unwrap();
    assert_eq!(place.store.read(&digest, 7).unwrap(), b"content");
}
