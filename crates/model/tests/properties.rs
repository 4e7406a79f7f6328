//! Whatever is written, reading it never panics and every place it names is within the text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proptest::prelude::*;

use seaworthy_model::config::{Config, Source, line_column};
use seaworthy_model::init;
use seaworthy_model::validate::{Site, ValidationContext, validate};
use seaworthy_model::{App, Name};

const DESIGN: &str = include_str!("config/design.toml");
const EVERYTHING: &str = include_str!("config/everything.toml");

/// Reads, applies, validates and writes a text, and checks every place on the way.
fn exercise(text: &str) -> Result<(), TestCaseError> {
    let (config, diagnostics) = Config::parse(text);
    for diagnostic in &diagnostics {
        let spans = diagnostic.secondary.iter().map(|(span, _)| span).chain([&diagnostic.span]);
        for span in spans {
            prop_assert!(text.get(span.clone()).is_some(), "{:?} in {:?}", span, text);
            line_column(text, span.start);
        }
        prop_assert!(!diagnostic.message.is_empty() && !diagnostic.code.is_empty());
    }
    let mut app = App::default();
    let source = Source::file("seaworthy.toml", text);
    config.apply(&mut app, &source);
    for name in config.environments.iter().flat_map(|environments| environments.value.keys()) {
        config.apply_environment(name, &mut app.clone(), &source);
    }
    for problem in validate(&app, &ValidationContext::new("seaworthy.toml", text)) {
        for site in &problem.sites {
            if let Site::Config { span, .. } = site {
                prop_assert!(text.get(span.clone()).is_some(), "{:?} in {:?}", span, text);
            }
        }
        problem.to_diagnostic();
    }
    for written in [init::minimal(&app), init::full(&app)] {
        prop_assert_eq!(Config::parse(&written).1, [], "{}", written);
    }
    Ok(())
}

/// One change to a text: some characters out, others in.
fn mutated(base: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        "[\\[\\]{}=\"'.,#\n$0-9a-z é\\\\-]{1,4}",
        Just("\n[services.api]\n".to_owned()),
        Just("${resources.".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("\r\n".to_owned()),
    ];
    let change = (0..base.len(), 0_usize..12, piece);
    proptest::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut chars: Vec<char> = base.chars().collect();
        for (at, removed, inserted) in changes {
            let at = at.min(chars.len());
            let end = (at + removed).min(chars.len());
            chars.splice(at..end, inserted.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_to_a_good_file_is_survived(text in mutated(DESIGN)) {
        exercise(&text)?;
    }

    #[test]
    fn any_change_to_a_file_of_every_key_is_survived(text in mutated(EVERYTHING)) {
        exercise(&text)?;
    }

    #[test]
    fn any_text_is_survived(text in "(\\PC|\n|=|\\[|\\]|\"|name|services|\\.){0,40}") {
        exercise(&text)?;
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        exercise(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_override_is_survived(
        text in "(services\\.api\\.|resources\\.db\\.)?(port|start|version|env\\.A|readiness)?=?(\\PC|\n|\"){0,12}"
    ) {
        let (config, diagnostics) = Config::parse_override(&text);
        for diagnostic in diagnostics {
            prop_assert!(text.get(diagnostic.span.clone()).is_some(), "{:?} in {:?}", diagnostic.span, text);
        }
        config.apply(&mut App::default(), &Source::command_line(&text));
    }

    #[test]
    fn a_wrong_name_is_offered_a_right_one(text in "\\PC{0,20}") {
        if let Err(error) = Name::parse(&text) {
            prop_assert!(Name::parse(error.suggestion.as_str()).is_ok());
        }
    }
}

#[test]
fn depth_and_length_are_survived() {
    for text in [
        format!("a = {}", "[".repeat(20_000)),
        format!("a = {}", "{ a = ".repeat(20_000)),
        format!("a{} = 1", ".a".repeat(20_000)),
        "[services.api]\nprot = 1\nnonsense\n".repeat(300),
        format!("[services.api.env]\n{}", "A = \"${\"\n".repeat(2_000)),
    ] {
        exercise(&text).unwrap();
    }
}
