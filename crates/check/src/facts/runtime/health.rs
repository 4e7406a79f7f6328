//! Web services of which nobody can tell whether they are well.

use seaworthy_model::Kind;

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::finding::Draft;

const RULE: &str = "no-health-check";

pub(super) const FACT: Fact = Fact { rules: &[RULE], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    for (name, service) in &context.app.services {
        let has_probe =
            !(service.readiness.is_empty() && service.liveness.is_empty() && service.startup.is_empty());
        if service.kind.get() != Some(&Kind::Web) || has_probe {
            continue;
        }
        let origin = service.start.origin().or_else(|| service.kind.origin());
        let Some(place) = origin.and_then(|origin| origin.place.as_ref()) else { continue };
        let message = format!("`{name}` has no address that says whether it is well");
        let draft = match place.line {
            Some(line) => Draft::line(RULE, place.file.clone(), line),
            None => Draft::file(RULE, place.file.clone()),
        };
        sink.report(draft.says(message));
    }
}
