//! Limits that the model does not say.

use seaworthy_detect::document::Node;
use seaworthy_model::Kind;

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::finding::Draft;

/// Where `seaworthy.toml` says that the app is deployed.
pub(super) static FACT: Fact = Fact { rules: &["service-without-memory-limit"], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    const FILE: &str = "seaworthy.toml";
    let is_deployed = context.app.environments.keys().any(|name| name.as_str() != "local");
    if !is_deployed || !context.repository.has(FILE) {
        return;
    }
    let Some(document) = context.repository.document(FILE) else { return };
    for (name, service) in &context.app.services {
        if service.memory.get().is_some() || matches!(service.kind.get(), Some(Kind::Static | Kind::Job)) {
            continue;
        }
        let written = document.get("services").map(Node::entries).unwrap_or_default();
        let line = written.iter().find(|entry| *entry.key == *name.as_str()).map_or(1, |entry| entry.line);
        let message = format!("`{}` may take all memory of where it runs", name.as_str());
        sink.report(Draft::line("service-without-memory-limit", FILE, line).says(message));
    }
}
