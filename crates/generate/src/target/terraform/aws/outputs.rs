//! What the pipeline and people need to know.

use seaworthy_model::JobTrigger;

use super::super::module::Module;
use super::super::module::handle;
use super::super::settings::Settings;
use super::super::variables::output;
use crate::print::hcl::{Body, Value};

pub(super) fn body(module: &Module<'_>, settings: &Settings) -> Body {
    let mut body = Body::new();
    if module.has_public() {
        body = body.append(output(
            "url",
            "Where people reach the app",
            Value::expression("\"https://${var.domain}\""),
        ));
    }
    body = body.append(output(
        "cluster",
        "The cluster that runs services and jobs",
        Value::expression("aws_ecs_cluster.this.name"),
    ));
    let instances = &module.deployment.instances;
    if !instances.is_empty() {
        let repositories = instances.iter().fold(Body::new(), |object, one| {
            let id = handle(one.name);
            object.expression(&id, &format!("aws_ecr_repository.{id}.repository_url"))
        });
        body = body.append(output(
            "repositories",
            "Where the pipeline pushes the image of each service",
            Value::Object(repositories),
        ));
    }
    let released = module.deployment.tasks.iter().filter(|task| task.on == JobTrigger::Release);
    let released = released.filter_map(|task| Some((task, module.runner(task.service)?)));
    let jobs = released.fold(Body::new(), |object, (task, runner)| {
        let id = handle(task.name);
        let service = handle(runner.name);
        let job = Body::new()
            .expression("task_definition", &format!("aws_ecs_task_definition.job_{id}.arn"))
            .expression("subnets", "aws_subnet.private[*].id")
            .expression("security_groups", &format!("[aws_security_group.{service}.id]"));
        object.object(&id, job)
    });
    if !jobs.is_empty() {
        body = body.append(output(
            "release_jobs",
            "What the pipeline runs with `aws ecs run-task` before a release takes over",
            Value::Object(jobs),
        ));
    }
    let outside = settings.outside();
    let secrets = outside.fold(Body::new(), |object, secret| {
        object.expression(&secret.id, &format!("aws_secretsmanager_secret.{}.name", secret.id))
    });
    if !secrets.is_empty() {
        body = body.append(output(
            "secrets_to_fill",
            "Secrets that are made empty: fill them with `aws secretsmanager put-secret-value`, or services do not start",
            Value::Object(secrets),
        ));
    }
    body
}
