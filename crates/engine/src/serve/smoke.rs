//! The new release is tried before it gets any traffic: what any visitor asks first, what users ask the release before, then what
//! the project says.

use std::sync::Arc;
use std::time::Duration;

use seaworthy_model::{Name, Probe, ProbeAction, Service};
use seaworthy_provision::task::{Line, Program, Task, Tasks};

use super::errors::Trial;
use super::fetch;
use super::place::Place;
use super::running::Running;

/// The longest that one request may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Paths of a service, of those that users ask for most, that are asked of a new release.
const RECORDED: usize = 20;

/// Tries a release at its private addresses, beside the one that serves.
pub(super) async fn run(
    place: &Arc<Place>,
    running: &Arc<Running>,
    stable: Option<&Arc<Running>>,
) -> Result<(), String> {
    let trial = stable.map(|stable| Trial::begin(place, running, stable));
    as_visitors(place, running).await?;
    if let Some(stable) = stable {
        as_users(place, running, stable).await?;
    }
    let environment = running.release.app.environments.get(&place.name);
    if let Some(command) = environment.and_then(|environment| environment.smoke.get()) {
        command_of(place, running, command).await?;
    }
    match trial {
        Some(trial) => trial.end().await,
        None => Ok(()),
    }
}

/// Asks every instance what any visitor asks first.
async fn as_visitors(place: &Arc<Place>, running: &Arc<Running>) -> Result<(), String> {
    for (name, service) in running.release.web() {
        for endpoint in running.endpoints(place, name) {
            for path in &paths(service.route.get().is_some(), service.readiness.get()) {
                let status = fetch::status(endpoint.port, path, ANSWERS_WITHIN).await;
                match status {
                    Ok(status) if status < 500 => {}
                    Ok(status) => return Err(format!("{name} answered GET {path} with {status}")),
                    Err(why) => return Err(format!("{name} did not answer GET {path}: {why}")),
                }
            }
        }
    }
    Ok(())
}

/// Asks both releases what users ask. A failure counts where the release that serves does not fail at the same: without the
/// users' cookies some answers are errors of any release.
async fn as_users(place: &Arc<Place>, running: &Arc<Running>, stable: &Arc<Running>) -> Result<(), String> {
    for (name, _) in running.release.web() {
        let first = |running: &Arc<Running>| running.endpoints(place, name).into_iter().next();
        let (Some(new), Some(old)) = (first(running), first(stable)) else { continue };
        let often = place.recorded().often(name.as_str(), RECORDED);
        for path in often {
            let (new, old) = tokio::join!(
                fetch::status(new.port, &path, ANSWERS_WITHIN),
                fetch::status(old.port, &path, ANSWERS_WITHIN)
            );
            let is_bad = |answer: &Result<u16, String>| answer.as_ref().map_or(true, |status| *status >= 500);
            if is_bad(&new) && !is_bad(&old) {
                let what = new.map_or_else(|why| format!("nothing ({why})"), |status| status.to_string());
                return Err(format!(
                    "{name} answered GET {path}, which users ask for, with {what}; the release before does not"
                ));
            }
        }
    }
    Ok(())
}

/// What users ask a service, and what any visitor asks first.
pub(super) fn questions(place: &Place, name: &Name, service: &Service) -> Vec<String> {
    let mut questions = paths(service.route.get().is_some(), service.readiness.get());
    let often = place.recorded().often(name.as_str(), RECORDED);
    questions.extend(often.into_iter().filter(|path| !questions.contains(path)).collect::<Vec<_>>());
    questions
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
