//! Problems whose places are not all in `seaworthy.toml`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use seaworthy_model::config::{Config, Severity, Source};
use seaworthy_model::validate::{Problem, Site, ValidationContext, validate};
use seaworthy_model::{App, Condition, Field, Name, Origin, Place, PortSetting, Service, Variable};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn compose(line: u32) -> Origin {
    Origin::imported("compose.yaml services").at(Place::line("compose.yaml", line))
}

fn said<T>(value: T, origin: Origin) -> Field<T> {
    let mut field = Field::default();
    field.propose(value, origin);
    field
}

fn configured(app: &mut App, text: &str) -> Vec<Problem> {
    let (config, diagnostics) = Config::parse(text);
    assert_eq!(diagnostics, []);
    config.apply(app, &Source::file("seaworthy.toml", text));
    validate(app, &ValidationContext::new("seaworthy.toml", text))
}

#[test]
fn a_circle_across_files_names_both() {
    let mut app = App::default();
    let mut api = Service::default();
    api.depend_on(name("web"), Condition::ServiceStarted, compose(7));
    app.services.insert(name("api"), api);
    let text = "[services.web]\ndepends_on = [\"api\"]\n";
    let problems = configured(&mut app, text);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "`api` waits for itself: api -> web -> api");
    let expected = [
        Site::File { place: Place::line("compose.yaml", 7), label: "api -> web".to_owned() },
        Site::Config {
            span: text.find("\"api\"").map(|at| at..at + 5).unwrap(),
            label: "web -> api".to_owned(),
        },
    ];
    assert_eq!(problems[0].sites, expected);
    let diagnostic = problems[0].to_diagnostic().unwrap();
    assert_eq!(&text[diagnostic.span], "\"api\"");
    assert_eq!(
        diagnostic.note.as_deref(),
        Some("none of them can start first; also compose.yaml:7 (api -> web)")
    );
}

#[test]
fn what_another_file_says_wrongly_is_a_warning() {
    let mut app = App::default();
    let mut api = Service::default();
    api.depend_on(name("gone"), Condition::ServiceStarted, compose(3));
    let value = said("postgres://u:${PASSWORD:-hunter2}@db".to_owned(), compose(4));
    api.env.insert("URL".to_owned(), Variable { value, ..Variable::default() });
    app.services.insert(name("api"), api);
    let problems = validate(&app, &ValidationContext::default());
    assert_eq!(
        problems.iter().map(|problem| problem.code).collect::<Vec<_>>(),
        ["placeholder-root", "unknown-dependency"]
    );
    for problem in &problems {
        assert_eq!(problem.severity, Severity::Warning);
        assert!(matches!(problem.sites[..], [Site::File { .. }]));
        assert!(problem.to_diagnostic().is_none());
        assert!(!format!("{problem:?}").contains("hunter2"), "a secret in clear is not repeated");
    }
}

#[test]
fn default_ports_that_clash_are_a_warning_and_fixed_ones_an_error() {
    let mut app = App::default();
    for key in ["api", "web"] {
        let port = said(3000, Origin::detected("default port").guess());
        app.services.insert(name(key), Service { port, ..Service::default() });
    }
    let severity = |app: &App| validate(app, &ValidationContext::default())[0].severity;
    assert_eq!(severity(&app), Severity::Warning);
    for service in app.services.values_mut() {
        service.port_setting = said(PortSetting::Fixed, compose(1));
    }
    assert_eq!(severity(&app), Severity::Error);
    let movable = said(PortSetting::Env("PORT".to_owned()), compose(1));
    app.services.get_mut("web").unwrap().port_setting = movable;
    assert_eq!(validate(&app, &ValidationContext::default()), []);
}

#[test]
fn an_override_of_the_command_line_is_named() {
    let text = "jobs.digest.schedule=0 0 31 2 *";
    let mut app = App::default();
    let problems = configured(&mut app, "[jobs.digest]\nrun = \"true\"\nschedule = \"@daily\"\n");
    assert_eq!(problems, []);
    let (config, diagnostics) = Config::parse_override(text);
    assert_eq!(diagnostics, []);
    config.apply(&mut app, &Source::command_line(text));
    let problems = validate(&app, &ValidationContext::default());
    assert_eq!(problems[0].code, "never-runs");
    assert!(
        matches!(&problems[0].sites[..], [Site::Elsewhere { rule, .. }] if rule == "--set jobs.digest.schedule")
    );
}

#[test]
fn what_an_environment_overrides_is_found_there() {
    let text = "[services.api]\nenv = { A = \"1\" }\n[environments.eu.services.api.env]\nA = \"${resources.db.url}\"\n";
    let (config, _) = Config::parse(text);
    let source = Source::file("seaworthy.toml", text);
    let mut app = App::default();
    config.apply(&mut app, &source);
    assert_eq!(validate(&app, &ValidationContext::new("seaworthy.toml", text)), []);
    config.apply_environment(&name("eu"), &mut app, &source);
    let problems = validate(&app, &ValidationContext::new("seaworthy.toml", text));
    let diagnostic = problems[0].to_diagnostic().unwrap();
    assert_eq!(&text[diagnostic.span], "${resources.db.url}");
    assert_eq!(diagnostic.help.as_deref(), Some("add `[resources.db]` with its `type`"));
}

#[test]
fn a_path_that_leads_out_of_the_repository_is_found_through_its_service() {
    let mut app = App::default();
    let good = "[services.web]\npath = \"apps/web\"\nstatic = \"../dist\"\nwatch = [{ path = \"../../common\", action = \"restart\" }]\n";
    assert_eq!(configured(&mut app, good), []);
    let problems =
        configured(&mut App::default(), "[services.web]\npath = \"web\"\nstatic = \"../../dist\"\n");
    assert_eq!(problems[0].code, "path-outside");
}

#[test]
fn no_grace_and_a_cluster_without_a_context_are_fine() {
    let text = "[services.api]\nstop_grace_period = \"0s\"\n[environments.eu]\nengine = \"kubernetes\"\n";
    assert_eq!(configured(&mut App::default(), text), []);
}
