//! A Helm chart: the objects of the target `kubernetes`, with values where environments differ: tag, replicas, host,
//! resources and plain variables. Templates are as plain as they can be: no helpers, no names that are computed.

mod marks;
mod template;
mod values;

use super::Target;
use super::kubernetes::{app::Objects, diff, environments, lose, lose_routes, scene::Scene, secrets};
use crate::names::label;
use crate::print::yaml;
use crate::{Comment, Header, Input, Output, TemplateError, node};

pub(super) const TARGET: Target =
    Target { id: HELM, title: "Helm chart of the same Kubernetes objects", by_default: false, make };

const HELM: &str = "helm";

#[allow(clippy::unnecessary_wraps, reason = "targets with templates can fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let environments = environments(input);
    let scene = Scene::base(HELM, input, !environments.is_empty());
    if scene.deployment.instances.is_empty() && scene.deployment.tasks.is_empty() {
        return Ok(());
    }
    let app = label(input.name(), 63);
    let dir = format!("deploy/helm/{app}");
    let header = Header { target: HELM, app: input.name() };
    let objects = Objects::of(&scene, output);
    let templates = template::all(&scene, &objects);
    for (file, text) in &templates {
        output.file(&header, Comment::Helm, format!("{dir}/templates/{file}.yaml"), text);
    }

    let chart = node!({
        "apiVersion": "v2",
        "name": (app.as_str()),
        "description": (format!("Runs {app}.")),
        "type": "application",
        "version": "0.1.0",
    });
    output.file(&header, Comment::Hash, format!("{dir}/Chart.yaml"), &yaml(&chart));
    let base = values::of(&scene, &objects);
    output.file(&header, Comment::Hash, format!("{dir}/values.yaml"), &yaml(&base));

    let mut secrets = objects.secrets.clone();
    for name in environments {
        let Some(overlay) = Scene::overlay(HELM, input, name) else { continue };
        let objects = Objects::of(&overlay, output);
        let changed = diff::values(&base, &values::of(&overlay, &objects));
        let text = format!(
            "# helm upgrade --install {app} {dir} --namespace {} --values {dir}/values-{name}.yaml --set tag=TAG\n{}",
            overlay.namespace().unwrap_or_default(),
            yaml(&changed)
        );
        output.file(&header, Comment::Hash, format!("{dir}/values-{name}.yaml"), &text);
        if template::all(&overlay, &objects) != templates {
            output.lose(
                HELM,
                format!("environments.{name}"),
                "it differs from the other environments in more than values can say",
                "the chart is that of the app apart from any environment; the overlays of the target `kubernetes` \
                 say all of it",
            );
        }
        lose(&overlay, output);
        secrets.extend(objects.secrets);
    }
    if let Some(text) = secrets::example(&scene, &secrets) {
        output.file(&header, Comment::Hash, format!("{dir}/secrets.env.example"), &text);
    }
    let has_jobs = objects.has_release_jobs();
    if has_jobs && template::is_after_first(&scene) {
        output.lose(
            HELM,
            "jobs",
            "at the first installation, jobs of the release run after the services have started: what they need is \
             installed with them",
            "services start again until the jobs are through; every upgrade runs them first",
        );
    }
    lose_routes(&scene, output);
    Ok(())
}
