//! The public path of a service: an `HTTPRoute` of the Gateway API, or an Ingress where a project asks for one.

use super::object::{self, Object};
use super::scene::Scene;
use crate::names::label;
use crate::print::Node;
use crate::{Instance, node};

/// The Gateway that takes the requests of an app. The cluster's owner makes it: its class and its certificates are theirs.
pub(crate) const GATEWAY: &str = "gateway";

/// The route of a service that is public.
pub(crate) fn object(scene: &Scene<'_>, instance: &Instance<'_>, name: &str) -> Option<Object> {
    let (host, path) = place(instance.service.route.get()?);
    let host = host.or_else(|| scene.domain());
    let port = instance.port?;
    let labels = object::labels(scene, name, instance.kind.as_str());
    if scene.input.options.ingress {
        let backend = node!({ "service": { "name": name, "port": { "name": "http" } } });
        let paths = node!([{ "path": path, "pathType": "Prefix", "backend": backend }]);
        let rule = Node::map([("host", host.map(Node::from)), ("http", Some(node!({ "paths": paths })))]);
        let secret = certificate(scene);
        let tls = host.map(|host| node!([{ "hosts": [host], "secretName": secret }]));
        let spec = Node::map([("tls", tls), ("rules", Some(node!([rule])))]);
        return Some(object::new("networking.k8s.io/v1", "Ingress", name, labels, spec));
    }
    let spec = Node::map([
        ("parentRefs", Some(node!([{ "name": GATEWAY }]))),
        ("hostnames", host.map(|host| node!([host]))),
        (
            "rules",
            Some(node!([{
                "matches": [{ "path": { "type": "PathPrefix", "value": path } }],
                "backendRefs": [{ "name": name, "port": port }],
            }])),
        ),
    ]);
    Some(object::new("gateway.networking.k8s.io/v1", "HTTPRoute", name, labels, spec))
}

/// The Secret of the app's certificate.
pub(crate) fn certificate(scene: &Scene<'_>) -> String {
    format!("{}-tls", label(scene.deployment.name, 52))
}

/// `api.example.com/v1` is a host and a path, `/api` a path, `api.example.com` a host.
pub(crate) fn place(route: &str) -> (Option<&str>, &str) {
    let (host, path) = match route.find('/') {
        Some(at) => route.split_at(at),
        None => (route, "/"),
    };
    ((!host.is_empty()).then_some(host), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_host_a_path_or_both() {
        assert_eq!(place("/"), (None, "/"));
        assert_eq!(place("/api"), (None, "/api"));
        assert_eq!(place("api.example.com/v1"), (Some("api.example.com"), "/v1"));
        assert_eq!(place("api.example.com"), (Some("api.example.com"), "/"));
    }
}
