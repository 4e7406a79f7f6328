//! Jobs: those of a release as Job, those with a schedule as `CronJob`, those that a person starts as a suspended `CronJob`.

use seaworthy_model::placeholder::Template;
use seaworthy_model::{JobTrigger, Name};

use super::edges::Edges;
use super::object::{self, Object, Phase};
use super::scene::Scene;
use super::{env, identity, network, pod, service, volume};
use crate::print::Node;
use crate::{Build, Instance, Output, Task, join, node};

/// The component of a job's objects.
const COMPONENT: &str = "job";

/// What a job needs.
pub(crate) struct JobObjects {
    /// Its objects.
    pub(crate) objects: Vec<Object>,
    /// The name and the values of its `ConfigMap`, where it does not run with that of a service.
    pub(crate) config: Option<(String, Vec<(String, String)>)>,
}

/// A job's objects.
pub(crate) fn objects(
    scene: &Scene<'_>,
    edges: &Edges,
    task: &Task<'_>,
    output: &mut Output,
) -> Option<JobObjects> {
    let Some(runner) = scene.deployment.image_of(task) else {
        output.lose(
            scene.target,
            format!("jobs.{}", task.name),
            "no service is built that it could run with",
            "it is left out: name a `service` in the job",
        );
        return None;
    };
    let name = scene.job(task);
    let mut quiet = Output::default();
    // What its environment loses, its service has told.
    let losses = if task.service.is_some() { &mut quiet } else { &mut *output };
    let env = env::of(scene, task.name.as_str(), &runner.env, losses);
    let config = if task.service.is_some() { scene.config(runner) } else { config_of(name) };
    lose(scene, task, runner, output);

    let command = pod::command(&command_line(scene, task, output));
    let work = work(scene, task, runner, &env, &config, command);
    let workload = match task.on {
        JobTrigger::Release => {
            let labels = object::labels(scene, name, COMPONENT);
            object::new("batch/v1", "Job", name, labels, work).in_phase(Phase::Release)
        }
        JobTrigger::Schedule | JobTrigger::Manual => cron(scene, task, name, work),
    };
    let account = identity::account(scene, name, COMPONENT);
    let policy = network::policy(scene, edges, name, COMPONENT, None, false);
    let own = task.service.is_none().then_some((config, env.config));
    Some(JobObjects { objects: vec![account, workload, policy], config: own })
}

fn config_of(name: &str) -> String {
    format!("{name}-config")
}

fn cron(scene: &Scene<'_>, task: &Task<'_>, name: &str, work: Node) -> Object {
    let is_manual = task.on == JobTrigger::Manual;
    let manual = || {
        let how = format!("Never by itself: kubectl create job --from=cronjob/{name} {name}-1");
        Node::from(true).comment(how)
    };
    let schedule = task.schedule.filter(|_| !is_manual).unwrap_or("@yearly");
    let spec = Node::map([
        ("schedule", Some(schedule.into())),
        ("timeZone", Some(task.timezone.unwrap_or("Etc/UTC").into())),
        ("suspend", is_manual.then(manual)),
        ("concurrencyPolicy", Some("Forbid".into())),
        // A start that was missed by more than this is left out, instead of all missed ones being made up for.
        ("startingDeadlineSeconds", Some(300.into())),
        ("successfulJobsHistoryLimit", Some(3.into())),
        ("failedJobsHistoryLimit", Some(3.into())),
        ("jobTemplate", Some(node!({ "spec": work }))),
    ]);
    object::new("batch/v1", "CronJob", name, object::labels(scene, name, COMPONENT), spec)
        .in_phase(Phase::Run)
}

/// The `spec` of a job.
fn work(
    scene: &Scene<'_>,
    task: &Task<'_>,
    runner: &Instance<'_>,
    env: &env::PodEnv,
    config: &str,
    command: Node,
) -> Node {
    let name = scene.job(task);
    let has_config = service::env_from(scene, runner, env).is_some();
    let container = Node::map([
        ("name", Some(name.into())),
        ("image", Some(service::tagged_image(scene, runner).into())),
        ("command", Some(command)),
        ("workingDir", folder(scene, task, runner).ok().flatten().map(Node::from)),
        ("envFrom", has_config.then(|| node!([{ "configMapRef": { "name": config } }]))),
        ("env", Node::List(env.entries.clone()).filled()),
        ("resources", Some(pod::resources(runner.cpu, runner.memory))),
        ("securityContext", Some(pod::container_security(true))),
        ("volumeMounts", Some(Node::List(volume::mounts(&std::collections::BTreeMap::new())))),
    ]);
    node!({
        // One that is still failing after this many tries, ever further apart, needs a person.
        "backoffLimit": 5,
        "template": {
            "metadata": { "labels": (object::labels(scene, name, COMPONENT)) },
            "spec": {
                "serviceAccountName": name,
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "securityContext": (pod::own_security(false)),
                "restartPolicy": "Never",
                "containers": [container],
                "volumes": [(volume::scratch("tmp"))],
            },
        },
    })
}

