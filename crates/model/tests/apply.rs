//! `seaworthy.toml` put into an app that was detected, in layers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use seaworthy_model::Condition::{ServiceHealthy, ServiceStarted};
use seaworthy_model::config::{Config, Source};
use seaworthy_model::{
    App, Condition, Confidence, Field, Job, Kind, Layer, Name, Origin, Place, PortSetting, Resource, Service,
};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn said<T>(value: T, origin: Origin) -> Field<T> {
    let mut field = Field::default();
    field.propose(value, origin);
    field
}

/// A web service `api` on port 3000 that waits for `db`, a worker and a job, all detected.
fn detected() -> App {
    let mut app = App::default();
    let origin = || Origin::detected("package.json").at(Place::line("package.json", 5));
    let mut api = Service {
        port: said(3000, origin()),
        start: said("npm start".to_owned(), origin()),
        ..Service::default()
    };
    api.depend_on(name("db"), ServiceHealthy, origin());
    app.services.insert(name("api"), api);
    app.services.insert(name("worker"), Service::default());
    app.resources.insert(
        name("db"),
        Resource { r#type: said("postgres".to_owned(), origin()), ..Resource::default() },
    );
    app.jobs.insert(name("digest"), Job::default());
    app
}

fn apply(text: &str, app: &mut App) -> Config {
    let (config, diagnostics) = Config::parse(text);
    assert_eq!(diagnostics, []);
    config.apply(app, &Source::file("seaworthy.toml", text));
    config
}

fn needs(app: &App, service: &str) -> Vec<(String, Condition)> {
    let depends_on = &app.services[service].depends_on;
    depends_on.iter().map(|(name, need)| (name.to_string(), *need.condition.get().unwrap())).collect()
}

#[test]
fn what_is_written_wins_and_says_its_line() {
    let mut app = detected();
    apply("name = \"shop\"\n\n[services.api]\nport = 4000\nport_env = \"PORT\"\n", &mut app);
    let port = &app.services["api"].port;
    assert_eq!(port.all().iter().map(|evidence| evidence.value).collect::<Vec<_>>(), [4000, 3000]);
    let origin = port.origin().unwrap();
    assert_eq!(origin.layer, Layer::Config);
    assert_eq!(origin.confidence, Confidence::High);
    assert_eq!(origin.rule, "services.api.port");
    assert_eq!(origin.place, Some(Place::line("seaworthy.toml", 4)));
    assert_eq!(app.services["api"].start.get().unwrap(), "npm start");
    assert_eq!(app.services["api"].port_setting.get(), Some(&PortSetting::Env("PORT".to_owned())));
    assert_eq!(app.name.get().unwrap().as_str(), "shop");
}

#[test]
fn what_was_not_detected_is_created_and_what_is_not_enabled_is_gone() {
    let mut app = detected();
    apply(
        "[services.web]\npath = \"web\"\nstatic = \"dist\"\n[services.worker]\nenabled = false\n\
         [resources.db]\nenabled = false\n[jobs.digest]\nenabled = false\n",
        &mut app,
    );
    assert_eq!(app.services.keys().map(Name::as_str).collect::<Vec<_>>(), ["api", "web"]);
    assert!(app.resources.is_empty() && app.jobs.is_empty());
    assert_eq!(needs(&app, "api"), [], "nothing that was detected waits for what is gone");
}

#[test]
fn placeholders_imply_dependencies_unless_they_form_a_circle() {
    let mut app = App::default();
    apply(
        r#"
        [resources.db]
        type = "postgres"
        [services.api]
        depends_on = { db = { condition = "service_started" } }
        env = { URL = "${resources.db.url}", SELF = "${services.api.url}", WEB = "${services.web.url}" }
        [services.web]
        env = { API = "${services.api.url}" }
        [services.worker]
        env = { URL = "${resources.db.url}", API = "${services.api.url}", KEY = "${secrets.KEY}" }
        [services.admin]
        depends_on = ["api", "db"]
        "#,
        &mut app,
    );
    assert_eq!(needs(&app, "api"), [("db".to_owned(), ServiceStarted)], "what was said stays");
    assert_eq!(needs(&app, "web"), [], "the two name each other");
    assert_eq!(
        needs(&app, "worker"),
        [("api".to_owned(), ServiceStarted), ("db".to_owned(), ServiceHealthy)]
    );
    assert_eq!(needs(&app, "admin"), needs(&app, "worker"));
    assert!(app.services["worker"].env["KEY"].secret);
    assert!(!app.services["worker"].env["URL"].secret);
}

#[test]
fn what_others_ask_or_a_probe_asks_answers() {
    let mut app = App::default();
    apply(
        r#"
        [services.web]
        start = "node web.js"
        route = "/"
        env = { ZONE = "${services.zone.url}" }
        [services.zone]
        start = "node zone.js"
        [services.probed]
        start = "node probed.js"
        liveness = "/healthz"
        [services.beats]
        start = "node beats.js"
        readiness = { exec = "test -f ready" }
        [services.said]
        kind = "worker"
        start = "node said.js"
        readiness = "/readyz"
        "#,
        &mut app,
    );
    let kind = |name: &str| *app.services[name].kind.get().unwrap();
    assert_eq!((kind("web"), kind("zone"), kind("probed")), (Kind::Web, Kind::Web, Kind::Web));
    assert_eq!((kind("beats"), kind("said")), (Kind::Worker, Kind::Worker));
    let origin = |name: &str| app.services[name].kind.origin().unwrap().rule.clone();
    assert_eq!(origin("zone"), "services.web.env.ZONE");
    assert_eq!(origin("probed"), "services.probed.liveness");
}

#[test]
fn an_environment_overrides_only_itself() {
    let text = r#"
        [services.api]
        replicas = 2
        [environments.production.services.api]
        replicas = 5
        env = { LOG_LEVEL = "warn" }
        [environments.production.resources.db]
        version = "16"
        [environments.staging.services.worker]
        enabled = false
    "#;
    let mut app = detected();
    let config = apply(text, &mut app);
    let source = Source::file("seaworthy.toml", text);
    let mut production = app.clone();
    config.apply_environment(&name("production"), &mut production, &source);
    let replicas = production.services["api"].replicas.winner().unwrap();
    assert_eq!((replicas.value, replicas.origin.layer), (5, Layer::Environment));
    assert_eq!(replicas.origin.rule, "environments.production.services.api.replicas");
    assert_eq!(production.resources["db"].version.get().unwrap(), "16");
    assert_eq!(production.services["api"].env["LOG_LEVEL"].value.get().unwrap(), "warn");

    let mut staging = app.clone();
    config.apply_environment(&name("staging"), &mut staging, &source);
    assert!(!staging.services.contains_key("worker"));
    assert_eq!(staging.services["api"].replicas.get(), Some(&2));

    let mut other = app.clone();
    config.apply_environment(&name("other"), &mut other, &source);
    assert_eq!(other, app);
}

#[test]
fn the_command_line_has_the_last_word() {
    let mut app = detected();
    for text in [
        "services.api.port=5000",
        "services.api.start=node server.js --port 5000",
        "services.api.env.URL = https://example.com/?a=b",
        "resources.db.version=15",
        "services.api.replicas=0x2",
        "services.api.readiness=/healthz",
        "services.api.depends_on=[\"worker\"]",
        "name=\"quoted\"",
    ] {
        let (config, diagnostics) = Config::parse_override(text);
        assert_eq!(diagnostics, [], "{text}");
        config.apply(&mut app, &Source::command_line(text));
    }
    let api = &app.services["api"];
    let port = api.port.winner().unwrap();
    assert_eq!((port.value, port.origin.layer), (5000, Layer::CommandLine));
    assert_eq!(port.origin.rule, "--set services.api.port");
    assert_eq!(port.origin.place, None);
    assert_eq!(api.start.get().unwrap(), "node server.js --port 5000");
    assert_eq!(api.env["URL"].value.get().unwrap(), "https://example.com/?a=b");
    assert_eq!(app.resources["db"].version.get().unwrap(), "15");
    assert_eq!(api.replicas.get(), Some(&2));
    assert_eq!(app.name.get().unwrap().as_str(), "quoted");
}

#[test]
fn a_wrong_override_is_told_by_its_own_bytes() {
    let told: Vec<_> = [
        "services.api.prot=5000",
        "services.api.port=high",
        "services.api.port=70000",
        "services.api.memory=lots",
        "services.api",
        "=5",
        "services.api.route=",
        "environments.production.engine=kubernets",
        "services.api.port=\"5000",
    ]
    .into_iter()
    .flat_map(|text| {
        let (_, diagnostics) = Config::parse_override(text);
        assert!(!diagnostics.is_empty(), "{text}");
        diagnostics.into_iter().map(move |diagnostic| {
            let help = diagnostic.help.unwrap_or_default();
            format!("[{}] {}: {} | {help}", &text[diagnostic.span], diagnostic.code, diagnostic.message)
        })
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    [prot] unknown-key: `prot` is no key of `services.api` | did you mean `port`?
    [high] wrong-type: `services.api.port` is a port from 1 to 65535, not a string | write `port = 4000`
    [70000] out-of-range: `services.api.port` is a port from 1 to 65535, not 70000 | write something like `port = 4000`
    [lots] invalid-quantity: `services.api.memory`: `lots` is not a size | write it like `512Mi`, `1Gi` or `500M`
    [services.api] missing-value: `services.api` sets nothing | write `KEY=VALUE`, such as `services.api.port=5000`
    [] toml-syntax: a key is missing | write `key = value`
    [] empty-value: `services.api.route`: nothing is written | write a value, or delete the line
    [kubernets] unknown-word: `environments.production.engine`: `kubernets` is not an engine | write "kubernetes"
    ["5000] wrong-type: `services.api.port` is a port from 1 to 65535, not a string | write `port = 4000`
    "#);
}
