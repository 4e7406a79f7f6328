//! The public shape of a plan, `sea.plan/1`: what `sea plan --json` prints and the API answers.
//!
//! Absent values are null, paths are relative to the repository with `/` and `.` for its root, commands are
//! shell strings to run in `path`. Within version 1 keys may be added, never removed or given another meaning.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    App, Confidence, Field, Job, Kind, Layer, Origin, Place, Probe, ProbeAction, Resource, Service, Variable,
};

/// A plan: what the app is and how it runs, each value with its origin.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// Always `sea.plan/1`.
    pub schema: &'static str,
    /// The app itself.
    pub app: AppView,
    /// Services, by name.
    pub services: Vec<ServiceView>,
    /// Resources, by name.
    pub resources: Vec<ResourceView>,
    /// Jobs, by name.
    pub jobs: Vec<JobView>,
    /// What a person should know, in a stable order.
    pub warnings: Vec<WarningView>,
}

/// The app itself.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AppView {
    /// Its name.
    pub name: String,
}

/// A service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceView {
    /// Its name, unique among services and resources.
    pub name: String,
    /// Folder, relative to the repository.
    pub path: String,
    /// `web`, `worker`, `static` or `job`.
    pub kind: Option<&'static str>,
    /// `javascript`, `typescript`, `python`, `go`, ...
    pub language: Option<String>,
    /// What runs it.
    pub runtime: Option<RuntimeView>,
    /// `npm`, `pnpm`, `yarn`, `bun`, `pip`, `uv`, `poetry`, `cargo`, ...
    pub package_manager: Option<String>,
    /// `next`, `express`, `django`, ...
    pub framework: Option<String>,
    /// Installs dependencies.
    pub install: Option<String>,
    /// Builds.
    pub build: Option<String>,
    /// Runs for development.
    pub dev: Option<String>,
    /// Runs for production.
    pub start: Option<String>,
    /// Runs the tests.
    pub test: Option<String>,
    /// Runs the linter.
    pub lint: Option<String>,
    /// The port it listens on.
    pub port: Option<u16>,
    /// How the port can be set: `{"env": "PORT"}`, `{"flag": "--port"}`, or `"fixed"`.
    pub port_setting: Option<serde_json::Value>,
    /// Public path, or host and path.
    pub route: Option<String>,
    /// Folder with the built site, relative to `path`.
    pub r#static: Option<String>,
    /// Environment variables, by name.
    pub env: Vec<VariableView>,
    /// Names of services and resources that must be there first.
    pub depends_on: Vec<String>,
    /// The path of an HTTP probe; any other probe as a whole. Timings are in `probes`.
    pub readiness: Option<serde_json::Value>,
    /// As `readiness`.
    pub liveness: Option<serde_json::Value>,
    /// Every probe as a whole, with its timings, by `startup`, `readiness` and `liveness`.
    pub probes: BTreeMap<&'static str, serde_json::Value>,
    /// Instances.
    pub replicas: Option<u32>,
    /// Memory limit.
    pub memory: Option<String>,
    /// CPU limit in cores.
    pub cpu: Option<String>,
    /// Folders and files it keeps data in.
    pub volumes: Vec<String>,
    /// Where each value came from, by field.
    pub origins: BTreeMap<&'static str, OriginView>,
}

/// A runtime.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuntimeView {
    /// `node`, `python`, ...
    pub name: String,
    /// The version, as precise as the repository says; for a range its lowest.
    pub version: Option<String>,
    /// The range as it was written, where it is one.
    pub requirement: Option<String>,
}

/// An environment variable.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VariableView {
    /// Its name.
    pub name: String,
    /// The code reads it and has nothing to fall back to.
    pub required: bool,
    /// Its value must not be seen.
    pub secret: bool,
    /// It ends up in what browsers download.
    pub public: bool,
    /// What the code falls back to or an example suggests; null for secrets, and without any password in it.
    pub default: Option<String>,
    /// What the model sets it to; null for secrets that are not placeholders.
    pub value: Option<String>,
    /// Where the code reads it.
    pub used_at: Vec<PlaceView>,
    /// Where a file declares it.
    pub declared_at: Vec<PlaceView>,
}

