//! What a project says about its steps, put into those that are derived.

use std::collections::BTreeMap;

use seaworthy_model::{App, Name, PipelineStep, StepName};

use super::derive::Part;
use super::step::{Action, Inputs, Keep, Output, Stage, Step, StepId};
use crate::Error;

/// Adds, changes and leaves out steps as `app.pipeline` says. Each comes after those that it needs.
pub(super) fn adjust(
    mut steps: Vec<Step>,
    app: &App,
    workspaces: &BTreeMap<Name, String>,
) -> Result<Vec<Step>, Error> {
    if app.pipeline.steps.is_empty() {
        return Ok(steps);
    }
    for (name, said) in &app.pipeline.steps {
        let id = StepId::named(name);
        let is_skipped = said.skip.get().copied().unwrap_or(false);
        let index = steps.iter().position(|step| step.id == id);
        match index {
            Some(index) if is_skipped => leave_out(&mut steps, index),
            Some(index) => change(&mut steps[index], said, app),
            None if is_skipped => {}
            None => {
                if let Some(mut step) = added(name, said, app, workspaces, &steps) {
                    change(&mut step, said, app);
                    steps.push(step);
                }
            }
        }
    }
    // All of them are there by now, so that one can come after another whichever was said first.
    for (name, said) in &app.pipeline.steps {
        let id = StepId::named(name);
        let needs: Vec<StepId> =
            said.after.get().into_iter().flatten().flat_map(|after| meant(after, &id, &steps)).collect();
        if let Some(step) = steps.iter_mut().find(|step| step.id == id) {
            step.needs.extend(needs);
            step.needs.sort_unstable();
            step.needs.dedup();
        }
    }
    in_order(steps)
}

/// Nothing waits for what does not run; what it waited for itself is waited for instead.
fn leave_out(steps: &mut Vec<Step>, index: usize) {
    let gone = steps.remove(index);
    for step in steps {
        if step.needs.contains(&gone.id) {
            step.needs.retain(|need| *need != gone.id);
            step.needs.extend(gone.needs.iter().cloned());
            step.needs.sort_unstable();
            step.needs.dedup();
        }
    }
}

/// A step that nothing derives; nothing where it is not said what it runs.
fn added(
    name: &StepName,
    said: &PipelineStep,
    app: &App,
    workspaces: &BTreeMap<Name, String>,
    steps: &[Step],
) -> Option<Step> {
    let run = said.run.get()?;
    let (service, stage) = match name.service() {
        Some((service, stage)) => (Some(service), stage),
        None => (said.service.get(), said.stage.get().copied().unwrap_or(Stage::Test)),
    };
    let known = service.and_then(|name| Some((name, app.services.get(name)?)));
    let mut step = if let Some((service, model)) = known {
        let workspace = workspaces.get(service).map_or_else(|| model.path().to_owned(), Clone::clone);
        let installs = |step: &&Step| step.stage == Stage::Install && step.services.contains(service);
        let needs = steps.iter().filter(installs).map(|step| step.id.clone()).collect();
        let mut step = Part { name: service, service: model, workspace }.step(stage, run, needs);
        // What it makes is not what a build of its service makes.
        step.outputs.clear();
        step
    } else {
        let everything = Inputs::Paths(vec![".".to_owned()]);
        Step::new(StepId::named(name), stage, Action::Shell(run.clone()), everything)
    };
    step.id = StepId::named(name);
    Some(step)
}

fn change(step: &mut Step, said: &PipelineStep, app: &App) {
    if let Some(run) = said.run.get() {
        step.action = Action::Shell(run.clone());
    }
    if let Some(folder) = said.path.get() {
        folder.clone_into(&mut step.folder);
        // What it declares to read is still that of its service, and its own folder.
        step.inputs = match std::mem::replace(&mut step.inputs, Inputs::Everything) {
            Inputs::Folder { folder: service, .. } if service != *folder => {
                Inputs::Paths(vec![folder.clone(), service])
            }
            other => other,
        };
    }
    if let Some(inputs) = said.inputs.get() {
        step.inputs = Inputs::Paths(inputs.clone());
    }
    if let Some(outputs) = said.outputs.get() {
        step.outputs =
            outputs.iter().map(|path| Output { path: path.clone(), keep: Keep::Content }).collect();
    }
    for variable in said.env.get().into_iter().flatten() {
        let is_secret = app.secrets.contains_key(variable)
            || app
                .services
                .values()
                .any(|service| service.env.get(variable).is_some_and(|variable| variable.secret));
        if is_secret {
            step.secrets.insert(variable.clone());
        }
        step.env.insert(variable.clone());
    }
    if let Some(shards) = said.shards.get() {
        step.shares = usize::try_from(*shards).unwrap_or(1).max(1);
    }
    if let Some(retries) = said.retries.get() {
        step.retries = *retries;
    }
}

