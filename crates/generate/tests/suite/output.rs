//! What holds for the files of all targets.

use std::collections::BTreeSet;

use seaworthy_generate::{Seal, TARGETS, read_header};

use crate::apps;

#[test]
fn every_file_is_sealed_and_has_a_path_of_its_own() {
    let targets: Vec<_> = TARGETS.iter().collect();
    for sample in apps::all() {
        let output = sample.generate(&targets);
        let mut paths = BTreeSet::new();
        for file in &output.files {
            assert_eq!(read_header(&file.text), Seal::Intact, "{}: {}", sample.name, file.path);
            assert!(paths.insert(&file.path), "{}: two targets write {}", sample.name, file.path);
            assert!(file.text.ends_with('\n'), "{}: {} does not end with a newline", sample.name, file.path);
            assert!(
                file.text.lines().all(|line| line.trim_end() == line),
                "{}: {} has spaces at the ends of lines",
                sample.name,
                file.path
            );
        }
    }
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let targets: Vec<_> = TARGETS.iter().collect();
    let (one, other) = (apps::example("artist-dashboard"), apps::example("artist-dashboard"));
    assert_eq!(one.generate(&targets), other.generate(&targets));
}
