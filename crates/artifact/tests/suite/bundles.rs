//! Artifacts on their way: whole, cut off, resumed, altered.

use std::fs;

use seaworthy_artifact::{Manifest, bundle};

use super::support::{Place, files, look, pack};

fn bundle(place: &Place, manifest: &Manifest, only: &[seaworthy_artifact::Digest]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bundle::write(&place.store, manifest, only, &mut bytes).unwrap();
    bytes
}

fn sample(place: &Place) -> (Manifest, std::path::PathBuf) {
    let names: Vec<String> = (0..40).map(|at| format!("d{}/f{at}.js", at % 3)).collect();
    let texts: Vec<String> = (0..40).map(|at| format!("console.log({at})\n").repeat(at + 1)).collect();
    let files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let tree = place.tree("work/of/build", &files);
    (pack(&place.store, &tree).unwrap().0, tree)
}

#[test]
fn an_artifact_arrives_and_only_what_is_missing_is_sent() {
    let (here, there) = (Place::new(), Place::new());
    let (manifest, tree) = sample(&here);
    let missing = there.store.missing(&manifest);
    assert_eq!(missing.len(), 42);
    let whole = bundle(&here, &manifest, &missing);
    assert_eq!(bundle::read(&there.store, &mut &whole[..]).unwrap(), manifest);
    assert_eq!(there.store.artifact_digests().unwrap(), [manifest.digest()]);
    there.store.materialise(&manifest, &there.path("tree")).unwrap();
    assert_eq!(look(&there.path("tree")), look(&tree));
    // The next release differs in one file.
    fs::write(tree.join("d0/f0.js"), "changed\n").unwrap();
    let (next, _) = pack(&here.store, &tree).unwrap();
    let missing = there.store.missing(&next);
    assert_eq!(missing.len(), 1);
    let part = bundle(&here, &next, &missing);
    bundle::read(&there.store, &mut &part[..]).unwrap();
    assert_eq!(there.store.verify(&next).unwrap(), []);
    assert!(part.len() < whole.len());
}

#[test]
fn a_transfer_that_breaks_off_goes_on_where_it_was() {
    let (here, there) = (Place::new(), Place::new());
    let (manifest, _) = sample(&here);
    let mut rounds = 0;
    loop {
        let missing = there.store.missing(&manifest);
        let sent = bundle(&here, &manifest, &missing);
        // Each connection lives for two thirds of what is left; the last one for all of it.
        let header = bundle(&here, &manifest, &[]).len();
        let end = if missing.len() < 3 { sent.len() } else { header + (sent.len() - header) * 2 / 3 };
        match bundle::read(&there.store, &mut &sent[..end]) {
            Ok(_) => break,
            Err(error) => {
                assert_eq!(error.code(), "artifact-interrupted", "{error}");
                assert!(there.store.missing(&manifest).len() < missing.len(), "nothing arrived");
                assert!(there.store.manifest(&manifest.digest()).is_err(), "it is not whole yet");
            }
        }
        rounds += 1;
        assert!(rounds < 40);
    }
    assert!(rounds > 2);
    assert_eq!(there.store.verify(&manifest).unwrap(), []);
}

#[test]
fn cut_anywhere_nothing_wrong_counts() {
    let here = Place::new();
    let tree = here.tree("work/of/build", &[("a.js", "some text"), ("b.js", "some other text")]);
    let (manifest, _) = pack(&here.store, &tree).unwrap();
    let there = Place::new();
    let whole = bundle(&here, &manifest, &there.store.missing(&manifest));
    for end in (0..whole.len()).step_by(2) {
        let there = Place::new();
        assert!(bundle::read(&there.store, &mut &whole[..end]).is_err(), "cut at {end}");
        assert!(there.store.artifact_digests().unwrap().is_empty(), "cut at {end}");
        for (digest, size) in manifest.blobs() {
            if there.store.has(&digest) {
                there.store.read(&digest, size.unwrap_or(1000)).unwrap();
            }
        }
        assert!(files(&there.store.root().join("drafts")).is_empty());
    }
}

#[test]
fn altered_anywhere_it_is_refused_or_the_same() {
    let here = Place::new();
    let tree = here.tree("work/of/build", &[("a.js", "some text")]);
    let (manifest, _) = pack(&here.store, &tree).unwrap();
    let whole = bundle(&here, &manifest, &manifest.blobs().into_keys().collect::<Vec<_>>());
    for at in (0..whole.len()).step_by(3) {
        let there = Place::new();
        let mut altered = whole.clone();
        altered[at] ^= 4;
        if let Ok(arrived) = bundle::read(&there.store, &mut &altered[..]) {
            // The manifest is not secret and not signed: who gets it compares its digest with the one it was promised.
            assert_eq!(there.store.verify(&arrived).unwrap(), [], "byte {at}");
        }
    }
}

#[test]
fn an_artifact_with_missing_blobs_does_not_count() {
    let (here, there) = (Place::new(), Place::new());
    let (manifest, _) = sample(&here);
    let some = &there.store.missing(&manifest)[..5];
    let error = bundle::read(&there.store, &mut &bundle(&here, &manifest, some)[..]).unwrap_err();
    assert_eq!(error.code(), "artifact-incomplete");
    assert_eq!(there.store.missing(&manifest).len(), 37, "what arrived counts");
    let error = there.store.materialise(&manifest, &there.path("tree")).unwrap_err();
    assert_eq!(error.code(), "artifact-incomplete");
}
