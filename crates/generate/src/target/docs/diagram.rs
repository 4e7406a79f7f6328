//! The diagram of services and resources, in Mermaid (<https://mermaid.js.org/syntax/flowchart.html>).

use std::fmt::Write as _;

use seaworthy_model::Kind;

use crate::Deployment;
use crate::monitor::{callees, is_outside};
use crate::names::identifier;

/// The diagram of an app; ends with a newline.
pub(super) fn diagram(deployment: &Deployment<'_>) -> String {
    let mut text = String::from("flowchart LR\n");
    let id = |prefix: &str, name: &str| format!("{prefix}_{}", identifier(name));
    let node = |name: &str| {
        let is_service = deployment.instances.iter().any(|it| it.name.as_str() == name);
        id(if is_service { "service" } else { "resource" }, name)
    };
    // Writing to a string cannot fail.
    let mut line = |line: String| {
        let _ = writeln!(text, "  {line}");
    };
    if deployment.instances.iter().any(crate::Instance::is_public) {
        line("users((\"users\"))".to_owned());
    }
    line(format!("subgraph app[\"{}\"]", label(deployment.name)));
    for instance in &deployment.instances {
        let name = instance.name.as_str();
        let what = match (instance.kind, instance.port) {
            (Kind::Static, _) => "static site".to_owned(),
            (_, Some(port)) => format!("port {port}"),
            (_, None) => "worker".to_owned(),
        };
        let many = if instance.replicas > 1 { format!(" × {}", instance.replicas) } else { String::new() };
        line(format!("  {}[\"{}{many}<br/>{what}\"]", id("service", name), label(name)));
    }
    for task in &deployment.tasks {
        let when = task.schedule.map_or_else(|| task.on.as_str().to_owned(), label);
        line(format!(
            "  {}{{{{\"{}<br/>{when}\"}}}}",
            id("job", task.name.as_str()),
            label(task.name.as_str())
        ));
    }
    line("end".to_owned());
    for backing in &deployment.backings {
        let (name, kind) = (backing.name.as_str(), label(backing.kind));
        let shape = if is_outside(backing) {
            format!("([\"{}<br/>{kind}\"])", label(name))
        } else {
            format!("[(\"{}<br/>{kind}\")]", label(name))
        };
        line(format!("{}{shape}", id("resource", name)));
    }
    for instance in &deployment.instances {
        let from = id("service", instance.name.as_str());
        if let Some(route) = instance.service.route.get() {
            line(format!("users -->|\"{}\"| {from}", label(route)));
        }
        for name in callees(instance) {
            let known = deployment.instance(&name).is_some() || deployment.backing(&name).is_some();
            if known {
                line(format!("{from} --> {}", node(name.as_str())));
            }
        }
    }
    for task in &deployment.tasks {
        if let Some(service) = task.service {
            line(format!(
                "{} -.->|\"runs as\"| {}",
                id("job", task.name.as_str()),
                id("service", service.as_str())
            ));
        }
    }
    text
}

/// A text in quotes: Mermaid writes quotes as entities.
fn label(text: &str) -> String {
    text.replace('"', "#quot;").replace(['\n', '\r'], " ")
}
