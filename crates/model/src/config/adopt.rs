//! A service that `seaworthy.toml` declares under a name of its own is the one that was detected in its folder; a
//! resource is the one that was detected of its type.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use super::apply::entries;
use crate::{App, Name};

impl Config {
    /// Folders in which it declares something that starts, relative to the repository's root, each once.
    pub fn started_folders(&self) -> BTreeSet<String> {
        entries(self.services.as_ref())
            .filter(|(_, service)| service.start.is_some() || service.dev.is_some())
            .map(|(_, service)| service.path.as_ref().map_or(".", |path| path.value.as_str()).to_owned())
            .collect()
    }

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
        self.adopt_resources(app);
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

impl Config {
    /// Where one resource of a type is declared and one was detected, they are the same. Of several, nobody can tell.
    fn adopt_resources(&self, app: &mut App) {
        let mut declared: BTreeMap<&str, Vec<&Name>> = BTreeMap::new();
        let mut named = BTreeSet::new();
        for (name, resource) in entries(self.resources.as_ref()) {
            named.insert(name);
            if let Some(kind) = &resource.r#type {
                declared.entry(kind.value.as_str()).or_default().push(name);
            }
        }
        for (kind, newcomers) in declared {
            let is_new = |name: &&Name| !named.contains(*name);
            let detected = app
                .resources
                .iter()
                .filter(|(_, resource)| resource.r#type.get().is_some_and(|is| is == kind));
            let detected: Vec<Name> = detected.map(|(name, _)| name).filter(is_new).cloned().collect();
            if let ([to], [from]) = (&newcomers[..], &detected[..])
                && !app.resources.contains_key(*to)
            {
                rename_resource(app, from, to);
            }
        }
    }
}

/// Renames a resource wherever it is named.
fn rename_resource(app: &mut App, from: &Name, to: &Name) {
    let Some(resource) = app.resources.remove(from) else { return };
    app.resources.insert(to.clone(), resource);
    let (placeholder, renamed) = (format!("${{resources.{from}."), format!("${{resources.{to}."));
    for service in app.services.values_mut() {
        if let Some(dependency) = service.depends_on.remove(from) {
            service.depends_on.insert(to.clone(), dependency);
        }
        for variable in service.env.values_mut() {
            variable.value.each(|text| *text = text.replace(&placeholder, &renamed));
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
    fn a_declared_resource_is_the_detected_one_of_its_type() {
        let postgres = |name: &str, app: &mut App| {
            let mut resource = crate::Resource::default();
            resource.r#type.propose("postgres".to_owned(), Origin::detected("test"));
            resource.version.propose("15".to_owned(), Origin::detected("test"));
            app.resources.insert(Name::from_text(name), resource);
        };
        let apply = |detected: &[&str], text: &str| {
            let mut app = app();
            for name in detected {
                postgres(name, &mut app);
            }
            let web = app.services.get_mut(&Name::from_text("web")).unwrap();
            let say = || Origin::detected("test");
            web.depend_on(Name::from_text("postgres"), Condition::ServiceHealthy, say());
            web.env
                .entry("DB".to_owned())
                .or_default()
                .value
                .propose("${resources.postgres.url}".to_owned(), say());
            let (config, _) = Config::parse(text);
            config.apply(&mut app, &Source::file("seaworthy.toml", text));
            app
        };
        let names = |app: &App| app.resources.keys().map(Name::to_string).collect::<Vec<_>>();
        let db = "[resources.db]\ntype = \"postgres\"\n";
        let app = apply(&["postgres"], db);
        assert_eq!(names(&app), ["db"]);
        assert_eq!(app.resources[&Name::from_text("db")].version.get().unwrap(), "15");
        let web = &app.services[&Name::from_text("web")];
        assert!(web.depends_on.contains_key(&Name::from_text("db")));
        assert_eq!(web.env["DB"].value.get().unwrap(), "${resources.db.url}");
        assert_eq!(
            names(&apply(&["one", "postgres"], db)),
            ["db", "one", "postgres"],
            "which of them is meant?"
        );
        let two = format!("{db}[resources.audit]\ntype = \"postgres\"\n");
        assert_eq!(names(&apply(&["postgres"], &two)), ["audit", "db", "postgres"]);
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
