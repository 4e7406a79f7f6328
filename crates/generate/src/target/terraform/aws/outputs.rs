//! What the pipeline and people need to know.

use seaworthy_model::JobTrigger;

use super::super::module::Module;
use super::super::settings::{Content, Settings};
use crate::identifier;
use crate::print::hcl::Body;

pub(super) fn body(module: &Module<'_>, settings: &Settings) -> Body {
    let mut body = Body::new();
    if super::has_public(module) {
        body = body.append(output("url", "Where people reach the app", |body| {
            body.expression("value", "\"https://${var.domain}\"")
        }));
    }
    body = body.append(output("cluster", "The cluster that runs services and jobs", |body| {
        body.expression("value", "aws_ecs_cluster.this.name")
    }));
    let instances = &module.deployment.instances;
    if !instances.is_empty() {
        let repositories = instances.iter().fold(Body::new(), |object, one| {
            let id = identifier(one.name.as_str());
            object.expression(&id, &format!("aws_ecr_repository.{id}.repository_url"))
        });
        body = body.append(output(
            "repositories",
            "Where the pipeline pushes the image of each service",
            |body| body.object("value", repositories),
        ));
    }
    let released = module.deployment.tasks.iter().filter(|task| task.on == JobTrigger::Release);
    let released = released.filter_map(|task| Some((task, module.runner(task.service)?)));
    let jobs = released.fold(Body::new(), |object, (task, runner)| {
        let id = identifier(task.name.as_str());
        let service = identifier(runner.name.as_str());
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
            |body| body.object("value", jobs),
        ));
    }
    let outside = settings.secrets.iter().filter(|secret| matches!(secret.content, Content::Outside(_)));
    let secrets = outside.fold(Body::new(), |object, secret| {
        object.expression(&secret.id, &format!("aws_secretsmanager_secret.{}.name", secret.id))
    });
    if !secrets.is_empty() {
        body = body.append(output(
            "secrets_to_fill",
            "Secrets that are made empty: fill them with `aws secretsmanager put-secret-value`, or services do not start",
            |body| body.object("value", secrets),
        ));
    }
    body
}

fn output(name: &str, description: &str, value: impl FnOnce(Body) -> Body) -> Body {
    Body::new().block(&["output", name], value(Body::new().text("description", description)))
}
