//! Network policies: nothing is allowed, then what the model's edges need.

use super::edges::{Edges, Peer};
use super::object::{self, Object};
use super::scene::Scene;
use crate::node;
use crate::print::Node;

/// What holds for every pod of the app: no connection in or out but to the cluster's DNS.
pub(crate) fn defaults(scene: &Scene<'_>) -> Vec<Object> {
    let spec = node!({ "podSelector": (Node::Map(Vec::new())), "policyTypes": ["Ingress", "Egress"] });
    let deny = object::new("networking.k8s.io/v1", "NetworkPolicy", "default-deny", object::app(scene), spec);
    let dns = node!({
        "podSelector": (Node::Map(Vec::new())),
        "policyTypes": ["Egress"],
        "egress": [{
            "to": [{
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
                "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
            }],
            "ports": [{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }],
        }],
    });
    let dns = object::new("networking.k8s.io/v1", "NetworkPolicy", "allow-dns", object::app(scene), dns);
    vec![deny, dns]
}

/// The policy of one pod: who reaches `port`, and where it reaches to.
pub(crate) fn policy(
    scene: &Scene<'_>,
    edges: &Edges,
    name: &str,
    component: &str,
    port: Option<u16>,
    is_public: bool,
) -> Object {
    let ports = |port: Option<u16>| port.map(|port| node!([{ "protocol": "TCP", "port": port }]));
    let mut ingress: Vec<Node> = edges
        .to(name)
        .map(|from| Node::map([("from", Some(node!([(pods(scene, from))]))), ("ports", ports(port))]))
        .collect();
    if is_public {
        // A gateway may be anywhere: in a namespace of its own, or a load balancer outside of the cluster.
        ingress.push(Node::map([("ports", ports(port))]));
    }
    let egress: Vec<Node> = edges
        .from(name)
        .map(|peer| match peer {
            Peer::Pod { name, port } => {
                Node::map([("to", Some(node!([(pods(scene, name))]))), ("ports", ports(*port))])
            }
            Peer::Outside(ports) => {
                let ports: Vec<Node> =
                    ports.iter().map(|port| node!({ "protocol": "TCP", "port": (*port) })).collect();
                // Anywhere but the address at which clouds hand out the credentials of a machine.
                node!({
                    "to": [
                        { "ipBlock": { "cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"] } },
                        { "ipBlock": { "cidr": "::/0", "except": ["fe80::/10", "fd00:ec2::/32"] } },
                    ],
                    "ports": (Node::List(ports)),
                })
            }
        })
        .collect();
    let spec = Node::map([
        ("podSelector", Some(pods(scene, name).get("podSelector").cloned().unwrap_or(Node::Null))),
        ("policyTypes", Some(node!(["Ingress", "Egress"]))),
        ("ingress", Node::List(ingress).filled()),
        ("egress", Node::List(egress).filled()),
    ]);
    object::new("networking.k8s.io/v1", "NetworkPolicy", name, object::labels(scene, name, component), spec)
}

fn pods(scene: &Scene<'_>, name: &str) -> Node {
    node!({ "podSelector": { "matchLabels": (object::selector(scene, name)) } })
}
