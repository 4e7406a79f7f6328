//! What no artifact needs any more goes, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::support::{Place, pack};

#[test]
fn what_artifacts_that_stay_share_stays() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[("shared.js", "shared"), ("own.js", "first")]);
    let (first, _) = pack(&place.store, &tree).unwrap();
    fs::write(tree.join("own.js"), "second").unwrap();
    let (second, _) = pack(&place.store, &tree).unwrap();
    let keep: BTreeSet<_> = [second.digest()].into();
    let young = place.store.prune(&keep, Duration::from_hours(1)).unwrap().unwrap();
    assert_eq!((young.artifacts, young.blobs), (0, 0), "it may belong to a release that is about to begin");
    let pruned = place.store.prune(&keep, Duration::ZERO).unwrap().unwrap();
    assert_eq!((pruned.artifacts, pruned.blobs), (1, 1));
    assert!(pruned.bytes > 0);
    assert_eq!(place.store.verify(&second).unwrap(), []);
    assert_eq!(place.store.missing(&first).len(), 1);
    assert_eq!(place.store.manifest(&first.digest()).unwrap_err().code(), "artifact-unknown");
}

#[test]
fn what_is_wanted_again_is_young_again() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[("a.js", "a")]);
    let (manifest, _) = pack(&place.store, &tree).unwrap();
    let grow_old = || {
        let long_ago = SystemTime::now() - Duration::from_hours(48);
        for entry in walk(place.store.root()) {
            fs::File::options().write(true).open(entry).unwrap().set_modified(long_ago).unwrap();
        }
    };
    let prune = || place.store.prune(&BTreeSet::new(), Duration::from_hours(1)).unwrap().unwrap();
    grow_old();
    pack(&place.store, &tree).unwrap();
    assert_eq!((prune().artifacts, prune().blobs), (0, 0), "it was made again");
    grow_old();
    assert_eq!(place.store.expect(&manifest), []);
    assert_eq!((prune().artifacts, prune().blobs), (1, 0), "only its manifest is to come");
    grow_old();
    assert!(prune().blobs > 0);
    assert_eq!(place.store.expect(&manifest).len(), manifest.blobs().len());
}

/// All files below a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn nothing_is_swept_while_someone_writes() {
    let place = Place::new();
    let writer = place.store.writer().unwrap();
    let digest = writer.put(b"of an artifact to come").unwrap();
    writer.commit().unwrap();
    let other = seaworthy_artifact::Store::open(place.store.root()).unwrap();
    assert_eq!(other.prune(&BTreeSet::new(), Duration::ZERO).unwrap(), None);
    assert!(place.store.has(&digest));
    drop(writer);
    assert_eq!(other.prune(&BTreeSet::new(), Duration::ZERO).unwrap().unwrap().blobs, 1);
}

#[test]
fn writers_and_sweepers_at_the_same_time_lose_nothing() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[("a.js", "0")]);
    std::thread::scope(|scope| {
        let sweeper = scope.spawn(|| {
            let mut swept = 0;
            while !place.path("done").exists() {
                let keep: BTreeSet<_> = place.store.artifact_digests().unwrap().into_iter().collect();
                // An artifact that comes between the listing and the sweep is not in `keep`, and goes whole.
                swept += usize::from(place.store.prune(&keep, Duration::ZERO).unwrap().is_some());
                std::thread::sleep(Duration::from_millis(2));
            }
            swept
        });
        for round in 0..40 {
            fs::write(tree.join("a.js"), round.to_string()).unwrap();
            let (manifest, _) = pack(&place.store, &tree).unwrap();
            let is_there = place.store.manifest(&manifest.digest()).is_ok();
            let damage = place.store.verify(&manifest).unwrap();
            assert!(!is_there || damage.is_empty() || place.store.manifest(&manifest.digest()).is_err());
            std::thread::sleep(Duration::from_millis(1));
        }
        fs::write(place.path("done"), "").unwrap();
        assert!(sweeper.join().unwrap() > 0);
    });
    for digest in place.store.artifact_digests().unwrap() {
        let manifest = place.store.manifest(&digest).unwrap();
        assert_eq!(place.store.verify(&manifest).unwrap(), []);
    }
}