/// The folder of the image that a job runs in, where it is not the image's own; an error where the image does not hold
/// it.
fn folder<'t>(scene: &Scene<'_>, task: &Task<'t>, runner: &Instance<'_>) -> Result<Option<String>, &'t str> {
    // One that names a service and no folder runs in that of the service.
    let Some(job) = scene.deployment.app.jobs.get(task.name) else { return Ok(None) };
    let says_service_alone = job.path.is_empty() && !job.service.is_empty();
    if says_service_alone && !names_file_of_root(scene, task, runner) || task.path == runner.path() {
        return Ok(None);
    }
    let build = Build::of(runner, &scene.deployment, scene.input.sources);
    let inside = match build.context.as_str() {
        "." => Some(task.path),
        context if context == task.path => Some("."),
        context => task.path.strip_prefix(context).and_then(|rest| rest.strip_prefix('/')),
    };
    inside.map(|inside| Some(volume::home(inside))).ok_or(task.path)
}

/// Its command names a file that is not in the folder of its service, but is in the repository.
fn names_file_of_root(scene: &Scene<'_>, task: &Task<'_>, runner: &Instance<'_>) -> bool {
    let sources = scene.input.sources;
    task.run.split_whitespace().any(|word| sources.has(word) && !sources.has(&join(runner.path(), word)))
}

/// The shell command with what its placeholders stand for; a shell reads secrets from the environment.
fn command_line(scene: &Scene<'_>, task: &Task<'_>, output: &mut Output) -> String {
    let run = task.run;
    // A shell's own `${NAME}` is no placeholder of the model, and stays as it is.
    let Ok(template) = Template::parse(run) else { return run.to_owned() };
    let text = scene.resolve(&template, str::to_owned, |secret| format!("${{{secret}}}"));
    text.unwrap_or_else(|| {
        output.lose(
            scene.target,
            format!("jobs.{}.run", task.name),
            "nothing says what its placeholders stand for",
            "the command holds them as they are: give the environment what they name",
        );
        run.to_owned()
    })
}

fn lose(scene: &Scene<'_>, task: &Task<'_>, runner: &Instance<'_>, output: &mut Output) {
    let subject = |field: &str| format!("jobs.{}{field}", task.name);
    if let Err(path) = folder(scene, task, runner) {
        output.lose(
            scene.target,
            subject(".path"),
            format!("the image of {} is built from a folder that does not hold `{path}`", runner.name),
            "it runs in the folder of that image: move what it runs there, or name another `service`",
        );
    }
    if keeps_files(scene, runner) {
        output.lose(
            scene.target,
            subject(".volumes"),
            format!("the files that {} keeps are on the volume of its pods alone", runner.name),
            "the job does not see them",
        );
    }
    match task.on {
        JobTrigger::Release if scene.target == "kubernetes" => output.lose(
            scene.target,
            subject(".on"),
            "applying objects knows no release: what runs before it and what after",
            "the label sea/phase tells: `release` goes first, `run` when its jobs are through; the steps stand in \
             kustomization.yaml",
        ),
        JobTrigger::Manual => output.lose(
            scene.target,
            subject(".on"),
            "Kubernetes has no job that waits for a person",
            format!("a suspended CronJob: kubectl create job --from=cronjob/{0} {0}-1", scene.job(task)),
        ),
        JobTrigger::Release | JobTrigger::Schedule => {}
    }
}

fn keeps_files(scene: &Scene<'_>, runner: &Instance<'_>) -> bool {
    let is_file =
        |name: &Name| scene.deployment.backing(name).is_some_and(|backing| backing.kind == "sqlite");
    !volume::kept(scene, runner, &mut Output::default()).is_empty()
        || runner.needs.iter().any(|name| is_file(name))
}