/// A resource.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResourceView {
    /// Its name, unique among services and resources.
    pub name: String,
    /// `postgres`, `redis`, ...
    pub r#type: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The image that another tool runs it from.
    pub image: Option<String>,
    /// File with the desired schema.
    pub schema: Option<String>,
    /// Folder with the migrations.
    pub migrations: Option<String>,
    /// File or command that fills it.
    pub seed: Option<String>,
    /// Services that need it.
    pub used_by: Vec<String>,
    /// Where each value came from, by field.
    pub origins: BTreeMap<&'static str, OriginView>,
}

/// A job.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobView {
    /// Its name.
    pub name: String,
    /// The shell command.
    pub run: Option<String>,
    /// The service it belongs to.
    pub service: Option<String>,
    /// The folder it runs in.
    pub path: Option<String>,
    /// Cron fields.
    pub schedule: Option<String>,
    /// IANA time zone of the schedule.
    pub timezone: Option<String>,
    /// `release`, `schedule` or `manual`.
    pub on: Option<&'static str>,
    /// Where each value came from, by field.
    pub origins: BTreeMap<&'static str, OriginView>,
}

/// A warning.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WarningView {
    /// A stable code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Every place that takes part.
    pub places: Vec<PlaceView>,
}

/// A place in the repository.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlaceView {
    /// Path relative to the repository.
    pub file: String,
    /// 1-based line.
    pub line: Option<u32>,
}

/// Where a value came from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OriginView {
    /// The file that says it; null for a convention or the command line.
    pub file: Option<String>,
    /// 1-based line in it.
    pub line: Option<u32>,
    /// The rule that concluded it.
    pub rule: String,
    /// `detected`, `imported`, `config`, `environment` or `command-line`.
    #[schemars(with = "String")]
    pub layer: Layer,
    /// `low`, `medium` or `high`.
    #[schemars(with = "String")]
    pub confidence: Confidence,
}

impl Plan {
    /// The plan of an app.
    pub fn new(app: &App) -> Self {
        let mut warnings: Vec<_> = app.warnings.iter().collect();
        warnings.sort();
        warnings.dedup();
        Self {
            schema: "sea.plan/1",
            app: AppView { name: app.name.get().map_or("app", |name| name.as_str()).to_owned() },
            services: app.services.iter().map(|(name, service)| view(name.as_str(), service)).collect(),
            resources: app
                .resources
                .iter()
                .map(|(name, resource)| {
                    let used_by = app.users_of(name).map(ToString::to_string).collect();
                    resource_view(name.as_str(), resource, used_by)
                })
                .collect(),
            jobs: app.jobs.iter().map(|(name, job)| job_view(name.as_str(), job)).collect(),
            warnings: warnings
                .into_iter()
                .map(|warning| WarningView {
                    code: warning.code.to_string(),
                    message: warning.message.clone(),
                    places: places(&warning.places),
                })
                .collect(),
        }
    }

    /// The JSON Schema of `sea.plan/1`.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Plan).to_value()
    }
}

