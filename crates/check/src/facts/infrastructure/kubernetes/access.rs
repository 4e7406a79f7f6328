//! Who may reach what from outside, and with which rights.

use seaworthy_detect::document::Node;

use super::Look;
use super::object::Object;
use super::pod::is_real;

pub(super) fn check(look: &Look<'_>, object: &Object) {
    match object.kind.as_str() {
        "Secret" => secret(look, object),
        "Service" => service(look, object),
        "Ingress" if object.api.contains('/') => ingress(look, object),
        "ClusterRoleBinding" | "RoleBinding" => binding(look, object),
        "ClusterRole" | "Role" => role(look, object),
        _ => {}
    }
}

/// Base64 hides nothing.
fn secret(look: &Look<'_>, object: &Object) {
    let is_token = object
        .node
        .get("type")
        .and_then(Node::text)
        .is_some_and(|kind| kind.contains("service-account-token"));
    if is_token {
        return;
    }
    // SOPS encrypts the values in place and leaves its own entry beside them.
    if object.node.get("sops").is_some() {
        return;
    }
    for (part, is_encoded) in [("data", true), ("stringData", false)] {
        for entry in object.node.get(part).map(Node::entries).unwrap_or_default() {
            let value = entry.node.scalar().unwrap_or_default();
            let plain = if is_encoded { decoded(&value) } else { Some(value) };
            if plain.is_some_and(|plain| is_real(&plain) && !plain.starts_with("ENC[")) {
                look.say("k8s-committed-secret", entry.line, format!("`{}` is in the repository", entry.key));
            }
        }
    }
}

/// Base64, as far as it is ASCII text; what is not is taken as it is written.
fn decoded(value: &str) -> Option<String> {
    let mut bits = 0_u32;
    let mut width = 0;
    let mut out = Vec::new();
    for byte in value.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            // No base64: a placeholder such as `<your-key>`.
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        width += 6;
        if width >= 8 {
            width -= 8;
            out.push(u8::try_from(bits >> width & 0xFF).unwrap_or_default());
        }
    }
    Some(String::from_utf8(out).unwrap_or_else(|_| value.to_owned()))
}

/// Ports that databases listen on.
const DATABASES: [i64; 9] = [5432, 3306, 6379, 27017, 9200, 1433, 5984, 11211, 9042];

fn service(look: &Look<'_>, object: &Object) {
    let kind = object.node.at(&["spec", "type"]).and_then(Node::text).unwrap_or_default();
    let is_internal = object.node.at(&["metadata", "annotations"]).is_some_and(|notes| {
        notes
            .entries()
            .iter()
            .any(|entry| entry.key.contains("internal") || entry.node.text() == Some("internal"))
    });
    if !matches!(kind, "LoadBalancer" | "NodePort") || is_internal {
        return;
    }
    for port in object.node.at(&["spec", "ports"]).map(Node::items).unwrap_or_default() {
        let number = port
            .get("targetPort")
            .and_then(Node::integer)
            .or_else(|| port.get("port").and_then(Node::integer));
        if number.is_some_and(|number| DATABASES.contains(&number)) {
            look.say(
                "k8s-database-exposed",
                port.line,
                format!("`{}` is open outside the cluster", object.name),
            );
        }
    }
}

fn ingress(look: &Look<'_>, object: &Object) {
    let spec = object.node.get("spec");
    let has_tls = spec.is_some_and(|spec| spec.get("tls").is_some());
    // Load balancers of clouds are given their certificates by annotations.
    let is_elsewhere = object.node.at(&["metadata", "annotations"]).is_some_and(|notes| {
        notes.entries().iter().any(|entry| {
            let key = &*entry.key;
            key.contains("certificate")
                || key.contains("cert-manager")
                || key.contains("tls")
                || key.contains("ssl-cert")
        })
    });
    if spec.is_some_and(|spec| spec.get("rules").is_some()) && !has_tls && !is_elsewhere {
        look.report("k8s-ingress-without-tls", object.line);
    }
}

fn binding(look: &Look<'_>, object: &Object) {
    let Some(role) = object.node.at(&["roleRef", "name"]) else { return };
    let binds_account =
        object.node.get("subjects").map(Node::items).unwrap_or_default().iter().any(|subject| {
            let text = |key: &str| subject.get(key).and_then(Node::text).unwrap_or_default();
            text("kind") == "ServiceAccount" || text("name").starts_with("system:")
        });
    if object.kind == "ClusterRoleBinding" && role.text() == Some("cluster-admin") && binds_account {
        look.report("k8s-cluster-admin", role.line);
    }
}

fn role(look: &Look<'_>, object: &Object) {
    for rule in object.node.get("rules").map(Node::items).unwrap_or_default() {
        let all = |key: &str| rule.get(key).map(Node::texts).unwrap_or_default().contains(&"*");
        if all("verbs") && all("resources") && all("apiGroups") {
            look.say("k8s-cluster-admin", rule.line, format!("`{}` may do everything", object.name));
        }
    }
}
