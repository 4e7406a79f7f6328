//! `render.yaml` (Render Blueprints): services, cron jobs, databases and the variables between them.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::{JobTrigger, Kind, Name, Origin, Probe, Volume};

use super::process::{Process, Said, find_or_add, provide_type, set};
use super::reader::{self, Reader, seconds};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, parent, resolve};

const NAMES: [&str; 2] = ["render.yaml", "render.yml"];
const HELD: [&str; 18] = [
    "type",
    "name",
    "runtime",
    "env",
    "rootDir",
    "buildCommand",
    "startCommand",
    "preDeployCommand",
    "healthCheckPath",
    "envVars",
    "schedule",
    "staticPublishPath",
    "numInstances",
    "disk",
    "dockerfilePath",
    "dockerContext",
    "dockerCommand",
    "maxShutdownDelaySeconds",
];

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in reader::files(repo, &NAMES) {
        let Some(document) = repo.document(&path) else { continue };
        for node in document.get("services").map(Node::items).unwrap_or_default() {
            if !is_resource(node) {
                dirs.insert(folder(repo, node, parent(&path)));
            }
        }
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &NAMES) {
        let Some(document) = repo.document(&path) else { continue };
        let mut reader = Reader::new("render.yaml", &path);
        reader.check(&document, "", &["services", "databases", "envVarGroups"]);
        read(repo, draft, &mut reader, &document);
        reader.finish(draft);
    }
}

/// What a name of the file stands for.
enum Target {
    Resource(Name),
    Service(usize),
}

fn read(repo: &Repository, draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    let services = document.get("services").map(Node::items).unwrap_or_default();
    let mut targets: BTreeMap<String, Target> = BTreeMap::new();
    for node in document.get("databases").map(Node::items).unwrap_or_default() {
        reader.check(node, "databases", &["name", "postgresMajorVersion"]);
        let Some(name) = node.get("name").and_then(Node::text) else { continue };
        let version = node.get("postgresMajorVersion").and_then(Node::scalar);
        let origin = reader.origin("databases", node.line);
        let resource = provide_type(draft, name, "postgres", version, &origin);
        targets.insert(name.to_owned(), Target::Resource(resource));
    }
    for node in services.iter().filter(|node| is_resource(node)) {
        let Some(name) = node.get("name").and_then(Node::text) else { continue };
        reader.check(node, "services", &["name", "type"]);
        let origin = reader.origin("services", node.line);
        let resource = provide_type(draft, name, "redis", None, &origin);
        targets.insert(name.to_owned(), Target::Resource(resource));
    }
    let mut taken = Vec::new();
    let own: Vec<&Node> =
        services.iter().filter(|node| !is_resource(node) && kind(node) != Kind::Job).collect();
    let mut indexes = Vec::new();
    for node in &own {
        reader.check(node, "services", &HELD);
        let name = node.get("name").and_then(Node::text).unwrap_or("app");
        let dir = folder(repo, node, parent(reader.file));
        let process = Process { name, dir: &dir, kind: Some(kind(node)), is_one_of_many: own.len() > 1 };
        let origin = reader.origin(&format!("service {name}"), node.line);
        let index = find_or_add(draft, &process, &mut taken, &origin);
        targets.insert(name.to_owned(), Target::Service(index));
        indexes.push(index);
    }
    for (node, index) in own.iter().zip(indexes) {
        fill(draft, reader, node, index);
        variables(draft, reader, document, node, index, &targets);
    }
    for node in services.iter().filter(|node| kind(node) == Kind::Job) {
        reader.check(node, "services", &HELD);
        cron(repo, draft, reader, node);
    }
}

fn is_resource(node: &Node) -> bool {
    matches!(node.get("type").and_then(Node::text), Some("redis" | "keyvalue"))
}

fn kind(node: &Node) -> Kind {
    let runtime = node.get("runtime").or_else(|| node.get("env")).and_then(Node::text);
    match node.get("type").and_then(Node::text) {
        Some("static") => Kind::Static,
        Some("web") if runtime == Some("static") => Kind::Static,
        Some("worker") => Kind::Worker,
        Some("cron") => Kind::Job,
        _ => Kind::Web,
    }
}

/// The folder a service is built in.
fn folder(repo: &Repository, node: &Node, dir: &str) -> String {
    let text = |key: &str| node.get(key).and_then(Node::text);
    let named = text("rootDir").or_else(|| text("dockerContext")).and_then(|path| resolve(dir, path));
    let built = || text("dockerfilePath").and_then(|file| reader::built_folder(repo, dir, file));
    named.filter(|folder| folder != dir).or_else(built).unwrap_or_else(|| dir.to_owned())
}