/// Collects the origins of the fields of one thing.
#[derive(Default)]
struct Origins(BTreeMap<&'static str, OriginView>);

impl Origins {
    fn take<T: Clone>(&mut self, name: &'static str, field: &Field<T>) -> Option<T> {
        let winner = field.winner()?;
        self.0.insert(name, origin(&winner.origin));
        Some(winner.value.clone())
    }

    fn text<T: ToString>(&mut self, name: &'static str, field: &Field<T>) -> Option<String> {
        let winner = field.winner()?;
        self.0.insert(name, origin(&winner.origin));
        Some(winner.value.to_string())
    }
}

impl Origins {
    /// The names of what a service depends on; the origin is that of the first.
    fn dependencies(&mut self, service: &Service) -> Vec<String> {
        if let Some(first) = service.depends_on.values().find_map(|dependency| dependency.condition.origin())
        {
            self.0.insert("depends_on", origin(first));
        }
        service.depends_on.keys().map(ToString::to_string).collect()
    }
}

fn view(name: &str, service: &Service) -> ServiceView {
    let mut origins = Origins::default();
    let o = &mut origins;
    ServiceView {
        name: name.to_owned(),
        path: o.text("path", &service.path).unwrap_or_else(|| ".".to_owned()),
        kind: o.take("kind", &service.kind).map(Kind::as_str),
        language: o.take("language", &service.language),
        runtime: o.take("runtime", &service.runtime).map(|runtime| RuntimeView {
            name: runtime.name,
            version: runtime.version,
            requirement: runtime.requirement,
        }),
        package_manager: o.take("package_manager", &service.package_manager),
        framework: o.take("framework", &service.framework),
        install: o.take("install", &service.install),
        build: o.take("build", &service.build),
        dev: o.take("dev", &service.dev),
        start: o.take("start", &service.start),
        test: o.take("test", &service.test),
        lint: o.take("lint", &service.lint),
        port: o.take("port", &service.port),
        port_setting: o.take("port_setting", &service.port_setting).map(|setting| json(&setting)),
        route: o.take("route", &service.route),
        r#static: o.take("static", &service.static_dir),
        env: service.env.iter().map(|(name, variable)| variable_view(name, variable)).collect(),
        depends_on: o.dependencies(service),
        readiness: o.take("readiness", &service.readiness).map(|probe| probe_view(&probe)),
        liveness: o.take("liveness", &service.liveness).map(|probe| probe_view(&probe)),
        probes: probes(service),
        replicas: o.take("replicas", &service.replicas),
        memory: o.text("memory", &service.memory),
        cpu: o.text("cpu", &service.cpu),
        volumes: service.volumes.iter().map(|volume| volume.path.clone()).collect(),
        origins: origins.0,
    }
}

fn variable_view(name: &str, variable: &Variable) -> VariableView {
    let shown = |text: &&String| !variable.secret || text.contains("${");
    VariableView {
        name: name.to_owned(),
        required: variable.required,
        secret: variable.secret,
        public: variable.public,
        default: variable.default.get().cloned(),
        value: variable.value.get().filter(shown).cloned(),
        used_at: places(&variable.used_at),
        declared_at: places(&variable.declared_at),
    }
}

fn resource_view(name: &str, resource: &Resource, used_by: Vec<String>) -> ResourceView {
    let mut o = Origins::default();
    ResourceView {
        name: name.to_owned(),
        r#type: o.take("type", &resource.r#type),
        version: o.take("version", &resource.version),
        image: o.take("image", &resource.image),
        schema: o.take("schema", &resource.schema),
        migrations: o.take("migrations", &resource.migrations),
        seed: o.take("seed", &resource.seed),
        used_by,
        origins: o.0,
    }
}

fn job_view(name: &str, job: &Job) -> JobView {
    let mut o = Origins::default();
    JobView {
        name: name.to_owned(),
        run: o.take("run", &job.run),
        service: o.text("service", &job.service),
        path: o.take("path", &job.path),
        schedule: o.take("schedule", &job.schedule),
        timezone: o.take("timezone", &job.timezone),
        on: o.take("on", &job.on).map(crate::JobTrigger::as_str),
        origins: o.0,
    }
}

fn probe_view(probe: &Probe) -> serde_json::Value {
    match &probe.action {
        ProbeAction::Http(path) => path.clone().into(),
        _ => whole_probe(probe),
    }
}

fn whole_probe(probe: &Probe) -> serde_json::Value {
    let mut value = json(probe);
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    value
}

fn probes(service: &Service) -> BTreeMap<&'static str, serde_json::Value> {
    [("startup", &service.startup), ("readiness", &service.readiness), ("liveness", &service.liveness)]
        .into_iter()
        .filter_map(|(name, probe)| Some((name, whole_probe(probe.get()?))))
        .collect()
}

fn origin(origin: &Origin) -> OriginView {
    OriginView {
        file: origin.place.as_ref().map(|place| place.file.clone()),
        line: origin.place.as_ref().and_then(|place| place.line),
        rule: origin.rule.to_string(),
        layer: origin.layer,
        confidence: origin.confidence,
    }
}

fn places(places: &[Place]) -> Vec<PlaceView> {
    let mut places: Vec<_> = places.iter().collect();
    places.sort();
    places.dedup();
    places.into_iter().map(|place| PlaceView { file: place.file.clone(), line: place.line }).collect()
}

/// Our own types have only string keys and no fallible parts, so this cannot fail.
fn json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}
