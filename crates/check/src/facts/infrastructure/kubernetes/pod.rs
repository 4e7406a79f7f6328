//! What pods may do, and what they may use.

use seaworthy_detect::document::Node;

use super::object::{Object, image_of, name_of};
use super::{Look, probe};
use crate::facts::infrastructure::compose::is_broad;
use crate::finding::{Draft, Edit};
use crate::mend::block;
use crate::rule::Severity;

pub(super) fn check(look: &Look<'_>, object: &Object) {
    let Some(pod) = object.pod() else { return };
    host(look, object, pod);
    let is_whole = object.containers().next().is_some();
    if is_whole
        && pod.get("automountServiceAccountToken").is_none()
        && pod.get("serviceAccountName").is_none()
        && pod.get("serviceAccount").is_none()
    {
        look.report("k8s-service-account-token", object.line);
    }
    let extra = pod.get("initContainers").map(Node::items).unwrap_or_default();
    let all = pod.get("containers").map(Node::items).unwrap_or_default();
    for container in all.iter().chain(extra) {
        rights(look, container);
        environment(look, container);
        if let (Some(image), Some(node)) = (image_of(container), container.get("image"))
            && image.floats()
        {
            look.report("k8s-image-floating", node.line);
        }
    }
    for container in object.containers() {
        user(look, pod, container);
        share(look, object, container);
        probe::check(look, object, container);
    }
}

fn rights(look: &Look<'_>, container: &Node) {
    let Some(context) = container.get("securityContext") else { return };
    for entry in context.entries() {
        match (&*entry.key, entry.node.bool()) {
            ("privileged", Some(true)) => look.report("k8s-privileged", entry.line),
            ("allowPrivilegeEscalation", Some(true)) => {
                let message = format!("`{}` may become root by a setuid program", name_of(container));
                look.weigh("k8s-privilege-escalation", entry.line, Severity::Medium, message);
            }
            _ => {}
        }
    }
    for capability in context.at(&["capabilities", "add"]).map(Node::items).unwrap_or_default() {
        if capability.text().is_some_and(is_broad) {
            look.report("k8s-broad-capability", capability.line);
        }
    }
}

fn user(look: &Look<'_>, pod: &Node, container: &Node) {
    let own = |key: &str| container.at(&["securityContext", key]);
    let get = |key: &str| own(key).or_else(|| pod.at(&["securityContext", key]));
    let line = container.line;
    let id = get("runAsUser").and_then(Node::integer);
    let is_safe = get("runAsNonRoot").and_then(Node::bool) == Some(true) || id.is_some_and(|id| id > 0);
    if !is_safe {
        let message = format!("nothing keeps `{}` from running as root", name_of(container));
        look.say("k8s-runs-as-root", get("runAsUser").map_or(line, |node| node.line), message);
    }
    let is_privileged = own("privileged").and_then(Node::bool) == Some(true);
    if own("allowPrivilegeEscalation").is_none() && !is_privileged {
        let draft = Draft::line("k8s-privilege-escalation", look.file.path, line);
        look.sink.report_in(look.file, draft.mended_if(without_escalation(look, container)));
    }
}

/// A container that has given up every capability gains nothing by a setuid program: to forbid it takes nothing away.
fn without_escalation(look: &Look<'_>, container: &Node) -> Option<Edit> {
    let dropped = container.at(&["securityContext", "capabilities", "drop"])?;
    let context = container.entries().iter().find(|entry| &*entry.key == "securityContext")?;
    let adds = container.at(&["securityContext", "capabilities", "add"]).is_some();
    let drops_all = dropped.texts().iter().any(|name| name.eq_ignore_ascii_case("all"));
    let line = "allowPrivilegeEscalation: false";
    (drops_all && !adds)
        .then(|| block::first_in(look.file.path, look.file.text, context.line, &[line]))
        .flatten()
}

fn share(look: &Look<'_>, object: &Object, container: &Node) {
    let get = |what: &str, of: &str| container.at(&["resources", what, of]);
    let name = name_of(container);
    // Where only a limit is said, it is the request as well.
    let has_request =
        ["requests", "limits"].iter().any(|what| get(what, "memory").or_else(|| get(what, "cpu")).is_some());
    if !has_request {
        look.say(
            "k8s-no-requests",
            container.line,
            format!("`{name}` of `{}` asks for nothing", object.name),
        );
    }
    if get("limits", "memory").is_none() {
        look.say("k8s-no-memory-limit", container.line, format!("`{name}` may take all memory of its node"));
    }
}

/// Doors to the node.
fn host(look: &Look<'_>, object: &Object, pod: &Node) {
    // Agents of a node are about the node.
    let is_agent = object.kind == "DaemonSet";
    for entry in pod.entries() {
        let is_on = entry.node.bool() == Some(true);
        if matches!(&*entry.key, "hostNetwork" | "hostPID" | "hostIPC") && is_on && !is_agent {
            look.say("k8s-host-namespace", entry.line, format!("`{}` opens the node to its pods", entry.key));
        }
    }
    for volume in pod.get("volumes").map(Node::items).unwrap_or_default() {
        let Some(path) = volume.at(&["hostPath", "path"]) else { continue };
        let text = path.text().unwrap_or_default();
        let is_door = text == "/"
            || text.ends_with(".sock")
            || ["/etc", "/root", "/var/lib/kubelet", "/proc", "/boot", "/var/run", "/run"]
                .contains(&text.trim_end_matches('/'));
        let weight = if is_door && !is_agent { Severity::High } else { Severity::Medium };
        look.weigh("k8s-host-path", path.line, weight, format!("`{text}` of the node is open to the pod"));
    }
}

/// Secrets that stand in the manifest.
fn environment(look: &Look<'_>, container: &Node) {
    for variable in container.get("env").map(Node::items).unwrap_or_default() {
        let name = variable.get("name").and_then(Node::text).unwrap_or_default();
        let Some(value) = variable.get("value") else { continue };
        let text = value.text().unwrap_or_default();
        if is_secret(name) && is_real(text) {
            let message =
                format!("`{name}` can be read by everyone who can read this file or the deployment");
            look.say("k8s-secret-as-value", value.line, message);
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let ends = [
        "PASSWORD",
        "SECRET",
        "TOKEN",
        "API_KEY",
        "APIKEY",
        "PRIVATE_KEY",
        "SECRET_KEY",
        "ACCESS_KEY",
        "PASSWD",
    ];
    ends.iter().any(|end| name.ends_with(end)) && !name.contains("PUBLIC")
}

/// Not empty, no reference and no placeholder.
pub(super) fn is_real(value: &str) -> bool {
    const PLACEHOLDERS: [&str; 16] = [
        "changeme",
        "change-me",
        "change_me",
        "replace",
        "your",
        "todo",
        "example",
        "placeholder",
        "xxx",
        "<",
        "${",
        "$(",
        "***",
        "dummy",
        "...",
        "ref+",
    ];
    let lower = value.trim().to_ascii_lowercase();
    lower.len() >= 4
        && !PLACEHOLDERS.iter().any(|word| lower.contains(word))
        && !lower.starts_with('/')
        && !matches!(lower.as_str(), "true" | "false" | "none" | "null")
}
