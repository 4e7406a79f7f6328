//! In which order services and resources start.

use std::collections::{BTreeMap, BTreeSet};

use crate::{App, Name};

/// What can start when: each wave needs only what the waves before it hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartOrder {
    /// Names of services and resources, wave by wave, each sorted.
    pub waves: Vec<Vec<Name>>,
    /// Names that wait for one another in a circle, or for such a circle.
    pub cyclic: Vec<Name>,
}

/// The start order of an app; names that exist nowhere are left out.
pub fn start_order(app: &App) -> StartOrder {
    let mut waiting: BTreeMap<&Name, BTreeSet<&Name>> =
        app.resources.keys().map(|name| (name, BTreeSet::new())).collect();
    for (name, service) in &app.services {
        let needs = service
            .depends_on
            .keys()
            .filter(|need| app.services.contains_key(*need) || app.resources.contains_key(*need));
        waiting.insert(name, needs.collect());
    }
    let mut order = StartOrder::default();
    while !waiting.is_empty() {
        let wave: Vec<&Name> =
            waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| *name).collect();
        if wave.is_empty() {
            order.cyclic = waiting.into_keys().cloned().collect();
            break;
        }
        for name in &wave {
            waiting.remove(*name);
        }
        for needs in waiting.values_mut() {
            for name in &wave {
                needs.remove(*name);
            }
        }
        order.waves.push(wave.into_iter().cloned().collect());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Condition, Origin, Resource, Service};

    fn app(edges: &[(&str, &[&str])]) -> App {
        let mut app = App::default();
        app.resources.insert(Name::from_text("db"), Resource::default());
        for (name, needs) in edges {
            let mut service = Service::default();
            for need in *needs {
                service.depend_on(Name::from_text(need), Condition::ServiceStarted, Origin::detected("test"));
            }
            app.services.insert(Name::from_text(name), service);
        }
        app
    }

    fn waves(order: &StartOrder) -> Vec<String> {
        order.waves.iter().map(|wave| wave.iter().map(Name::as_str).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn each_wave_needs_only_what_came_before() {
        let order = start_order(&app(&[("api", &["db"]), ("web", &["api", "nowhere"]), ("worker", &["db"])]));
        assert_eq!(waves(&order), ["db", "api worker", "web"]);
        assert!(order.cyclic.is_empty());
    }

    #[test]
    fn a_circle_is_named() {
        let order = start_order(&app(&[("a", &["b"]), ("b", &["a"]), ("c", &["db"])]));
        assert_eq!(waves(&order), ["db", "c"]);
        assert_eq!(order.cyclic, [Name::from_text("a"), Name::from_text("b")]);
    }
}
