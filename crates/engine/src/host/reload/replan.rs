//! The model is read again, and only its difference is applied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seaworthy_detect::load;
use seaworthy_model::plan::Plan;
use seaworthy_model::{App, Name};
use serde_json::Value;

use crate::host::setup;
use crate::host::shared::Shared;
use crate::view::ProblemView;

/// Reads the model again. Members that are gone are stopped; those that are new or changed are returned. `None` when
/// the model is wrong: then the old one stays, and people are told.
pub(super) async fn replan(shared: &Arc<Shared>) -> Option<BTreeSet<Name>> {
    let (root, overrides) = (shared.state.worktree().to_owned(), shared.options.overrides.clone());
    // Detection reads files.
    let loaded = tokio::task::spawn_blocking(move || load(&root, &overrides)).await;
    let wrong = |message: String| {
        shared.add_problem(
            "replan",
            ProblemView {
                code: "model-wrong".to_owned(),
                message: format!("the model is wrong, so the last one stays in force: {message}"),
                next: Some("sea plan".to_owned()),
                members: Vec::new(),
            },
        );
    };
    let loaded = match loaded {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(error)) => {
            wrong(error.to_string());
            return None;
        }
        Err(_) => return None,
    };
    if loaded.has_errors() {
        let message =
            loaded.diagnostics.first().map_or_else(String::new, |diagnostic| diagnostic.message.clone());
        wrong(message);
        return None;
    }
    shared.clear_problem("replan");
    let (old, new) = (shared.app(), Arc::new(loaded.app));
    let Ok(only) = setup::selection(&new, &shared.options.only) else { return None };
    let changed = difference(&old, &new);
    let gone: Vec<Name> = old
        .services
        .keys()
        .chain(old.resources.keys())
        .filter(|name| !only.contains(*name))
        .cloned()
        .collect();
    shared.set_app(Arc::clone(&new), only);
    for name in gone {
        shared.supervisor.remove(name.as_str()).await;
        shared.forget(name.as_str());
    }
    setup::register(shared, &new);
    Some(changed)
}

/// Names of services and resources that are new or not what they were. Where a value was found does not count.
fn difference(old: &App, new: &App) -> BTreeSet<Name> {
    let (old, new) = (essence(old), essence(new));
    new.into_iter().filter(|(name, value)| old.get(name) != Some(value)).map(|(name, _)| name).collect()
}

/// What each member is, without origins and places.
fn essence(app: &App) -> BTreeMap<Name, Value> {
    let plan = Plan::new(app);
    let services = plan.services.iter().map(|service| (service.name.clone(), serde_json::to_value(service)));
    let resources =
        plan.resources.iter().map(|resource| (resource.name.clone(), serde_json::to_value(resource)));
    services
        .chain(resources)
        .filter_map(|(name, value)| Some((Name::parse(&name).ok()?, strip(value.ok()?))))
        .collect()
}

fn strip(mut value: Value) -> Value {
    const PLACES: [&str; 4] = ["origins", "used_at", "declared_at", "used_by"];
    match &mut value {
        Value::Object(object) => {
            object.retain(|key, _| !PLACES.contains(&key.as_str()));
            for (_, inner) in object.iter_mut() {
                *inner = strip(inner.take());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = strip(item.take())),
        _ => {}
    }
    value
}

#[cfg(test)]
mod tests {
    use seaworthy_model::{Origin, Place, Service};

    use super::*;

    fn app(services: &[(&str, &str, u32)]) -> App {
        let mut app = App::default();
        for (name, start, line) in services {
            let mut service = Service::default();
            let origin = Origin { place: Some(Place::line("Procfile", *line)), ..Origin::detected("test") };
            service.start.propose((*start).to_owned(), origin);
            app.services.insert(Name::from_text(name), service);
        }
        app
    }

    #[test]
    fn only_what_is_another_value_is_a_difference() {
        let old = app(&[("api", "node a.js", 1), ("web", "node w.js", 2)]);
        let new = app(&[("api", "node b.js", 1), ("web", "node w.js", 7), ("worker", "node x.js", 3)]);
        let changed: Vec<String> = difference(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(changed, ["api", "worker"]);
    }
}
