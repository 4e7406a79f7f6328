//! Every reader, over a small corpus and mutations of it. The functions are those of the fuzz targets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../../fuzz/src/harness.rs"]
#[allow(unreachable_pub, reason = "it is a module of the fuzz targets")]
mod harness;

use std::path::{Path, PathBuf};

use proptest::prelude::*;

/// The files below the fixtures and examples whose path ends so, sorted, as texts.
fn corpus(ends: &[&str]) -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting =
        vec![here.join("tests/fixtures"), here.join("../../examples"), here.join("../model/tests/config")];
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if ends.iter().any(|end| path.to_str().is_some_and(|path| path.ends_with(end))) {
                found.push(path);
            }
        }
    }
    found.sort();
    let texts: Vec<String> = found
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .filter(|text| text.len() < 8_000)
        .collect();
    assert!(!texts.is_empty(), "no file ends with any of {ends:?}");
    texts
}

/// A text of the corpus with some of it taken out, doubled, or replaced.
fn mutated(corpus: Vec<String>) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[\\[\\]{}()<>=\"'`.,:;#&*!|$\\\\/\n\t 0-9a-zé-]{0,5}",
        Just("\r\n".to_owned()),
        Just("${".to_owned()),
        Just("<<: *a".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("9999999999999999999".to_owned()),
        Just("../../..".to_owned()),
        Just("ı\u{0}\u{202e}".to_owned()),
    ];
    let change = (any::<prop::sample::Index>(), 0_usize..40, 0_usize..3, piece);
    (prop::sample::select(corpus), prop::collection::vec(change, 0..4)).prop_map(|(base, changes)| {
        let mut chars: Vec<char> = base.chars().collect();
        for (at, length, kind, piece) in changes {
            let at = at.index(chars.len() + 1);
            let end = (at + length).min(chars.len());
            let cut: Vec<char> = chars[at..end].to_vec();
            let put: Vec<char> =
                if kind == 0 { [cut.clone(), cut].concat() } else { piece.chars().collect() };
            chars.splice(at..if kind == 1 { at } else { end }, put);
        }
        chars.into_iter().collect()
    })
}

/// Runs a reader over the corpus as it is, then over mutations of it.
fn exercise(ends: &[&str], cases: u32, read: impl Fn(&str)) {
    let corpus = corpus(ends);
    for text in &corpus {
        read(text);
    }
    for text in ["", "\n", "\u{feff}", "\0", "é", "{", "[[[[", "- - - -", "a: &a [*a]", "<a", "=", "${", "'"]
    {
        read(text);
    }
    // The same cases every time: a failure elsewhere is a failure here. More of them by PROPTEST_CASES.
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { cases };
    let random = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let config = ProptestConfig { cases, ..config };
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, random);
    let outcome = runner.run(&mutated(corpus), |text| {
        read(&text);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

macro_rules! readers {
    ($($name:ident, $cases:literal, $ends:expr;)+) => {$(
        #[test]
        fn $name() {
            exercise(&$ends, $cases, harness::$name);
        }
    )+};
}

readers! {
    config, 64, ["tests/config/everything.toml", "tests/config/design.toml", "tests/config/values.toml"];
    placeholders, 512, ["tests/config/placeholders.toml"];
    json, 256, [".json"];
    toml, 256, [".toml"];
    yaml, 256, [".yaml", ".yml"];
    xml, 256, ["index.html", ".xml", ".csproj"];
    env_file, 48, [".env", ".env.example"];
    dockerfile, 48, ["Dockerfile"];
    compose, 64, ["compose.yaml", "compose.yml"];
    procfile, 48, ["Procfile"];
    package_json, 64, ["package.json"];
    pyproject, 48, ["pyproject.toml"];
    requirements, 48, ["requirements.txt"];
}

#[test]
fn quantities() {
    let written = [
        "30s 1h30m",
        "250ms",
        "1.5h",
        "512Mi",
        "2 GiB",
        "99.95%",
        "500m",
        "0.5",
        "7d 4w 6m",
        "18446744073709551615",
    ];
    for text in written {
        harness::quantities(text);
    }
    let config = ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() };
    proptest!(config, |(text in "[0-9.]{0,22} ?[a-zA-Z%]{0,3}( [0-9]{1,3}[dwmy])?")| {
        harness::quantities(&text);
    });
}

#[test]
fn source() {
    let ends = [".js", ".ts", ".tsx", ".py", ".go", ".rs", ".rb", ".php", ".java", ".cs", ".ex"];
    exercise(&ends, 64, |text| harness::source(text.as_bytes()));
    harness::source(b"\xff\xfe process.env.\xff");
}

#[test]
fn trees() {
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    let texts = prop::collection::vec(
        (any::<u8>(), mutated(corpus(&["package.json", "compose.yaml", "requirements.txt"]))),
        1..5,
    );
    let joined = texts.prop_map(|files| {
        let parts: Vec<Vec<u8>> =
            files.into_iter().map(|(name, text)| [&[name][..], text.as_bytes()].concat()).collect();
        parts.join(&0xff)
    });
    let config = ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() };
    proptest!(config, |(data in prop_oneof![bytes, joined])| {
        harness::tree(&data);
    });
}
