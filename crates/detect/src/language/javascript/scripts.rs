//! The scripts of `package.json` as commands of a service.

use seaworthy_model::{Kind, Origin};

use super::Manager;
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
    let dev =
        first(&["dev", "start:dev", "develop", "dev:server", "serve", "watch", "start"], &is_development)
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

/// The script runs a development server or watches.
pub(super) fn is_development(text: &str) -> bool {
    const SIGNS: [&str; 29] = [
        "react-scripts start",
        "ng serve",
        "vue-cli-service serve",
        "gatsby develop",
        "next dev",
        "nuxt dev",
        "nuxi dev",
        "nodemon",
        "--watch",
        "ts-node-dev",
        "tsnd",
        "tsx watch",
        "remix dev",
        "remix vite:dev",
        "react-router dev",
        "astro dev",
        "vite dev",
        "webpack serve",
        "webpack-dev-server",
        "nest start --watch",
        "nest start --debug",
        "wrangler dev",
        "vercel dev",
        "netlify dev",
        "docusaurus start",
        "expo start",
        "svelte-kit dev",
        "vinxi dev",
        "bun --hot",
    ];
    if SIGNS.iter().any(|sign| text.contains(sign)) {
        return true;
    }
    // Vite, Parcel, Astro and Eleventy serve for development when they are given no other command.
    let words: Vec<&str> = text.split(['&', ';', '|']).flat_map(str::split_whitespace).collect();
    words.iter().enumerate().any(|(index, word)| {
        let next = words.get(index + 1).copied().unwrap_or_default();
        match *word {
            "vite" | "parcel" => {
                (next.is_empty() || next.starts_with('-') || next.ends_with(".html") || next == "serve")
                    && !words.contains(&"build")
            }
            "eleventy" => words.contains(&"--serve"),
            _ => false,
        }
    })
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

/// The port that a command line sets: `--port 4000`, `-p 4000`, `PORT=4000`.
pub(crate) fn port_in(text: &str) -> Option<u16> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.iter().enumerate().find_map(|(index, word)| {
        let value = match word.split_once('=') {
            Some(("--port" | "-p" | "PORT" | "--server.port" | "--http-port", value)) => value,
            None if matches!(*word, "--port" | "-p" | "-l" | "--server.port") => words.get(index + 1)?,
            None if matches!(*word, "--bind" | "-b" | "--listen") => {
                words.get(index + 1)?.rsplit(':').next()?
            }
            Some(("--bind" | "-b", value)) => value.rsplit(':').next()?,
            _ => return None,
        };
        value.trim_matches(['"', '\'']).parse().ok().filter(|port| *port > 0)
    })
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
    let dev_of = |name: &str| [format!("dev:{name}"), format!("{name}:dev"), format!("worker:dev")];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_servers_are_told_from_the_rest() {
        for text in [
            "vite",
            "vite --host",
            "nodemon server.js",
            "node --watch a.js",
            "react-scripts start",
            "cross-env A=b vite",
        ] {
            assert!(is_development(text), "{text}");
        }
        for text in
            ["node server.js", "vite build", "vite preview", "next start", "nest start", "tsc && vite build"]
        {
            assert!(!is_development(text), "{text}");
        }
    }

    #[test]
    fn ports_in_command_lines() {
        for (text, port) in [
            ("next dev -p 4000", Some(4000)),
            ("vite --port=8080", Some(8080)),
            ("PORT=3001 node x", Some(3001)),
            ("gunicorn --bind 0.0.0.0:8000 a:b", Some(8000)),
            ("serve -s build -l 5000", Some(5000)),
            ("mkdir -p dist", None),
            ("uvicorn a:b --port $PORT", None),
        ] {
            assert_eq!(port_in(text), port, "{text}");
        }
    }
}