fn fill(draft: &mut Draft, reader: &Reader<'_>, node: &Node, index: usize) {
    if let Some(found) = node.get("preDeployCommand")
        && let Some(run) = reader::command(found)
    {
        reader.release(draft, index, run, "preDeployCommand", found.line);
    }
    let service = &mut draft.services[index].service;
    let is_static = service.kind.get() == Some(&Kind::Static);
    reader.build(service, node, "buildCommand");
    if is_static {
        if let Some(found) = node.get("staticPublishPath")
            && let Some(path) = found.text()
        {
            let path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
            service.static_dir.propose(path, reader.origin("staticPublishPath", found.line));
        }
        return;
    }
    reader.text(&mut service.start, node, "startCommand");
    reader.text(&mut service.start, node, "dockerCommand");
    if let Some(found) = node.get("healthCheckPath")
        && let Some(path) = found.text()
    {
        service.readiness.propose(Probe::http(path), reader.origin("healthCheckPath", found.line));
    }
    if let Some(found) = node.get("numInstances")
        && let Some(count) = found.integer().and_then(|count| u32::try_from(count).ok())
    {
        service.replicas.propose(count, reader.origin("numInstances", found.line));
    }
    if let Some(found) = node.get("maxShutdownDelaySeconds")
        && let Some(time) = seconds(found)
    {
        service.stop_grace_period.propose(time, reader.origin("maxShutdownDelaySeconds", found.line));
    }
    if let Some(path) = node.at(&["disk", "mountPath"]) {
        let origin = reader.origin("disk", path.line);
        service.volumes.extend(path.text().map(|path| Volume { path: path.to_owned(), origin }));
    }
}

fn variables(
    draft: &mut Draft,
    reader: &mut Reader<'_>,
    document: &Node,
    node: &Node,
    index: usize,
    targets: &BTreeMap<String, Target>,
) {
    for item in node.get("envVars").map(Node::items).unwrap_or_default() {
        if let Some(group) = item.get("fromGroup").and_then(Node::text) {
            let groups = document.get("envVarGroups").map(Node::items).unwrap_or_default();
            let known = groups.iter().find(|known| known.get("name").and_then(Node::text) == Some(group));
            match known {
                Some(known) => {
                    for item in known.get("envVars").map(Node::items).unwrap_or_default() {
                        variable(draft, reader, item, index, targets);
                    }
                }
                None => reader.leave(format!("fromGroup {group}"), item.line),
            }
        } else {
            variable(draft, reader, item, index, targets);
        }
    }
}

fn variable(
    draft: &mut Draft,
    reader: &mut Reader<'_>,
    item: &Node,
    index: usize,
    targets: &BTreeMap<String, Target>,
) {
    let Some(name) = item.get("key").and_then(Node::text) else { return };
    let origin = reader.origin("envVars", item.line);
    // Versions of runtimes are set by variables here.
    if let Some(tool) = super::runtime_variable(name)
        && let Some(value) = item.get("value").and_then(Node::scalar)
    {
        super::propose_version(&mut draft.services[index].service, tool, &value, origin);
        return;
    }
    let reference = item.get("fromDatabase").or_else(|| item.get("fromService"));
    let said = match reference {
        Some(node) => referred(draft, node, targets).unwrap_or_else(|| {
            let of = node.get("name").and_then(Node::text).unwrap_or_default();
            reader.leave(format!("{name} from {of}"), node.line);
            Said::Nothing
        }),
        None if item.get("generateValue").and_then(Node::bool) == Some(true) => Said::Generated,
        None => match item.get("value").and_then(Node::scalar) {
            Some(value) => Said::Value(value),
            None => Said::Nothing,
        },
    };
    set(&mut draft.services[index], name, &said, &origin);
}

/// What a `fromDatabase` or `fromService` stands for.
fn referred(draft: &Draft, node: &Node, targets: &BTreeMap<String, Target>) -> Option<Said> {
    let target = targets.get(node.get("name")?.text()?)?;
    let property = node.get("property").and_then(Node::text)?;
    Some(match target {
        Target::Resource(name) => {
            let attribute = match property {
                "connectionString" => "url",
                "host" => "host",
                "port" => "port",
                "user" => "username",
                "password" => "password",
                "database" => "database",
                _ => return None,
            };
            Said::Resource(name.clone(), attribute)
        }
        Target::Service(index) => {
            let attribute = match property {
                "host" => "host",
                "port" => "port",
                "hostport" => "hostport",
                _ => return None,
            };
            Said::Service(draft.services[*index].names.get()?.clone(), attribute)
        }
    })
}

/// A cron service is a job on a schedule.
fn cron(repo: &Repository, draft: &mut Draft, reader: &Reader<'_>, node: &Node) {
    let name = node.get("name").and_then(Node::text).unwrap_or("cron");
    let dir = folder(repo, node, parent(reader.file));
    let run = node.get("startCommand").or_else(|| node.get("dockerCommand"));
    let Some((run, line)) = run.and_then(|node| Some((reader::command(node)?, node.line))) else { return };
    let of = draft.services.iter().position(|service| service.service.path() == dir);
    let origin: Origin = reader.origin(&format!("cron {name}"), line);
    let job = Reader::job(draft, name, of, run, origin.clone());
    if of.is_none() {
        job.path.propose(dir, origin.clone());
    }
    job.on.propose(JobTrigger::Schedule, origin);
    reader.text(&mut job.schedule, node, "schedule");
}
