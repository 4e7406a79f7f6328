//! `railway.json` and `railway.toml`: one service in the folder of the file.

use std::collections::BTreeSet;

use seaworthy_model::{JobTrigger, Kind, Probe};

use super::process::{Process, find_or_add};
use super::reader::{self, Reader};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, parent};

const NAMES: [&str; 2] = ["railway.json", "railway.toml"];

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in reader::files(repo, &NAMES) {
        dirs.insert(parent(&path).to_owned());
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &NAMES) {
        let Some(document) = repo.document(&path) else { continue };
        let title = if path.ends_with("toml") { "railway.toml" } else { "railway.json" };
        let mut reader = Reader::new(title, &path);
        reader.check(&document, "", &["build", "deploy"]);
        read(draft, &mut reader, &document);
        reader.finish(draft);
    }
}

fn read(draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    let empty = Node::default();
    let build = document.get("build").unwrap_or(&empty);
    let deploy = document.get("deploy").unwrap_or(&empty);
    reader.check(build, "build", &["buildCommand"]);
    reader.check(
        deploy,
        "deploy",
        &["startCommand", "preDeployCommand", "healthcheckPath", "numReplicas", "cronSchedule"],
    );
    let dir = parent(reader.file).to_owned();
    let origin = reader.origin("", 1);
    let schedule = deploy.get("cronSchedule").filter(|node| node.text().is_some());
    let start = deploy.get("startCommand").and_then(reader::command);
    if let Some(schedule) = schedule {
        // With a schedule the service is started at its times and runs to its end.
        let of = draft.services.iter().position(|known| known.service.path() == dir);
        let own = of.and_then(|index| draft.services[index].service.start.get().cloned());
        let Some(run) = start.or(own) else { return };
        let origin = reader.origin("deploy.cronSchedule", schedule.line);
        let job = Reader::job(draft, "cron", of, run, origin.clone());
        job.on.propose(JobTrigger::Schedule, origin);
        reader.text(&mut job.schedule, deploy, "cronSchedule");
        return;
    }
    let process = Process { name: "app", dir: &dir, kind: None, is_one_of_many: false };
    let index = find_or_add(draft, &process, &mut Vec::new(), &origin);
    let service = &mut draft.services[index].service;
    reader.build(service, build, "buildCommand");
    if service.kind.get() != Some(&Kind::Static) {
        reader.text(&mut service.start, deploy, "startCommand");
        if let Some(node) = deploy.get("healthcheckPath")
            && let Some(path) = node.text()
        {
            service.readiness.propose(Probe::http(path), reader.origin("deploy.healthcheckPath", node.line));
        }
    }
    if let Some(node) = deploy.get("numReplicas")
        && let Some(count) = node.integer().and_then(|count| u32::try_from(count).ok())
    {
        service.replicas.propose(count, reader.origin("deploy.numReplicas", node.line));
    }
    if let Some(node) = deploy.get("preDeployCommand") {
        let commands: Vec<&str> = node.texts();
        if !commands.is_empty() {
            reader.release(draft, index, commands.join(" && "), "deploy.preDeployCommand", node.line);
        }
    }
}
