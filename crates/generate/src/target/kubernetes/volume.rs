//! What a service keeps: folders that outlive its pods, and the one that does not.

use std::collections::BTreeMap;

use super::scene::Scene;
use crate::names::label;
use crate::print::Node;
use crate::{Build, Instance, Output, node};

/// Where images keep the app.
const WORKDIR: &str = "/app";

/// The name of a pod's claim.
pub(crate) const CLAIM: &str = "data";

/// The folders that a service keeps, by their path in its container, with their folder on the volume.
pub(crate) fn kept(
    scene: &Scene<'_>,
    instance: &Instance<'_>,
    output: &mut Output,
) -> BTreeMap<String, String> {
    let build = Build::of(instance, &scene.deployment, scene.input.sources);
    let home = home(&build.folder);
    let mut paths = Vec::new();
    for volume in &instance.service.volumes {
        let path = volume.path.trim_start_matches("./").trim_end_matches('/');
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{home}/{path}") };
        // A file is kept with its folder: only folders can be mounted and written to.
        let (folder, last) = path.rsplit_once('/').unwrap_or(("", &path));
        let path = if last.contains('.') { folder.to_owned() } else { path.clone() };
        if path.is_empty() || home == path || home.starts_with(&format!("{path}/")) {
            output.lose(
                scene.target,
                format!("{}.volumes.{}", instance.name, volume.path),
                "it lies beside the code, where a volume would hide the code",
                "it is not kept: move it into a folder of its own",
            );
            continue;
        }
        paths.push(path);
    }
    let files = instance.needs.iter().filter_map(|name| scene.deployment.backing(name));
    for file in files.filter(|backing| backing.kind == "sqlite") {
        let path = file.file();
        paths.extend(path.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
    }
    paths.sort();
    paths.dedup();
    // A folder in a folder that is kept is kept with it.
    let all = paths.clone();
    paths.retain(|path| !all.iter().any(|above| path.starts_with(&format!("{above}/"))));
    paths.into_iter().map(|path| (path.clone(), label(&path, 63))).collect()
}

/// Where a folder of the builder's context is in an image.
pub(crate) fn home(folder: &str) -> String {
    if folder == "." { WORKDIR.to_owned() } else { format!("{WORKDIR}/{folder}") }
}

/// Mounts of the kept folders, and of a place for temporary files: the root file system is read-only.
pub(crate) fn mounts(kept: &BTreeMap<String, String>) -> Vec<Node> {
    let scratch = node!({ "name": "tmp", "mountPath": "/tmp" });
    let kept = kept.iter().map(
        |(path, folder)| node!({ "name": CLAIM, "mountPath": (path.as_str()), "subPath": (folder.as_str()) }),
    );
    std::iter::once(scratch).chain(kept).collect()
}

/// The volume of temporary files.
pub(crate) fn scratch(name: &str) -> Node {
    node!({ "name": name, "emptyDir": { "sizeLimit": "256Mi" } })
}

/// What a `StatefulSet` claims for each pod.
pub(crate) fn claim(storage: &str) -> Node {
    let size = Node::from(storage).comment("A guess, and it can never be made smaller.");
    node!({
        "metadata": { "name": CLAIM },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": { "requests": { "storage": size } },
        },
    })
}
