//! The scripts of `package.json` as commands of a service.

use seaworthy_model::{Kind, Origin};

use super::Manager;
use crate::command::{is_development, port_in};
use crate::document::Node;
use crate::project::{Project, Script, companion_of};

/// Reads the scripts and proposes the commands they stand for.
pub(super) fn read(document: &Node, path: &str, manager: Manager, project: &mut Project) {
    for entry in document.get("scripts").map(Node::entries).unwrap_or_default() {
        let Some(text) = entry.node.text() else { continue };
        let script = Script {
            text: text.to_owned(),
            call: manager.run(&entry.key),
            place: seaworthy_model::Place::line(path, entry.line),
        };
        project.scripts.insert(entry.key.to_string(), script);
    }
    propose(project);
}

/// Proposes commands from scripts of any manifest (`package.json`, `deno.json`).
pub(super) fn propose(project: &mut Project) {
    let origin =
        |name: &str, script: &Script| Origin::detected(format!("script {name}")).at(script.place.clone());
    let first = |names: &[&str], fits: &dyn Fn(&str) -> bool| {
        names.iter().find_map(|name| {
            let script = project.scripts.get(*name).filter(|script| fits(&script.text))?;
            Some((script.call.clone(), origin(name, script)))
        })
    };
    let any = |_: &str| true;
    // A script that starts everything at once also starts the other services: the server's own is wanted.
    let orchestrates = project.scripts.get("dev").is_some_and(|script| {
        ["concurrently", "npm-run-all", "run-p ", " & "].iter().any(|word| script.text.contains(word))
    });
    let own =
        ["server", "dev:server", "server:dev", "dev:api", "dev:backend", "api", "backend", "start:server"];
    let dev = first(if orchestrates { &own } else { &[] }, &any)
        .or_else(|| {
            first(&["dev", "start:dev", "develop", "dev:server", "serve", "watch", "start"], &is_development)
        })
        .or_else(|| first(&["dev", "start:dev", "develop"], &any));
    let build = first(&["build", "build:prod", "compile"], &any);
    let start = first(&["start:prod", "start", "serve", "prod", "production"], &|text| !is_development(text));
    let test = first(&["test", "test:unit", "tests"], &|text| !text.contains("no test specified"));
    let lint = first(&["lint", "lint:check", "eslint"], &any);
    let service = &mut project.service;
    let proposals = [
        (&mut service.dev, dev),
        (&mut service.build, build),
        (&mut service.start, start),
        (&mut service.test, test),
        (&mut service.lint, lint),
    ];
    for (field, proposal) in proposals {
        if let Some((command, origin)) = proposal {
            field.propose(command, origin);
        }
    }
}

/// Ports that the text of the chosen scripts sets.
pub(super) fn propose_ports(project: &mut Project) {
    for (name, script) in &project.scripts {
        let rank = match name.as_str() {
            "start" | "start:prod" => 0,
            "dev" | "start:dev" | "develop" | "serve" => 1,
            _ => continue,
        };
        if let Some(port) = port_in(&script.text) {
            let origin = Origin::detected(format!("script {name} sets the port")).at(script.place.clone());
            let origin = if rank == 0 { origin } else { origin.likely() };
            project.service.port.propose(port, origin);
        }
    }
}

/// Scripts that run a queue worker or a scheduler become services of their own beside a web service.
pub(super) fn add_workers(project: &mut Project) {
    if project.service.kind.get() == Some(&Kind::Worker) {
        return;
    }
    const NAMES: [&str; 8] = [
        "worker",
        "start:worker",
        "worker:start",
        "queue",
        "start:queue",
        "workers",
        "scheduler",
        "start:scheduler",
    ];
    let dev_of = |name: &str| [format!("dev:{name}"), format!("{name}:dev"), "worker:dev".to_string()];
    for name in NAMES {
        let Some(script) = project.scripts.get(name) else { continue };
        let mut worker = companion_of(&project.service);
        let origin = || Origin::detected(format!("script {name}")).at(script.place.clone());
        worker.kind.propose(Kind::Worker, origin());
        let field = if is_development(&script.text) { &mut worker.dev } else { &mut worker.start };
        field.propose(script.call.clone(), origin());
        let short = if name.contains("scheduler") {
            "scheduler"
        } else if name.contains("queue") {
            "queue"
        } else {
            "worker"
        };
        if let Some(dev) = dev_of(short).iter().find_map(|name| project.scripts.get(name)) {
            worker
                .dev
                .propose(dev.call.clone(), Origin::detected("development script").at(dev.place.clone()));
        }
        if !project.companions.iter().any(|(known, _)| known == short) {
            project.companions.push((short.to_owned(), worker));
        }
    }
}
