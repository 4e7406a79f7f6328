//! Derived files that no longer say what the model says: edited by hand, or made from an older model.

use seaworthy_model::{App, Place};

use super::structure::{Field, Fields, read};
use super::subject::subject;
use super::{Difference, Kind, Side, side};
use crate::place::{Action, Placed};

pub(super) fn differences(app: &App, placed: &[Placed]) -> Vec<Difference> {
    let edited = placed.iter().filter_map(|placed| {
        let kind = match placed.action {
            Action::Beside => Kind::Edited,
            Action::Replace => Kind::Stale,
            Action::Create | Action::Keep | Action::Foreign => return None,
        };
        Some(of_file(app, placed, kind))
    });
    edited.flatten().collect()
}

/// The differences of one file.
fn of_file(app: &App, placed: &Placed, kind: Kind) -> Vec<Difference> {
    let file = &placed.file;
    let there = placed.present.as_deref().unwrap_or_default();
    let differ = |key: &str, says: Option<&Field>, wanted: Option<&Field>| {
        let subject = subject(app, &file.path, key);
        let place = says.or(wanted).map_or_else(|| Place::file(&file.path), |field| at(&file.path, field));
        let model = Place::file("the model");
        Difference {
            fix: fix(&subject, kind, file.target, &file.path, says),
            sides: vec![
                Side { says: says.map(|field| field.value.clone()), place },
                Side { says: wanted.map(|field| field.value.clone()), place: model },
            ],
            subject,
            kind,
            obeyed: Some(format!(
                "the model: `sea` and every other derived file go by it, whoever reads {} by that",
                file.path
            )),
        }
    };
    let (Some(present), Some(wanted)) = (read(&file.path, there), read(&file.path, &file.text)) else {
        // What cannot be read cannot be compared field by field, and is no less different.
        return vec![Difference {
            subject: file.path.clone(),
            kind,
            sides: vec![side("cannot be read", Place::file(&file.path))],
            obeyed: None,
            fix: format!("mend it, or delete it and type: sea generate {}", file.target),
        }];
    };
    changed(&present, &wanted).map(|(key, says, wanted)| differ(key, says, wanted)).collect()
}

/// Keys whose values differ, with what is there and what is wanted.
fn changed<'a>(
    present: &'a Fields,
    wanted: &'a Fields,
) -> impl Iterator<Item = (&'a str, Option<&'a Field>, Option<&'a Field>)> {
    let of_present = present.iter().filter_map(|(key, field)| match wanted.get(key) {
        Some(other) if other.value == field.value => None,
        other => Some((key.as_str(), Some(field), other)),
    });
    let gone = wanted.iter().filter(|(key, _)| !present.contains_key(*key));
    of_present.chain(gone.map(|(key, field)| (key.as_str(), None, Some(field))))
}

fn at(path: &str, field: &Field) -> Place {
    match field.line {
        0 => Place::file(path),
        line => Place::line(path, line),
    }
}

fn fix(subject: &str, kind: Kind, target: &str, path: &str, says: Option<&Field>) -> String {
    match kind {
        Kind::Stale => format!("sea generate {target}"),
        _ if subject.contains(' ') => {
            format!("take it into .seaworthy/templates, or delete {path} and type: sea generate {target}")
        }
        _ => {
            let value = says.map_or("", |field| field.value.as_str());
            let value =
                if value.is_empty() || value.len() > 40 { "...".to_owned() } else { value.to_owned() };
            format!(
                "say it once: `{subject}` = {value} in seaworthy.toml; or delete {path}, then type: sea generate {target}"
            )
        }
    }
}
