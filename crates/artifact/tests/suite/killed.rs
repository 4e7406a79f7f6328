//! Processes that are killed in the middle of it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use seaworthy_artifact::Store;

use super::support::{Place, files, look, pack, write};

const ROLE: &str = "ARTIFACT_TEST_ROLE";
const PLACE: &str = "ARTIFACT_TEST_PLACE";

/// Not a test: what the children run. They begin again and again until they are killed.
#[test]
#[ignore = "run by the tests of this file"]
fn a_worker() {
    let (Ok(role), Ok(place)) = (std::env::var(ROLE), std::env::var(PLACE)) else { return };
    let place = Path::new(&place);
    let store = Store::open(&place.join("store")).unwrap();
    for round in 0_u32.. {
        if role == "pack" {
            for at in 0..50 {
                write(&place.join(format!("work/of/build/g{at}.js")), &format!("{round} {at}"));
            }
            pack(&store, &place.join("work/of/build")).unwrap();
        } else {
            let digest = store.artifact_digests().unwrap()[0];
            let manifest = store.manifest(&digest).unwrap();
            store.materialise(&manifest, &place.join(format!("releases/r{round}"))).unwrap();
        }
    }
}

fn child(place: &Place, role: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::a_worker", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(PLACE, place.dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until `has_begun`, then some more, and kills the child with SIGKILL.
fn kill(mut child: Child, has_begun: impl Fn() -> bool, later: Duration) {
    for _ in 0..6000 {
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        if has_begun() {
            std::thread::sleep(later);
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it does not begin");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn a_killed_writer_leaves_a_store() {
    let place = Place::new();
    place.tree("work/of/build", &[("a.js", "a")]);
    let drafts = place.store.root().join("drafts");
    for round in 0..6 {
        let began = || !names(&drafts).is_empty();
        kill(child(&place, "pack"), began, Duration::from_micros(700 * round));
        let store = Store::open(place.store.root()).unwrap();
        assert_eq!(names(&drafts), Vec::<String>::new(), "drafts of dead processes are removed");
        for path in files(&store.root().join("blobs")) {
            let hex = format!(
                "sha256:{}{}",
                path.parent().unwrap().file_name().unwrap().to_str().unwrap(),
                path.file_name().unwrap().to_str().unwrap()
            );
            store.read(&hex.parse().unwrap(), 1000).unwrap();
        }
        for digest in store.artifact_digests().unwrap() {
            assert_eq!(store.verify(&store.manifest(&digest).unwrap()).unwrap(), []);
        }
        pack(&store, &place.path("work/of/build")).unwrap();
    }
}

#[test]
fn a_killed_materialise_leaves_no_half_folder() {
    let place = Place::new();
    let names_of_files: Vec<String> = (0..400).map(|at| format!("d{}/f{at}", at % 9)).collect();
    let contents: Vec<(&str, &str)> =
        names_of_files.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let tree = place.tree("work/of/build", &contents);
    let (manifest, _) = pack(&place.store, &tree).unwrap();
    let expected = look(&tree);
    let releases = place.path("releases");
    let mut partials = 0;
    for round in 0..6 {
        let begun = || names(&releases).iter().any(|name| name.starts_with('.'));
        kill(child(&place, "materialise"), begun, Duration::from_millis(round));
        for name in names(&releases) {
            if name.starts_with('.') {
                partials += 1;
            } else {
                assert_eq!(look(&releases.join(name)), expected);
            }
        }
        // The same release again removes what was begun of it.
        let unfinished: Vec<String> = names(&releases)
            .iter()
            .filter_map(|name| Some(name.strip_prefix('.')?.split_once('.')?.0.to_owned()))
            .collect();
        for name in unfinished {
            assert!(place.store.materialise(&manifest, &releases.join(&name)).unwrap().fresh);
            assert_eq!(look(&releases.join(&name)), expected);
        }
        assert!(!begun(), "{:?}", names(&releases));
        fs::remove_dir_all(&releases).unwrap();
    }
    assert!(partials > 0, "no child was killed in the middle");
}
