//! What the plan met on its way: places that disagree, and files that nobody can read.

use seaworthy_model::{Place, Warning};

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::Role;
use crate::file::SourceFile;
use crate::finding::Draft;

/// One finding for each.
pub(super) static FACT: Fact = Fact { rules: &["plan-contradiction", "file-unparsable"], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    for warning in &context.app.warnings {
        let rule = match &*warning.code {
            "malformed-file" => "file-unparsable",
            code if code.ends_with("-conflict") => "plan-contradiction",
            _ => continue,
        };
        let Some(place) = warning.places.first() else { continue };
        // Broken on purpose, in the tests of what reads it.
        if !matches!(SourceFile::new(&place.file, "").role, Role::Test | Role::Example) {
            sink.report(draft(rule, warning, place));
        }
    }
}

fn draft(rule: &'static str, warning: &Warning, place: &Place) -> Draft {
    let draft = match place.line {
        Some(line) => Draft::line(rule, &*place.file, line),
        None => Draft::file(rule, &*place.file),
    };
    draft.says(&*warning.message)
}
