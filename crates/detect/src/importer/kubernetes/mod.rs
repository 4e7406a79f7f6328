//! Kubernetes manifests of the repository: how it runs somewhere. They are often older than the code, so that
//! they never win over it; where they differ, `contradiction` says so.

mod config_map;

use seaworthy_model::quantity::{Bytes, Cpu, Duration};
use seaworthy_model::{JobTrigger, Kind, Name, Origin, Probe, ProbeAction, Volume};

use config_map::ConfigMaps;

use crate::document::{Node, parse_yaml_stream};
use crate::draft::Draft;
use crate::importer::process::{Said, set};
use crate::importer::reader::{self, Reader};
use crate::repository::{Repository, parent};
use crate::resource;

/// The beginning of every rule of this importer's evidence, by which `contradiction` knows it.
pub(crate) const TITLE: &str = "Kubernetes";

/// Folders that hold manifests by convention.
const FOLDERS: [&str; 12] = [
    "k8s",
    ".k8s",
    "kubernetes",
    "kube",
    "deploy",
    "deployment",
    "deployments",
    "manifests",
    "kustomize",
    "base",
    "overlays",
    "infra",
];

/// A YAML file of this path is taken for a manifest of Kubernetes, when it looks like one.
pub fn is_manifest(path: &str) -> bool {
    parent(path).split('/').any(|part| FOLDERS.contains(&part)) && !crate::language::is_aside(path)
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    let yaml = repo.with_extension("yaml").chain(repo.with_extension("yml"));
    let paths: Vec<String> = yaml.filter(|path| is_manifest(path)).map(str::to_owned).collect();
    let mut files = Vec::new();
    let mut maps = ConfigMaps::default();
    for path in paths {
        let Some(text) = repo.text(&path) else { continue };
        // A template of Helm is no YAML until it is filled in; anything else without kinds is not ours.
        if text.contains("{{") || !text.contains("kind:") || !text.contains("apiVersion:") {
            continue;
        }
        let documents = match parse_yaml_stream(&text) {
            Ok(documents) => documents.into_iter().flat_map(listed).collect::<Vec<_>>(),
            Err(error) => {
                repo.warn("malformed-file", error.message, &path, error.line);
                continue;
            }
        };
        for document in &documents {
            maps.add(&path, document);
        }
        files.push((path, documents));
    }
    for (path, documents) in &files {
        let mut reader = Reader::new(TITLE, path);
        for document in documents {
            workload(draft, &mut reader, &maps, document);
        }
        reader.finish(draft);
    }
}

/// The objects of a document: a cluster prints several as one `List`.
fn listed(document: Node) -> Vec<Node> {
    match document.get("kind").and_then(Node::text) {
        Some("List") => document.get("items").map(Node::items).unwrap_or_default().to_vec(),
        _ => vec![document],
    }
}

/// A `Deployment`, `StatefulSet`, `DaemonSet` or `CronJob`.
fn workload(draft: &mut Draft, reader: &mut Reader<'_>, maps: &ConfigMaps, document: &Node) {
    let Some(kind) = document.get("kind").and_then(Node::text) else { return };
    let name = document.at(&["metadata", "name"]).and_then(Node::text).unwrap_or_default();
    let Some(spec) = document.get("spec") else { return };
    let pod = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => spec.at(&["template", "spec"]),
        "CronJob" => spec.at(&["jobTemplate", "spec", "template", "spec"]),
        _ => None,
    };
    let Some(pod) = pod else { return };
    reader.check(
        pod,
        "pod",
        &[
            "containers",
            "volumes",
            "restartPolicy",
            "terminationGracePeriodSeconds",
            "serviceAccountName",
            "imagePullSecrets",
        ],
    );
    let containers = pod.get("containers").map(Node::items).unwrap_or_default();
    for container in containers {
        let text = |key: &str| container.get(key).and_then(Node::text).unwrap_or_default();
        if let (Some(of), version) = resource::of_image(text("image")) {
            stands_for(draft, reader, container, name, of, version);
            continue;
        }
        let Some(index) = own(draft, text("image"), text("name"), name, containers.len()) else {
            continue;
        };
        if kind == "CronJob" {
            cron(draft, reader, spec, container, name, index);
        } else {
            deployment(draft, reader, spec, pod, container, index);
            maps.declare(container, &mut draft.services[index]);
        }
    }
}

