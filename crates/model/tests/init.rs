//! What `sea init` writes, and that it says what was detected.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use seaworthy_model::config::{Config, Source};
use seaworthy_model::init::{full, minimal};
use seaworthy_model::quantity::{Bytes, Cpu, Duration, Percent, Retention};
use seaworthy_model::{
    App, Backup, Check, Condition, EngineKind, Environment, Field, Generation, Job, JobTrigger, Kind, Layer,
    Name, Origin, PipelineStep, Place, PortSetting, Probe, ProbeAction, Resource, Runtime, Secret,
    SecretSource, Service, Slo, Stage, StepName, Strategy as Rollout, Variable, Volume, Warning, WatchAction,
    WatchRule,
};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn said<T>(value: T, origin: Origin) -> Field<T> {
    let mut field = Field::default();
    field.propose(value, origin);
    field
}

fn seen<T>(value: T) -> Field<T> {
    said(value, Origin::detected("scripts.dev").at(Place::line("package.json", 5)))
}

/// An app of which something is missing, guessed, contradicted.
fn half_known() -> App {
    let mut app = App { name: seen(name("shop")), ..App::default() };
    let mut api = Service {
        kind: seen(Kind::Web),
        dev: seen("npm run dev".to_owned()),
        port: said(3000, Origin::detected("Express default port").guess()),
        ..Service::default()
    };
    for (key, secret, default) in [
        ("STRIPE_KEY", true, None),
        ("BASE_URL", false, None),
        ("LOG_LEVEL", false, Some("info")),
        ("SESSION_SECRET", true, Some("hunter2")),
    ] {
        let variable = Variable {
            required: default.is_none(),
            secret,
            default: default.map_or_else(Field::default, |text| seen(text.to_owned())),
            used_at: vec![Place::line("src/config.js", 7)],
            ..Variable::default()
        };
        api.env.insert(key.to_owned(), variable);
    }
    app.services.insert(name("api"), api);
    app.services.insert(name("mystery"), Service { kind: seen(Kind::Web), ..Service::default() });
    app.services.insert(
        name("known"),
        Service { kind: seen(Kind::Worker), start: seen("x".to_owned()), ..Service::default() },
    );
    app.warnings.push(Warning::new(
        "version-conflict",
        ".nvmrc says 18,\npackage.json says 20",
        [Place::line(".nvmrc", 1), Place::line("package.json", 9)],
    ));
    app
}

