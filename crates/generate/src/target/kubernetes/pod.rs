//! What all pods have in common: users, limits, probes, the way they end.

use seaworthy_model::quantity::{Bytes, Cpu, Duration};
use seaworthy_model::{Probe, ProbeAction};

use super::env::escape;
use super::scene::Scene;
use crate::print::Node;
use crate::{Output, Probes, USER, node};

/// How long a pod that is told to end goes on taking requests: load balancers need some seconds to hear of it.
pub(crate) const DRAIN_SECONDS: u64 = 5;

/// The security context of a pod, as the restricted profile has it
/// (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).
pub(crate) fn security(user: u32, group: u32, has_volumes: bool) -> Node {
    let mut context = node!({ "runAsNonRoot": true, "runAsUser": user, "runAsGroup": group });
    if has_volumes {
        context.set("fsGroup", group);
        // Without this every file of a large volume changes hands at every start.
        context.set("fsGroupChangePolicy", "OnRootMismatch");
    }
    context.set("seccompProfile", node!({ "type": "RuntimeDefault" }));
    context
}

/// The security context of a service's pod.
pub(crate) fn own_security(has_volumes: bool) -> Node {
    security(USER, USER, has_volumes)
}

/// The security context of a container.
pub(crate) fn container_security(read_only: bool) -> Node {
    node!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": read_only,
        "capabilities": { "drop": ["ALL"] },
    })
}

/// Requests and limits. All of the memory is requested: what a node cannot give is otherwise taken by killing. Of the
/// CPU half is, because what nobody uses is shared.
pub(crate) fn resources(cpu: Cpu, memory: Bytes) -> Node {
    let request = Cpu::from_millicores((cpu.as_millicores() / 2).max(1));
    node!({
        "requests": { "cpu": (millicores(request)), "memory": (memory.to_string()) },
        "limits": { "cpu": (millicores(cpu)), "memory": (memory.to_string()) },
    })
}

/// As Kubernetes prints it, so that nothing differs when it is read back.
fn millicores(cpu: Cpu) -> String {
    let millicores = cpu.as_millicores();
    if millicores.is_multiple_of(1000) { (millicores / 1000).to_string() } else { format!("{millicores}m") }
}

/// The entries of a container's three probes.
pub(crate) fn probes(
    scene: &Scene<'_>,
    owner: &str,
    probes: &Probes,
    port: Option<u16>,
    output: &mut Output,
) -> Vec<(&'static str, Node)> {
    let all = [
        ("startupProbe", "startup", &probes.startup),
        ("readinessProbe", "readiness", &probes.readiness),
        ("livenessProbe", "liveness", &probes.liveness),
    ];
    all.into_iter()
        .filter_map(|(key, word, model)| {
            let subject = format!("{owner}.{word}");
            Some((key, probe(scene, &subject, model.as_ref()?, port, output)?))
        })
        .collect()
}

fn probe(
    scene: &Scene<'_>,
    subject: &str,
    model: &Probe,
    port: Option<u16>,
    output: &mut Output,
) -> Option<Node> {
    let socket = |number: u16| match port {
        Some(own) if number == 0 || number == own => node!({ "port": "http" }),
        _ => node!({ "port": number }),
    };
    let mut node = match &model.action {
        ProbeAction::Http(path) => node!({ "httpGet": { "path": (path.as_str()), "port": "http" } }),
        ProbeAction::Tcp(number) => node!({ "tcpSocket": (socket(*number)) }),
        ProbeAction::Exec(command) => node!({ "exec": { "command": (self::command(command)) } }),
        ProbeAction::Log(_) => {
            let instead = if port.is_some() { "the port is looked at" } else { "there is no such probe" };
            output.lose(scene.target, subject, "Kubernetes does not read logs to know how a pod is", instead);
            node!({ "tcpSocket": (socket(port?)) })
        }
    };
    let mut seconds = |key: &str, value: Option<Duration>, least: u64| {
        let millis = value.map_or(0, Duration::as_millis);
        let rounded = millis.div_ceil(1000).max(least);
        if rounded * 1000 != millis && millis > 0 {
            let lost = format!("{key} of {millis} ms: Kubernetes counts whole seconds");
            output.lose(scene.target, subject, lost, format!("rounded up to {rounded} s"));
        }
        rounded
    };
    let delay = seconds("initial_delay", model.initial_delay, 0);
    if delay > 0 {
        node.set("initialDelaySeconds", delay);
    }
    node.set("periodSeconds", seconds("period", model.period, 1));
    node.set("timeoutSeconds", seconds("timeout", model.timeout, 1));
    if let Some(failures) = model.failure_threshold {
        node.set("failureThreshold", failures);
    }
    if let Some(successes) = model.success_threshold.filter(|successes| *successes > 1) {
        if subject.ends_with(".readiness") {
            node.set("successThreshold", successes);
        } else {
            let lost = format!(
                "success_threshold of {successes}: Kubernetes allows more than 1 for readiness alone"
            );
            output.lose(scene.target, subject, lost, "one success is enough");
        }
    }
    Some(node)
}

/// A command as a list of words. Images need no shell for a plain one.
pub(crate) fn command(text: &str) -> Node {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=,@%+".contains(c);
    let assigns = text.split(' ').next().is_some_and(|first| first.contains('='));
    if text.chars().all(plain) && !assigns && !text.trim().is_empty() {
        return Node::flow(text.split_whitespace());
    }
    Node::list(["/bin/sh", "-c"].map(str::to_owned).into_iter().chain([escape(text)]))
}

/// Whole seconds, never fewer than were asked for.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_command_needs_no_shell() {
        assert_eq!(command("npx  prisma migrate deploy"), Node::flow(["npx", "prisma", "migrate", "deploy"]));
        let shell = |text: &str| Node::list(["/bin/sh", "-c", text]);
        assert_eq!(command("curl \"$URL\""), shell("curl \"$URL\""));
        assert_eq!(command("NODE_ENV=production node x.js"), shell("NODE_ENV=production node x.js"));
        assert_eq!(command("echo $(date)"), shell("echo $$(date)"), "Kubernetes must not expand it");
        assert_eq!(command("a && b"), shell("a && b"));
    }

    #[test]
    fn amounts_are_written_as_kubernetes_prints_them() {
        assert_eq!(millicores(Cpu::from_millicores(250)), "250m");
        assert_eq!(millicores(Cpu::from_millicores(2000)), "2");
        assert_eq!(whole_seconds(Duration::from_millis(1_500)), 2);
    }
}
