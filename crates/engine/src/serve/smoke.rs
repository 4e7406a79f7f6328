//! The new release is tried before it gets any traffic: what any visitor asks first, then what the project says.

use std::sync::Arc;
use std::time::Duration;

use seaworthy_model::{Name, Probe, ProbeAction};
use seaworthy_provision::task::{Line, Program, Task, Tasks};

use super::fetch;
use super::place::Place;
use super::running::Running;

/// The longest that one request may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Tries a release at its private addresses.
pub(super) async fn run(place: &Arc<Place>, running: &Arc<Running>) -> Result<(), String> {
    let release = &running.release;
    for (name, service) in release.web() {
        let paths = paths(service.route.get().is_some(), service.readiness.get());
        for endpoint in running.endpoints(place, name) {
            for path in &paths {
                let status = fetch::status(endpoint.port, path, ANSWERS_WITHIN).await;
                match status {
                    Ok(status) if status < 500 => {}
                    Ok(status) => return Err(format!("{name} answered GET {path} with {status}")),
                    Err(why) => return Err(format!("{name} did not answer GET {path}: {why}")),
                }
            }
        }
    }
    let environment = release.app.environments.get(&place.name);
    if let Some(command) = environment.and_then(|environment| environment.smoke.get()) {
        command_of(place, running, command).await?;
    }
    Ok(())
}

/// What is asked of a service: its probe, and its first page where visitors reach it.
fn paths(is_public: bool, readiness: Option<&Probe>) -> Vec<String> {
    let mut paths = Vec::new();
    if let Some(Probe { action: ProbeAction::Http(path), .. }) = readiness {
        paths.push(path.clone());
    }
    if is_public && !paths.iter().any(|path| path == "/") {
        paths.push("/".to_owned());
    }
    paths
}

/// Runs the project's own smoke test, which is told where the release is.
async fn command_of(place: &Arc<Place>, running: &Arc<Running>, command: &str) -> Result<(), String> {
    let release = &running.release;
    let mut env = std::collections::BTreeMap::new();
    let mut first = None;
    let address = |name: &Name| {
        let endpoint = running.endpoints(place, name).into_iter().next()?;
        Some(format!("http://127.0.0.1:{}", endpoint.port))
    };
    for (name, service) in release.web() {
        let Some(address) = address(name) else { continue };
        env.insert(
            format!("SEA_URL_{}", name.as_str().to_ascii_uppercase().replace('-', "_")),
            address.clone(),
        );
        if first.is_none() || service.route.get().map(String::as_str) == Some("/") {
            first = Some(address);
        }
    }
    env.extend(first.map(|address| ("SEA_URL".to_owned(), address)));
    env.insert("SEA_RELEASE".to_owned(), release.id.to_string());
    env.extend(running.search_path());
    let task = Task {
        name: "smoke".to_owned(),
        program: Program::Shell(command.to_owned()),
        dir: release.tree.clone(),
        env,
        bin_dirs: Vec::new(),
        user: None,
    };
    let told = |line: Line| place.tell(Some(&release.id), line.text);
    place.tasks(running.hidden()).run(&task, &told).await.map_err(|error| error.to_string())
}
