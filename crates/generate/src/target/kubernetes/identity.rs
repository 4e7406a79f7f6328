//! Service accounts. A pod has no token unless its code asks the cluster's API.

use super::object::{self, Object};
use super::scene::Scene;
use crate::{Instance, Output, Sources, join, node};

/// Files that name the libraries of a project, and the names of those that speak to the cluster's API.
const CLIENTS: [(&str, &str); 10] = [
    ("package.json", "\"@kubernetes/client-node\""),
    ("requirements.txt", "kubernetes"),
    ("pyproject.toml", "\"kubernetes"),
    ("go.mod", "k8s.io/client-go"),
    ("Cargo.toml", "kube = "),
    ("Gemfile", "kubeclient"),
    ("pom.xml", "<artifactId>kubernetes-client"),
    ("build.gradle", "kubernetes-client"),
    ("build.gradle.kts", "kubernetes-client"),
    ("mix.exs", "{:k8s,"),
];

/// The file that says that a service asks the cluster's API.
pub(crate) fn client(sources: &dyn Sources, instance: &Instance<'_>) -> Option<String> {
    CLIENTS.iter().find_map(|(file, library)| {
        let path = join(instance.path(), file);
        let text = sources.text(&path)?;
        // What stands in quotes is found in a file of one line as well.
        let names = if library.starts_with('"') {
            text.contains(library)
        } else {
            text.lines().any(|line| names(line.trim_start(), library))
        };
        names.then_some(path)
    })
}

/// The line names the library itself, not one whose name goes on.
fn names(line: &str, library: &str) -> bool {
    line.strip_prefix(library)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c)))
}

/// The account of a pod.
pub(crate) fn account(scene: &Scene<'_>, name: &str, component: &str) -> Object {
    let labels = object::labels(scene, name, component);
    object::bare("v1", "ServiceAccount", name, labels, [("automountServiceAccountToken", false.into())])
}

/// What a service may ask of the cluster's API, where it asks anything: to look at what runs beside it.
pub(crate) fn role(
    scene: &Scene<'_>,
    instance: &Instance<'_>,
    name: &str,
    output: &mut Output,
) -> Vec<Object> {
    let Some(file) = client(scene.input.sources, instance) else { return Vec::new() };
    output.lose(
        scene.target,
        instance.name.as_str(),
        format!("{file} has a client of the cluster's API, but not what it asks"),
        format!(
            "the Role {name} allows to look at pods, services and jobs of its namespace; patch it for more"
        ),
    );
    let labels = || object::labels(scene, name, instance.kind.as_str());
    let rules = node!([
        { "apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"] },
        { "apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list", "watch"] },
    ]);
    let role = object::bare("rbac.authorization.k8s.io/v1", "Role", name, labels(), [("rules", rules)]);
    let binding = object::bare(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        name,
        labels(),
        [
            ("roleRef", node!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name })),
            // A subject without a namespace is one of the binding's: kustomize and Helm fill it in.
            ("subjects", node!([{ "kind": "ServiceAccount", "name": name }])),
        ],
    );
    vec![role, binding]
}
