//! A job: on a release before the services, by hand in a profile of its own.

use seaworthy_model::{JobTrigger, Kind};

use super::ID;
use super::flavour::Project;
use super::service::{base, escape, full_command, hardened, limits, logging, needs};
use crate::output::Output;
use crate::print::Node;
use crate::target::dockerfile;
use crate::{Instance, Task, join};

/// It has an image to run in.
pub(super) fn runs(project: &Project<'_>, task: &Task<'_>) -> bool {
    image_of(project, task).is_some()
}

fn image_of<'p>(project: &'p Project<'_>, task: &Task<'_>) -> Option<&'p Instance<'p>> {
    project.deployment.image_of(task).filter(|instance| instance.kind != Kind::Static)
}

pub(super) fn make(project: &Project<'_>, task: &Task<'_>, output: &mut Output) -> Option<Node> {
    let Some(instance) = image_of(project, task) else {
        output.lose(
            ID,
            format!("jobs.{}", task.name),
            "no service has an image that it could run in",
            "say with `service` whose image it runs in",
        );
        return None;
    };
    let image = project.images.get(instance.name)?;
    if task.on == JobTrigger::Schedule && project.is_production() {
        let zone = task.timezone.map(|zone| format!(" ({zone})")).unwrap_or_default();
        output.lose(
            ID,
            format!("jobs.{}.schedule", task.name),
            format!("Compose has no scheduler for `{}`{zone}", task.schedule.unwrap_or_default()),
            format!(
                "a timer of the host runs `docker compose -f compose.production.yaml run --rm {}`",
                project.task_name(task.name)
            ),
        );
    }
    let parts = base(project, instance, image, output);
    let words = dockerfile::words(project.input, project.deployment, instance, task.run);
    let place = place(project, instance, task, &words);
    let Some(folder) = dockerfile::folder(&image.build, &place) else {
        output.lose(
            ID,
            format!("jobs.{}", task.name),
            format!(
                "the image of {} is built from {} and has no {place}",
                instance.name, image.build.context
            ),
            "what it runs has to be in the service's folder, or another `service` named",
        );
        return None;
    };
    let folder = (folder != image.folder).then_some(folder);
    let profile = match task.on {
        JobTrigger::Release => None,
        JobTrigger::Schedule | JobTrigger::Manual => Some(Node::flow(["jobs"])),
    };
    let mut entries = parts.built;
    entries.push(("profiles", profile));
    let words = match &parts.environment.entrypoint {
        // An entrypoint of its own takes the image's init away.
        Some(_) => full_command(image, &words),
        None => words.iter().map(|word| escape(word)).collect(),
    };
    entries.push(("entrypoint", parts.environment.entrypoint));
    entries.push(("command", Some(Node::flow(words))));
    entries.push(("working_dir", folder.map(Node::from)));
    entries.push(("environment", parts.environment.variables.filled()));
    entries.push(("secrets", parts.environment.secrets.filled()));
    let volumes = project.volumes_of(instance).into_iter().map(|(name, path)| format!("{name}:{path}"));
    entries.push(("volumes", Node::list(volumes).filled()));
    // A release's job is before all services, so it can wait for resources only.
    let mut first = needs(project, instance);
    first.retain(|(name, _)| project.deployment.backings.iter().any(|backing| backing.name.as_str() == name));
    entries.push(("depends_on", Node::map(first).filled()));
    entries.push(("healthcheck", image.check.as_ref().map(|_| crate::node!({ "disable": true }))));
    entries.push(("restart", Some("no".into())));
    if project.is_production() {
        entries.extend(hardened(image));
    }
    entries.push(("deploy", Some(crate::node!({ "resources": (limits(instance.memory, instance.cpu)) }))));
    entries.push(("logging", Some(logging())));
    Some(Node::map(entries))
}

/// The folder of the repository that a job runs in: where the files are that its command names, else its service's.
fn place(project: &Project<'_>, instance: &Instance<'_>, task: &Task<'_>, words: &[String]) -> String {
    let has = |folder: &str| {
        words
            .iter()
            .filter(|word| word.contains(['/', '.']))
            .any(|word| project.input.sources.has(&join(folder, word)))
    };
    let folders = [instance.path(), task.path];
    let usual = if task.path == "." { instance.path() } else { task.path };
    folders.into_iter().find(|folder| has(folder)).unwrap_or(usual).to_owned()
}
