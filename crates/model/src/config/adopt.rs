//! A service that `seaworthy.toml` declares under a name of its own is the one that was detected in its folder.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use super::apply::entries;
use crate::{App, Name};

impl Config {
    /// Gives detected services the names that people gave them. Where several services are declared in a folder, they
    /// say what runs there, and what was detected in it gives way; where several were detected, nobody can tell which
    /// one is meant, and all stay.
    pub(super) fn adopt(&self, app: &mut App) {
        let mut declared: BTreeMap<String, Vec<Name>> = BTreeMap::new();
        let mut named = BTreeSet::new();
        for (name, service) in entries(self.services.as_ref()) {
            named.insert(name.clone());
            let has_command = service.start.is_some() || service.dev.is_some() || service.r#static.is_some();
            if has_command && !app.services.contains_key(name) {
                let path = service.path.as_ref().map_or(".", |path| path.value.as_str());
                declared.entry(path.to_owned()).or_default().push(name.clone());
            }
        }
        for (path, newcomers) in declared {
            let detected: Vec<Name> = app
                .services
                .iter()
                .filter(|(name, service)| service.path() == path && !named.contains(*name))
                .map(|(name, _)| name.clone())
                .collect();
            match (&newcomers[..], &detected[..]) {
                ([to], [from]) => rename(app, from, Some(to)),
                ([_, _, ..], [from]) => rename(app, from, None),
                _ => {}
            }
        }
    }
}

/// Renames a service wherever it is named, or removes it.
fn rename(app: &mut App, from: &Name, to: Option<&Name>) {
    let Some(service) = app.services.remove(from) else { return };
    if let Some(to) = to {
        app.services.insert(to.clone(), service);
    }
    let placeholder = format!("${{services.{from}.");
    for service in app.services.values_mut() {
        if let (Some(dependency), Some(to)) = (service.depends_on.remove(from), to) {
            service.depends_on.insert(to.clone(), dependency);
        }
        for variable in service.env.values_mut() {
            match to {
                Some(to) => {
                    let renamed = format!("${{services.{to}.");
                    variable.value.each(|text| *text = text.replace(&placeholder, &renamed));
                }
                None => variable.value.retain(|evidence| !evidence.value.contains(&placeholder)),
            }
        }
    }
    for job in app.jobs.values_mut() {
        match to {
            Some(to) => job.service.each(|name| {
                if name == from {
                    *name = to.clone();
                }
            }),
            None => job.service.retain(|evidence| evidence.value != *from),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Source;
    use crate::{Condition, Origin, Service};

    use super::*;

    fn app() -> App {
        let mut app = App::default();
        let say = || Origin::detected("test");
        for (name, path) in [("detected", "."), ("web", "web")] {
            let mut service = Service::default();
            service.path.propose(path.to_owned(), say());
            service.start.propose(format!("start {name}"), say());
            service.port.propose(4000, say());
            app.services.insert(Name::from_text(name), service);
        }
        let web = app.services.get_mut(&Name::from_text("web")).unwrap();
        web.depend_on(Name::from_text("detected"), Condition::ServiceStarted, say());
        web.env
            .entry("API".to_owned())
            .or_default()
            .value
            .propose("${services.detected.url}".to_owned(), say());
        app
    }

    fn apply(text: &str) -> App {
        let mut app = app();
        let (config, diagnostics) = Config::parse(text);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        config.apply(&mut app, &Source::file("seaworthy.toml", text));
        app
    }

    fn names(app: &App) -> Vec<&str> {
        app.services.keys().map(Name::as_str).collect()
    }

    #[test]
    fn a_declared_service_takes_the_place_of_the_detected_one_in_its_folder() {
        let app = apply("[services.api]\nstart = \"mine\"\n");
        assert_eq!(names(&app), ["api", "web"]);
        let api = &app.services[&Name::from_text("api")];
        assert_eq!((api.start.get().unwrap().as_str(), api.port.get()), ("mine", Some(&4000)));
        let web = &app.services[&Name::from_text("web")];
        assert!(web.depends_on.contains_key(&Name::from_text("api")));
        assert_eq!(web.env["API"].value.get().unwrap(), "${services.api.url}");
    }

    #[test]
    fn several_declared_services_say_what_runs_in_a_folder() {
        let app = apply("[services.api]\nstart = \"a\"\n[services.worker]\nstart = \"b\"\n");
        assert_eq!(names(&app), ["api", "web", "worker"]);
        assert!(app.services[&Name::from_text("web")].depends_on.is_empty());
    }

    #[test]
    fn what_is_declared_by_its_detected_name_stays() {
        assert_eq!(
            names(&apply("[services.detected]\nport = 1\n[services.api]\nstart = \"a\"\n")),
            ["api", "detected", "web"]
        );
    }
}
