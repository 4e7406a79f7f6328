//! A disk that is full. Stood in for by a limit on the length of files, which needs no right to mount anything; the system
//! refuses the same call.

use std::path::Path;
use std::process::Command;

use seaworthy_artifact::Store;

use super::support::{Place, files, pack, write};

const PLACE: &str = "ARTIFACT_TEST_NO_SPACE";

/// Letters that cannot be compressed.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
        })
        .collect()
}

/// Not a test: what runs under the limit. It tells what it was told.
#[test]
#[ignore = "run by the test of this file"]
fn a_worker() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let place = Path::new(&place);
    let store = Store::open(&place.join("store")).unwrap();
    let error = match store.artifact_digests().unwrap().first() {
        Some(digest) => {
            let manifest = store.manifest(digest).unwrap();
            store.materialise(&manifest, &place.join("tree")).unwrap_err()
        }
        None => pack(&store, &place.join("work/of/build")).unwrap_err(),
    };
    println!("told {} {error}", error.code());
}

fn limited(place: &Place) -> String {
    let output = Command::new("/bin/sh")
        // 64 blocks of 512 bytes; ignored, the signal that comes with it leaves the error.
        .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "no_space::a_worker", "--ignored", "--nocapture", "--test-threads=1"])
        .env(PLACE, place.dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let told = text.lines().find_map(|line| Some(line.split_once("told ")?.1.to_owned()));
    told.unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_half() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[("small.js", "small")]);
    write(&tree.join("large.bin"), &noise(300_000));
    let told = limited(&place);
    assert!(told.starts_with("artifact-no-space no space is left to write "), "{told}");
    assert_eq!(files(&place.store.root().join("drafts")).len(), 0);
    for path in files(&place.store.root().join("blobs")) {
        assert!(path.metadata().unwrap().len() < 1000, "no half blob stays");
    }
    // With room it goes on, and the same holds for writing the tree.
    let (manifest, _) = pack(&place.store, &tree).unwrap();
    let told = limited(&place);
    assert!(told.starts_with("artifact-no-space "), "{told}");
    assert!(!place.path("tree").exists());
    assert!(place.store.materialise(&manifest, &place.path("tree")).unwrap().fresh);
}