/// An app that has every field.
fn everything() -> App {
    let mut app = half_known();
    let duration = |text| Duration::parse(text).unwrap();
    let api = app.services.get_mut("api").unwrap();
    api.path = seen("services/api".to_owned());
    api.runtime = seen(Runtime {
        name: "node".to_owned(),
        version: Some("20".to_owned()),
        requirement: Some(">=20 <22".to_owned()),
    });
    api.start = seen("node -e \"run('\\\\d')\"\t# not a comment".to_owned());
    api.port_setting = seen(PortSetting::Env("PORT".to_owned()));
    api.memory = seen(Bytes::parse("512Mi").unwrap());
    api.cpu = seen(Cpu::parse("0.5").unwrap());
    api.readiness = seen(Probe { period: Some(duration("250ms")), ..Probe::new(ProbeAction::Tcp(0)) });
    api.liveness = seen(Probe::http("/healthz"));
    api.watch = seen(vec![WatchRule {
        path: "src".to_owned(),
        action: WatchAction::SyncExec,
        target: Some("/app".to_owned()),
        exec: Some("true".to_owned()),
        ignore: vec!["*.md".to_owned()],
    }]);
    api.depend_on(name("db"), Condition::ServiceStarted, Origin::imported("compose.yaml"));
    api.volumes.push(Volume { path: "uploads".to_owned(), origin: Origin::imported("compose.yaml") });
    for (key, value) in [("URL", "${resources.db.url}"), ("COMPOSE", "${HOME:-x}"), ("bad.name", "x")] {
        let variable = Variable { value: seen(value.to_owned()), ..Variable::default() };
        api.env.insert(key.to_owned(), variable);
    }
    api.env.get_mut("STRIPE_KEY").unwrap().value = seen("sk_live_1".to_owned());
    let backup = Backup {
        every: duration("6h"),
        keep: Some(Retention::parse("7d 4w").unwrap()),
        drill: Some(duration("1w")),
    };
    app.resources.insert(
        name("db"),
        Resource {
            r#type: seen("postgres".to_owned()),
            version: seen("15".to_owned()),
            backup: seen(backup),
            ..Resource::default()
        },
    );
    app.resources
        .insert(name("odd"), Resource { r#type: seen("fulltext".to_owned()), ..Resource::default() });
    app.jobs.insert(
        name("migrate"),
        Job {
            run: seen("npm run migrate".to_owned()),
            service: seen(name("api")),
            on: seen(JobTrigger::Release),
            ..Job::default()
        },
    );
    let steps = ["10%", "100%"].map(|step| Percent::parse(step).unwrap()).to_vec();
    app.environments.insert(
        name("production"),
        Environment {
            engine: seen(EngineKind::Host),
            strategy: seen(Rollout::Canary { steps, watch: Some(duration("10m")) }),
            secrets: seen(vec![
                SecretSource::Age,
                SecretSource::File("/run/secrets".to_owned()),
                SecretSource::Command(vec!["pass".to_owned(), "{name}".to_owned()]),
            ]),
            ..Environment::default()
        },
    );
    let latency = [("p99.9".to_owned(), duration("2s"))].into();
    app.slos.insert(
        name("api"),
        Slo { availability: seen(Percent::parse("99.95%").unwrap()), latency: seen(latency) },
    );
    app.generation = Generation {
        targets: seen(vec![name("dockerfile")]),
        registry: seen("ghcr.io/acme".to_owned()),
        ingress: seen(true),
        secret_store: seen("vault".to_owned()),
    };
    app.check = Check { exclude: seen(vec!["tests/bad".to_owned(), "**/*.min.js".to_owned()]) };
    app.pipeline.steps.insert(
        StepName::of(&name("api"), Stage::Test),
        PipelineStep {
            run: seen("npm test".to_owned()),
            service: seen(name("api")),
            path: seen("api".to_owned()),
            stage: seen(Stage::Test),
            after: seen(vec![StepName::parse("build").unwrap()]),
            inputs: seen(vec!["api".to_owned()]),
            outputs: seen(vec!["report".to_owned()]),
            env: seen(vec!["TOKEN".to_owned()]),
            shards: seen(3),
            retries: seen(0),
            skip: seen(false),
        },
    );
    app.secrets.insert(
        "STRIPE_KEY".to_owned(),
        Secret { description: seen("dashboard".to_owned()), environments: seen(vec![name("production")]) },
    );
    app
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn the_smallest_file_says_what_is_missing() {
    let written = minimal(&half_known());
    assert_eq!(Config::parse(&written).1, []);
    snapshot("init-minimal", &written);
}

#[test]
fn there_is_nothing_to_say_about_what_is_known() {
    let mut app = half_known();
    app.warnings.clear();
    app.services.retain(|known, _| known.as_str() == "known");
    snapshot("init-nothing", &minimal(&app));
}

#[test]
fn the_full_file_says_everything_and_never_a_secret() {
    let written = full(&everything());
    assert_eq!(Config::parse(&written).1, []);
    assert!(!written.contains("sk_live_1") && !written.contains("hunter2"));
    snapshot("init-full", &written);
}

/// The winning values of an app, without who said them; what the file cannot say is left out.
fn winners(app: &App) -> App {
    fn plain<T: Clone>(field: &Field<T>) -> Field<T> {
        field.get().cloned().map_or_else(Field::default, |value| said(value, Origin::detected("")))
    }
    macro_rules! plain {
        ($from:expr => $type:ident { $($field:ident),+ } $(, $more:ident: $value:expr)*) => {
            $type { $($field: plain(&$from.$field),)+ $($more: $value,)* }
        };
    }
    let mut out = App { name: plain(&app.name), ..App::default() };
    for (key, from) in &app.services {
        let mut service = plain!(from => Service {
            path, kind, language, package_manager, framework, install, build, dev, start, test, lint, port,
            port_setting, route, static_dir, replicas, memory, cpu, startup, readiness, liveness,
            stop_grace_period, watch, runtime
        }, depends_on: BTreeMap::new(), env: BTreeMap::new(), volumes: Vec::new(), image: Field::default());
        for (need, dependency) in &from.depends_on {
            service.depend_on(need.clone(), *dependency.condition.get().unwrap(), Origin::detected(""));
        }
        for volume in &from.volumes {
            service.volumes.push(Volume { path: volume.path.clone(), origin: Origin::detected("") });
        }
        for (key, variable) in &from.env {
            service
                .env
                .insert(key.clone(), Variable { value: plain(&variable.value), ..Variable::default() });
        }
        out.services.insert(key.clone(), service);
    }
    for (key, from) in &app.resources {
        let resource = plain!(from => Resource { r#type, version, image, schema, migrations, seed, backup });
        out.resources.insert(key.clone(), resource);
    }
    for (key, from) in &app.jobs {
        out.jobs.insert(key.clone(), plain!(from => Job { run, service, path, schedule, timezone, on }));
    }
    for (key, from) in &app.environments {
        let environment = plain!(from => Environment { engine, host, domain, context, namespace, after, strategy, smoke, drain, secrets });
        out.environments.insert(key.clone(), environment);
    }
    for (key, from) in &app.slos {
        out.slos.insert(key.clone(), plain!(from => Slo { availability, latency }));
    }
    out.generation = {
        let from = &app.generation;
        plain!(from => Generation { targets, registry, ingress, secret_store })
    };
    out.check = {
        let from = &app.check;
        plain!(from => Check { exclude })
    };
    for (key, from) in &app.pipeline.steps {
        let step = plain!(from => PipelineStep {
            run, service, path, stage, after, inputs, outputs, env, shards, retries, skip
        });
        out.pipeline.steps.insert(key.clone(), step);
    }
    for (key, from) in &app.secrets {
        out.secrets.insert(key.clone(), plain!(from => Secret { description, environments }));
    }
    out
}

fn maybe<T: Clone + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Field<T>> {
    prop_oneof![Just(Field::default()), values.prop_map(seen)].boxed()
}

fn texts() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 \"'\\\\#=${}\n\té-]{0,12}[a-z]"
}

fn paths() -> impl Strategy<Value = String> {
    prop_oneof![Just(".".to_owned()), "[a-z]{1,4}(/[a-z*]{1,4}){0,2}"]
}

fn durations() -> impl Strategy<Value = Duration> {
    (1_u64..10_000_000_000).prop_map(Duration::from_millis)
}

fn probes() -> impl Strategy<Value = Probe> {
    let action = prop_oneof![
        "/[a-z]{0,4}".prop_map(ProbeAction::Http),
        any::<u16>().prop_map(ProbeAction::Tcp),
        texts().prop_map(ProbeAction::Exec),
        texts().prop_map(ProbeAction::Log),
    ];
    let time = || proptest::option::of(durations());
    let count = || proptest::option::of(1..u32::MAX);
    (action, time(), time(), time(), count(), count()).prop_map(
        |(action, period, timeout, initial_delay, failure_threshold, success_threshold)| Probe {
            action,
            period,
            timeout,
            initial_delay,
            failure_threshold,
            success_threshold,
        },
    )
}

fn services() -> impl Strategy<Value = Service> {
    let commands = (maybe(texts()), maybe(texts()), maybe(texts()), maybe(texts()));
    let kinds = prop_oneof![Just(Kind::Web), Just(Kind::Worker), Just(Kind::Static), Just(Kind::Job)];
    let numbers = (
        maybe(1..=u16::MAX),
        maybe(any::<u32>()),
        maybe((1_u64 << 20..1 << 50).prop_map(Bytes::new)),
        maybe((1_u64..1_000_000).prop_map(|cpu| Cpu::parse(&format!("{cpu}m")).unwrap())),
        maybe(durations()),
    );
    let env = proptest::collection::btree_map("[A-Z][A-Z0-9_]{0,5}", texts(), 0..3);
    let settings = maybe("[A-Z_]{1,5}".prop_map(PortSetting::Env));
    let paths = (maybe(paths()), maybe(paths()), maybe("/[a-z/]{0,6}"));
    (commands, kinds.prop_map(seen), numbers, maybe(probes()), maybe(probes()), env, settings, paths)
        .prop_map(|(commands, kind, numbers, readiness, liveness, env, port_setting, paths)| Service {
            install: commands.0,
            build: commands.1,
            dev: commands.2,
            start: commands.3,
            kind,
            port: numbers.0,
            replicas: numbers.1,
            memory: numbers.2,
            cpu: numbers.3,
            stop_grace_period: numbers.4,
            readiness,
            liveness,
            port_setting,
            path: paths.0,
            static_dir: paths.1,
            route: paths.2,
            env: env
                .into_iter()
                .map(|(key, value)| {
                    // Any text that stands for itself.
                    let value = value.replace("${", "$${");
                    (key, Variable { value: seen(value), ..Variable::default() })
                })
                .collect(),
            ..Service::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_full_file_gives_back_the_same_values(
        services in proptest::collection::btree_map("[a-z]{1,3}", services(), 0..3),
        waits in any::<bool>(),
        drill in proptest::option::of(durations()),
        every in durations(),
    ) {
        let mut app = App { name: seen(name("shop")), ..App::default() };
        app.services = services.into_iter().map(|(key, service)| (name(&key), service)).collect();
        let backup = Backup { every, keep: None, drill };
        app.resources.insert(name("db"), Resource { r#type: seen("mysql".to_owned()), backup: seen(backup), ..Resource::default() });
        if waits {
            for service in app.services.values_mut() {
                service.depend_on(name("db"), Condition::ServiceHealthy, Origin::detected("x"));
            }
        }
        let written = full(&app);
        let (config, diagnostics) = Config::parse(&written);
        prop_assert_eq!(diagnostics, [], "{}", written);
        let mut again = App::default();
        config.apply(&mut again, &Source::file("seaworthy.toml", &written));
        prop_assert_eq!(winners(&again), winners(&app), "{}", written);
    }
}

#[test]
fn a_file_of_every_key_comes_back_the_same() {
    let text = include_str!("config/everything.toml");
    let (config, _) = Config::parse(text);
    let mut app = App::default();
    config.apply(&mut app, &Source::file("seaworthy.toml", text));
    let written = full(&app);
    let (config, diagnostics) = Config::parse(&written);
    assert_eq!(diagnostics, [], "{written}");
    let mut again = App::default();
    config.apply(&mut again, &Source::file("seaworthy.toml", &written));
    assert_eq!(winners(&again), winners(&app), "{written}");
    assert_eq!(again.services["api"].port.origin().unwrap().layer, Layer::Config);
}
