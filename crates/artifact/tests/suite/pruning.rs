//! What no artifact needs any more goes, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

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
    assert_eq!((young.artifacts, young.blobs), (1, 0), "blobs may belong to a transfer that goes on");
    let pruned = place.store.prune(&keep, Duration::ZERO).unwrap().unwrap();
    assert_eq!((pruned.artifacts, pruned.blobs), (0, 1));
    assert!(pruned.bytes > 0);
    assert_eq!(place.store.verify(&second).unwrap(), []);
    assert_eq!(place.store.missing(&first).len(), 1);
    assert_eq!(place.store.manifest(&first.digest()).unwrap_err().code(), "artifact-unknown");
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
