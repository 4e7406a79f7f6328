//! What is packed is what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use proptest::prelude::*;
use seaworthy_artifact::{Manifest, Warning};

use super::support::{Place, look, pack, pack_knowing, write};

#[test]
fn a_tree_comes_back_without_its_caches() {
    let place = Place::new();
    let tree = place.tree(
        "work/of/build",
        &[
            ("server.js", "listen()\n"),
            ("bin/run", "#!/bin/sh\n"),
            ("node_modules/x/cli.js", "x\n"),
            ("node_modules/.cache/y", "never"),
            ("api/__pycache__/z.pyc", "never"),
            (".git/HEAD", "never"),
            (".seaworthy/cache/stat.json", "never"),
            ("empty.txt", ""),
        ],
    );
    fs::set_permissions(tree.join("bin/run"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir_all(tree.join("node_modules/.bin")).unwrap();
    fs::create_dir_all(tree.join("uploads")).unwrap();
    symlink("../x/cli.js", tree.join("node_modules/.bin/x")).unwrap();
    symlink(tree.join("server.js"), tree.join("bin/absolute")).unwrap();
    let big: Vec<u8> = (0..9_u32 << 20).map(|at| (at % 251) as u8).collect();
    fs::write(tree.join("big.bin"), &big).unwrap();
    let (manifest, packed) = pack(&place.store, &tree).unwrap();
    assert_eq!(packed.warnings, []);
    let target = place.path("releases/r1/tree");
    assert!(place.store.materialise(&manifest, &target).unwrap().fresh);
    let there = look(&target);
    let names: Vec<&str> = there.keys().map(String::as_str).collect();
    let expected = [
        "api",
        "big.bin",
        "bin",
        "bin/absolute",
        "bin/run",
        "empty.txt",
        "node_modules",
        "node_modules/.bin",
        "node_modules/.bin/x",
        "node_modules/x",
        "node_modules/x/cli.js",
        "server.js",
        "uploads",
    ];
    assert_eq!(names, expected);
    assert_eq!(there["bin/run"], (0o755, b"#!/bin/sh\n".to_vec()));
    assert_eq!(there["server.js"].0, 0o644);
    assert_eq!(there["bin/absolute"].1, b"-> ../server.js");
    assert_eq!(there["node_modules/.bin/x"].1, b"-> ../x/cli.js");
    assert!(there["big.bin"].1 == big);
    // An app writes into its release; that is not undone.
    write(&target.join("uploads/a.png"), "png");
    assert!(!place.store.materialise(&manifest, &target).unwrap().fresh);
    assert!(target.join("uploads/a.png").is_file());
    assert_eq!(place.store.verify(&manifest).unwrap(), []);
    assert_eq!(Manifest::from_json(&manifest.to_json()).unwrap(), manifest);
    assert_eq!(place.store.manifest(&manifest.digest()).unwrap(), manifest);
}

#[test]
fn the_same_tree_elsewhere_has_the_same_digest() {
    let place = Place::new();
    let make = |name: &str| {
        let tree = place.tree(name, &[("a.js", "1"), ("b/c.js", "2")]);
        write(&tree.join("venv/bin/x"), &format!("#!{}/venv/bin/python\n", tree.display()));
        fs::write(tree.join("venv/shared.so"), b"\0no path").unwrap();
        tree
    };
    let (one, other) = (make("here/build"), make("quite/elsewhere/with/a/longer/path"));
    let (first, _) = pack(&place.store, &one).unwrap();
    let (second, _) = pack(&place.store, &other).unwrap();
    assert_eq!(first.digest(), second.digest());
    fs::write(one.join("a.js"), "3").unwrap();
    assert_ne!(pack(&place.store, &one).unwrap().0.digest(), first.digest());
}

#[test]
fn an_unchanged_tree_is_not_read_again() {
    let place = Place::new();
    let names: Vec<String> = (0..300).map(|at| format!("m{}/f{at}.js", at % 7)).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let tree = place.tree("work/of/build", &files);
    let known = place.path("known.json");
    // Files of this moment may change again without their times showing it; those of an hour ago do not.
    let first = pack_knowing(&place.store, &tree, Some(&known)).unwrap();
    assert_eq!(first.1.read, 300);
    let mut second = pack_knowing(&place.store, &tree, Some(&known)).unwrap();
    for _ in 0..100 {
        // Until their last change is longer ago than clocks of file systems tick.
        if second.1.read == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
        second = pack_knowing(&place.store, &tree, Some(&known)).unwrap();
    }
    assert_eq!(second.1.read, 0);
    assert_eq!(first.0.digest(), second.0.digest());
    fs::write(tree.join(&names[5]), "changed").unwrap();
    let third = pack_knowing(&place.store, &tree, Some(&known)).unwrap();
    assert!(third.1.read == 1 && third.0.digest() != first.0.digest());
    fs::write(&known, "{damaged").unwrap();
    assert_eq!(pack_knowing(&place.store, &tree, Some(&known)).unwrap().0.digest(), third.0.digest());
    // What is remembered to be stored, and is not, is stored again.
    let blobs = place.store.root().join("blobs");
    fs::remove_dir_all(&blobs).unwrap();
    fs::create_dir(&blobs).unwrap();
    let fourth = pack_knowing(&place.store, &tree, Some(&known)).unwrap();
    assert_eq!(place.store.verify(&fourth.0).unwrap(), []);
}

#[test]
fn what_cannot_move_is_told() {
    let place = Place::new();
    let tree = place.tree("work/of/build", &[]);
    let mut binary = b"\x7fELF\0".to_vec();
    binary.extend(tree.to_str().unwrap().as_bytes());
    fs::write(tree.join("program"), &binary).unwrap();
    let mut long = vec![b'x'; 9 << 20];
    long.extend(&binary);
    fs::write(tree.join("long"), &long).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(tree.join("pipe")).status().unwrap();
    assert!(pipe.success());
    let (_, packed) = pack(&place.store, &tree).unwrap();
    let codes: Vec<String> =
        packed.warnings.iter().map(|warning| format!("{}: {warning}", warning.code())).collect();
    let fixed = "names the folder that it was built in, and will do so elsewhere";
    assert_eq!(
        codes,
        [
            format!("artifact-fixed-path: long {fixed}"),
            format!("artifact-fixed-path: program {fixed}"),
            "artifact-special-file: pipe is no file, folder or link, and was left out".to_owned(),
        ]
    );
    assert!(packed.warnings.iter().all(|warning| !matches!(warning, Warning::ShortRoot(_))));
}

#[derive(Clone, Debug)]
enum Thing {
    File(Vec<u8>, bool),
    Folder,
}

fn thing() -> impl Strategy<Value = Thing> {
    prop_oneof![
        (prop::collection::vec(any::<u8>(), 0..300), any::<bool>())
            .prop_map(|(bytes, run)| Thing::File(bytes, run)),
        Just(Thing::Folder),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_tree_comes_back_wherever_it_was(things in prop::collection::btree_map("[a-z\u{e4} @.]{1,5}(/[A-Z_-]{1,4}){0,2}", thing(), 0..12)) {
        let place = Place::new();
        let mut digests = BTreeSet::new();
        for at in ["work/of/build", "another/place/of/building"] {
            let tree = place.tree(at, &[]);
            let mut made: BTreeMap<String, (u32, Vec<u8>)> = BTreeMap::new();
            for (path, thing) in &things {
                let full = tree.join(path);
                let is_plain = !path.split('/').any(|name| matches!(name, "." | ".."));
                // A path in what is a file by now, or that is a folder, cannot be made.
                if !is_plain || full.exists() || fs::create_dir_all(full.parent().unwrap()).is_err() {
                    continue;
                }
                match thing {
                    Thing::File(bytes, run) => {
                        fs::write(&full, bytes).unwrap();
                        let mode = if *run { 0o755 } else { 0o644 };
                        fs::set_permissions(&full, fs::Permissions::from_mode(mode)).unwrap();
                    }
                    Thing::Folder => fs::create_dir(&full).unwrap(),
                }
            }
            made.extend(look(&tree));
            let (manifest, _) = pack(&place.store, &tree).unwrap();
            digests.insert(manifest.digest());
            let target = place.path(&format!("out/{at}"));
            place.store.materialise(&manifest, &target).unwrap();
            let there = look(&target);
            let names = |of: &BTreeMap<String, (u32, Vec<u8>)>| of.keys().cloned().collect::<Vec<_>>();
            prop_assert_eq!(names(&there), names(&made));
            for (path, (mode, bytes)) in &made {
                prop_assert_eq!(&there[path].1, bytes);
                prop_assert!(target.join(path).is_dir() || there[path].0 == *mode);
            }
            prop_assert_eq!(Manifest::from_json(&manifest.to_json()).unwrap(), manifest);
        }
        prop_assert_eq!(digests.len(), 1);
    }
}
