//! What the cluster asks to know whether a container lives and can serve.

use seaworthy_detect::document::Node;

use super::Look;
use super::object::{Object, image_of, name_of};

pub(super) fn check(look: &Look<'_>, object: &Object, container: &Node) {
    let readiness = container.get("readinessProbe");
    let liveness = container.entries().iter().find(|entry| &*entry.key == "livenessProbe");
    let has_ports = container.get("ports").is_some_and(|ports| !ports.items().is_empty());
    if has_ports && readiness.is_none() && matches!(object.kind.as_str(), "Deployment" | "StatefulSet") {
        let message = format!("`{}` gets requests before it can answer them", name_of(container));
        look.say("k8s-no-readiness-probe", container.line, message);
    }
    let Some(entry) = liveness else { return };
    let liveness = &entry.node;
    if image_of(container).is_some_and(|image| image.is_store()) {
        return;
    }
    let place = |probe: &Node| {
        let action = probe.get("httpGet")?;
        Some((action.get("path")?.text()?.to_owned(), action.get("port").and_then(Node::scalar)))
    };
    let same =
        readiness.and_then(place).is_some_and(|ready| place(liveness).is_some_and(|live| live == ready));
    if needs_others(liveness) {
        look.report("k8s-liveness-needs-dependencies", entry.line);
    } else if same {
        look.report("k8s-liveness-same-as-readiness", entry.line);
    }
}

/// It asks for more than whether the process lives.
fn needs_others(probe: &Node) -> bool {
    const WORDS: [&str; 9] =
        ["ready", "readyz", "readiness", "db", "database", "deep", "full", "dependencies", "redis"];
    const CLIENTS: [&str; 6] = ["pg_isready", "psql", "redis-cli", "mysqladmin", "mysql", "mongosh"];
    let path = probe.at(&["httpGet", "path"]).and_then(Node::text).unwrap_or_default();
    let in_path = path.split(['/', '-', '_', '?', '=', '.', '&']).any(|part| WORDS.contains(&part));
    let command = probe.at(&["exec", "command"]).map(Node::texts).unwrap_or_default();
    let asks =
        command.iter().flat_map(|text| text.split([' ', '/', ';'])).any(|word| CLIENTS.contains(&word));
    in_path || asks
}
