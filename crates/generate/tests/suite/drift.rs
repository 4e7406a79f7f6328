//! Where places disagree: what people wrote, and what they did to derived files.

use std::fmt::Write as _;

use seaworthy_generate::drift::{Difference, Kind, differences};

use crate::apps;

fn shown(differences: &[Difference]) -> String {
    let mut text = String::new();
    for difference in differences {
        writeln!(text, "{} ({:?})", difference.subject, difference.kind).unwrap();
        for side in &difference.sides {
            writeln!(text, "  {} at {}", side.says.as_deref().unwrap_or("nothing"), side.place).unwrap();
        }
        if let Some(obeyed) = &difference.obeyed {
            writeln!(text, "  obeyed: {obeyed}").unwrap();
        }
        writeln!(text, "  fix: {}", difference.fix).unwrap();
    }
    text
}

#[test]
fn every_disagreement_of_the_permit_office_is_found() {
    insta::assert_snapshot!(shown(&differences(&apps::example("govapp").app, &[])));
}

#[test]
fn an_app_that_is_of_one_mind_has_none() {
    assert_eq!(shown(&differences(&apps::example("artist-dashboard").app, &[])), "");
}

/// Fixtures that were made to disagree, and those whose disagreements were looked at one by one.
#[test]
fn differences_of_all_apps() {
    let mut text = String::new();
    for sample in apps::all() {
        let found = differences(&sample.app, &[]);
        if !found.is_empty() && sample.name != "govapp" {
            writeln!(text, "# {}\n{}", sample.name, shown(&found)).unwrap();
        }
        let unknown = found.iter().filter(|difference| matches!(difference.kind, Kind::Edited | Kind::Stale));
        assert_eq!(unknown.count(), 0, "{}: nothing is derived there", sample.name);
    }
    insta::assert_snapshot!(text);
}