/// A third-party image: the version of the resource that it is.
fn stands_for(
    draft: &mut Draft,
    reader: &Reader<'_>,
    container: &Node,
    name: &str,
    of: &str,
    version: Option<String>,
) {
    let line = container.get("image").map_or(container.line, |image| image.line);
    let origin = reader.hint("image", line);
    let known = draft.resources.values().any(|known| known.r#type.get().is_some_and(|known| known == of));
    let needed = draft.services.iter().any(|known| known.needs.iter().any(|need| need.r#type == of));
    if known || needed {
        crate::importer::process::need(draft, of, version.as_deref(), &origin);
    } else {
        crate::importer::process::provide(draft, name, of, version, &origin);
    }
}

/// The service that a container runs: by the name of its image, its own or its workload's.
fn own(draft: &Draft, image: &str, container: &str, workload: &str, containers: usize) -> Option<usize> {
    let image = image.split('@').next().unwrap_or(image);
    let image = image.rsplit('/').next().unwrap_or(image);
    let image = image.split(':').next().unwrap_or(image);
    let app = draft.name.get().map(Name::as_str).unwrap_or_default();
    let without_app = |name: &str| {
        let rest = name.strip_prefix(app).and_then(|rest| rest.strip_prefix('-'));
        rest.unwrap_or(name).to_owned()
    };
    let candidates = [container, image, workload];
    let all = candidates.iter().map(|name| (*name).to_owned());
    let named = all.chain(candidates.iter().map(|name| without_app(name))).find_map(|name| {
        let name = Name::from_text(&name);
        draft.services.iter().position(|known| known.is_called(&name))
    });
    let runs = |known: &crate::draft::DraftService| known.service.kind.get() != Some(&Kind::Static);
    named.or_else(|| {
        // Of one service and one container there is no doubt; proxies and agents stand beside others.
        let mut services =
            draft.services.iter().enumerate().filter(|(_, known)| runs(known)).map(|(index, _)| index);
        let only = services.next().filter(|_| services.next().is_none() && containers == 1)?;
        (draft.services.len() == 1).then_some(only)
    })
}

fn deployment(
    draft: &mut Draft,
    reader: &mut Reader<'_>,
    spec: &Node,
    pod: &Node,
    container: &Node,
    index: usize,
) {
    reader.check(
        container,
        "container",
        &[
            "name",
            "image",
            "ports",
            "env",
            "envFrom",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "resources",
            "command",
            "args",
            "volumeMounts",
            "imagePullPolicy",
            "workingDir",
            "securityContext",
        ],
    );
    let service = &mut draft.services[index].service;
    if let Some(node) = container.get("image")
        && let Some(image) = node.text()
    {
        service.image.propose(image.to_owned(), reader.hint("image", node.line));
    }
    // What serves a static site in a cluster is a web server of its image, with its own port and paths.
    if service.kind.get() == Some(&Kind::Static) {
        return;
    }
    if let Some(node) = spec.get("replicas")
        && let Some(count) = node.integer().and_then(|count| u32::try_from(count).ok())
    {
        service.replicas.propose(count, reader.hint("replicas", node.line));
    }
    if let Some(node) = pod.get("terminationGracePeriodSeconds")
        && let Some(time) = reader::seconds(node)
    {
        service.stop_grace_period.propose(time, reader.hint("terminationGracePeriodSeconds", node.line));
    }
    let limits = container.at(&["resources", "limits"]);
    if let Some(node) = limits.and_then(|limits| limits.get("memory"))
        && let Some(size) = node.scalar().and_then(|text| Bytes::parse(&text).ok())
    {
        service.memory.propose(size, reader.hint("memory limit", node.line));
    }
    if let Some(node) = limits.and_then(|limits| limits.get("cpu"))
        && let Some(cpu) = node.scalar().and_then(|text| Cpu::parse(&text).ok())
    {
        service.cpu.propose(cpu, reader.hint("CPU limit", node.line));
    }
    let ports = container.get("ports").map(Node::items).unwrap_or_default();
    let serving = ports
        .iter()
        .find(|port| port.get("name").and_then(Node::text).is_some_and(|name| name.starts_with("http")))
        .or(ports.first());
    if let Some(node) = serving.and_then(|port| port.get("containerPort"))
        && let Some(port) = node.integer().and_then(|port| u16::try_from(port).ok())
    {
        service.port.propose(port, reader.hint("containerPort", node.line));
    }
    for (key, field) in [
        ("readinessProbe", &mut service.readiness),
        ("livenessProbe", &mut service.liveness),
        ("startupProbe", &mut service.startup),
    ] {
        if let Some((probe, line)) = container.get(key).and_then(probe) {
            field.propose(probe, reader.hint(key, line));
        }
    }
    for mount in claims(pod, container) {
        let known = service.volumes.iter().any(|known| known.path == mount.0);
        if !known {
            service.volumes.push(Volume { path: mount.0, origin: reader.hint("volumeMounts", mount.1) });
        }
    }
    for item in container.get("env").map(Node::items).unwrap_or_default() {
        if let Some(name) = item.get("name").and_then(Node::text) {
            // Values are those of the cluster; that the variable is there is what counts.
            let origin = reader.hint("env", item.line);
            set(&mut draft.services[index], name, &Said::Nothing, &origin);
            if item.get("value").is_some_and(|value| !value.is_null())
                && let Some(known) = draft.services[index].service.env.get_mut(name)
            {
                known.written_at.extend(origin.place.clone());
            }
        }
    }
}

fn probe(node: &Node) -> Option<(Probe, u32)> {
    let (action, line) = if let Some(get) = node.get("httpGet") {
        let path = get.get("path");
        let text = path.and_then(Node::text).unwrap_or("/").to_owned();
        (ProbeAction::Http(text), path.map_or(get.line, |path| path.line))
    } else if let Some(socket) = node.get("tcpSocket") {
        let port = socket.get("port").and_then(Node::integer).and_then(|port| u16::try_from(port).ok());
        (ProbeAction::Tcp(port.unwrap_or(0)), socket.line)
    } else {
        let command = node.at(&["exec", "command"])?;
        (ProbeAction::Exec(reader::command(command)?), command.line)
    };
    let time = |key: &str| -> Option<Duration> { node.get(key).and_then(reader::seconds) };
    let count = |key: &str| node.get(key).and_then(Node::integer).and_then(|count| u32::try_from(count).ok());
    let mut probe = Probe::new(action);
    probe.period = time("periodSeconds");
    probe.timeout = time("timeoutSeconds");
    probe.initial_delay = time("initialDelaySeconds");
    probe.failure_threshold = count("failureThreshold");
    probe.success_threshold = count("successThreshold");
    Some((probe, line))
}

/// Where a container keeps data: mounts of volumes that outlive it.
fn claims(pod: &Node, container: &Node) -> Vec<(String, u32)> {
    let volumes = pod.get("volumes").map(Node::items).unwrap_or_default();
    let lasts = |name: &str| {
        volumes.iter().any(|volume| {
            volume.get("name").and_then(Node::text) == Some(name)
                && volume.get("persistentVolumeClaim").is_some()
        })
    };
    let mounts = container.get("volumeMounts").map(Node::items).unwrap_or_default();
    mounts
        .iter()
        .filter(|mount| mount.get("name").and_then(Node::text).is_some_and(lasts))
        .filter_map(|mount| {
            let path = mount.get("mountPath")?;
            Some((path.text()?.to_owned(), path.line))
        })
        .collect()
}

fn cron(draft: &mut Draft, reader: &Reader<'_>, spec: &Node, container: &Node, name: &str, index: usize) {
    let words: Vec<String> =
        ["command", "args"].iter().filter_map(|key| container.get(key).and_then(reader::command)).collect();
    let Some(schedule) = spec.get("schedule") else { return };
    let run = words.join(" ");
    if run.is_empty() {
        return;
    }
    let app = draft.name.get().map(Name::to_string).unwrap_or_default();
    let name = name.strip_prefix(&app).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name).to_owned();
    let origin: Origin = reader.hint("CronJob", schedule.line);
    let job = Reader::job(draft, &name, Some(index), run, origin.clone());
    job.on.propose(JobTrigger::Schedule, origin.clone());
    if let Some(text) = schedule.text() {
        job.schedule.propose(text.to_owned(), origin.clone());
    }
    if let Some(zone) = spec.get("timeZone").and_then(Node::text) {
        job.timezone.propose(zone.to_owned(), origin);
    }
}