/// The steps that a name in `after` stands for.
fn meant(after: &StepName, own: &StepId, steps: &[Step]) -> Vec<StepId> {
    let id = StepId::named(after);
    if steps.iter().any(|step| step.id == id) {
        return vec![id];
    }
    let is_meant = |step: &&Step| match (after.service(), after.as_stage()) {
        // The install of a service may be that of its workspace, by another name.
        (Some((service, stage)), _) => step.stage == stage && step.services.contains(service),
        (None, Some(stage)) => step.stage == stage,
        (None, None) => step.services.contains(after.name()),
    };
    steps.iter().filter(is_meant).map(|step| step.id.clone()).filter(|id| id != own).collect()
}

/// Each after those that it needs, and otherwise as they were.
fn in_order(steps: Vec<Step>) -> Result<Vec<Step>, Error> {
    let mut waiting = steps;
    let mut done: Vec<Step> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_free =
            |step: &Step| step.needs.iter().all(|need| !waiting.iter().any(|other| other.id == *need));
        let Some(index) = waiting.iter().position(is_free) else {
            return Err(Error::Circle(waiting.iter().map(|step| step.id.to_string()).collect()));
        };
        done.push(waiting.remove(index));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use seaworthy_model::config::{Config, Source};

    use super::super::derive;
    use super::*;

    fn steps(more: &str) -> Result<Vec<Step>, Error> {
        let text = format!(
            "[services.api]\npath = \"api\"\ninstall = \"npm ci\"\ntest = \"npm test\"\nbuild = \"make\"\n\
             env = {{ KEY = \"${{secrets.KEY}}\" }}\n\
             [services.web]\npath = \"web\"\nbuild = \"vite build\"\n{more}"
        );
        let (config, diagnostics) = Config::parse(&text);
        assert_eq!(diagnostics, []);
        let mut app = App::default();
        config.apply(&mut app, &Source::file("seaworthy.toml", &text));
        derive(&app, &BTreeMap::new(), &|_| None)
    }

    fn ids(steps: &[Step]) -> Vec<&str> {
        steps.iter().map(|step| step.id.as_str()).collect()
    }

    #[test]
    fn a_step_is_added_with_what_its_service_has() {
        let all = steps(
            "[pipeline.steps.e2e]\nrun = \"npx playwright test\"\nservice = \"api\"\nafter = \"build\"\n\
             outputs = [\"report\"]\nshards = 3\n[pipeline.steps.audit]\nrun = \"make audit\"\nenv = [\"KEY\", \"LANG\"]\n",
        )
        .unwrap();
        assert_eq!(
            ids(&all),
            ["api:install", "api:test", "check", "scan", "api:build", "web:build", "audit", "e2e"]
        );
        let e2e = all.last().unwrap();
        assert_eq!(
            e2e.needs.iter().map(StepId::as_str).collect::<Vec<_>>(),
            ["api:build", "api:install", "web:build"]
        );
        assert_eq!((e2e.folder.as_str(), e2e.shares, e2e.stage), ("api", 3, Stage::Test));
        assert!(e2e.secrets.contains("KEY") && e2e.tests.is_some());
        let audit = &all[6];
        assert_eq!(audit.inputs, Inputs::Paths(vec![".".to_owned()]));
        assert!(audit.secrets.contains("KEY") && !audit.secrets.contains("LANG"), "{audit:?}");
    }

    #[test]
    fn a_derived_step_is_changed_or_left_out() {
        let all = steps(
            "[pipeline.steps.\"api:test\"]\nrun = \"npm run fast\"\ninputs = [\"api/src\"]\nretries = 2\n\
             [pipeline.steps.\"api:install\"]\nskip = true\n[pipeline.steps.check]\nskip = true\n",
        )
        .unwrap();
        assert_eq!(ids(&all), ["api:test", "scan", "api:build", "web:build"]);
        assert_eq!((all[0].action.to_string().as_str(), all[0].retries), ("npm run fast", 2));
        assert_eq!(all[0].inputs, Inputs::Paths(vec!["api/src".to_owned()]));
        assert_eq!(all[0].needs, [], "nothing waits for what does not run");
    }

    #[test]
    fn steps_that_wait_for_one_another_are_refused() {
        let all = steps(
            "[pipeline.steps.\"api:install\"]\nafter = \"web:build\"\n[pipeline.steps.\"web:build\"]\nafter = \"api:test\"\n",
        );
        assert!(matches!(all, Err(Error::Circle(names)) if names.len() == 4));
    }
}
