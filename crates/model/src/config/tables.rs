//! The tables of `seaworthy.toml`.

use super::table::table;
use super::{
    Command, Count, DependsOn, Domain, EnvValue, FileOrCommand, Host, Image, Latency, Located, Map,
    Percentile, Phrase, Port, RelativePath, Route, Schedule, SecretSources, ServicePath, StepNames,
    Threshold, Timezone, TypeName, VariableName, Version,
};
use crate::quantity::{Bytes, Cpu, Duration, Percent};
use crate::{
    Backup, EngineKind, JobTrigger, Kind, Name, Probe, Runtime, Stage, StepName, Strategy, WatchRule,
};

table! {
    /// Everything that `seaworthy.toml` can say. All of it may be left out: what is left out is detected.
    pub struct Config {
        /// The name of the app.
        name: Name,
        /// Processes that should keep running, and static sites, by name.
        services: Map<Name, ServiceConfig>,
        /// What the app needs and does not build, by name.
        resources: Map<Name, ResourceConfig>,
        /// What runs to its end, by name.
        jobs: Map<Name, JobConfig>,
        /// Where the app runs, by name.
        environments: Map<Name, EnvironmentConfig>,
        /// What is promised about a service, by the service's name.
        slo: Map<Name, SloConfig>,
        /// Secrets, by name. Optional: `${secrets.NAME}` works without; never holds a value.
        secrets: Map<VariableName, SecretConfig>,
        /// What derived files shall be like.
        generate: GenerateConfig,
        /// What is different about the steps that a commit has to pass.
        pipeline: PipelineConfig,
        /// What `sea check` shall look at.
        check: CheckConfig,
    }
}

table! {
    /// What `sea check` shall look at.
    pub struct CheckConfig {
        /// Folders, files and patterns (`*`, `**`) of what is no part of the app: examples of bad code, recorded answers.
        /// Relative to the repository.
        exclude: Vec<Located<Phrase>>,
    }
}

table! {
    /// What the files of `sea generate` shall be like.
    pub struct GenerateConfig {
        /// The targets that are made when none is named: `["dockerfile", "compose"]`.
        targets: Vec<Located<Name>>,
        /// Where images are pushed to, before their name: `ghcr.io/acme`.
        registry: Phrase,
        /// Kubernetes: a plain Ingress instead of the Gateway API's `HTTPRoute`.
        ingress: bool,
        /// Kubernetes: the store of the External Secrets operator that secrets come from.
        secret_store: Phrase,
    }
}

table! {
    /// What is different about the steps that a commit has to pass (`sea ci`).
    pub struct PipelineConfig {
        /// Steps by name: `e2e` adds one, `"api:test"` is about a derived one.
        steps: Map<StepName, StepConfig>,
    }
}

table! {
    /// A step of the pipeline. Of a derived one only what differs is said.
    pub struct StepConfig {
        /// The shell command.
        run: Command,
        /// The service whose folder, runtime and environment it runs with.
        service: Name,
        /// The folder it runs in, relative to the repository.
        path: RelativePath,
        /// Where it stands: `install`, `lint`, `test`, `check`, `scan` or `build`; `test` when absent.
        stage: Stage,
        /// Steps, stages or services that must have gone well before: `"build"`, `["api:build", "web"]`.
        after: StepNames,
        /// Files and folders that it reads, relative to the repository; those of its service when absent.
        inputs: Vec<Located<RelativePath>>,
        /// Folders that it makes, relative to the repository.
        outputs: Vec<Located<RelativePath>>,
        /// Variables that it is given besides those of its service.
        env: Vec<Located<VariableName>>,
        /// How many shares its test files are split into, to run at the same time.
        shards: Threshold,
        /// How often it is tried again when it fails; a test that passes then is flaky.
        retries: Count,
        /// `true` leaves out a derived step.
        skip: bool,
    }
}

table! {
    /// A process that should keep running, or a static site.
    pub struct ServiceConfig {
        /// `false` leaves out a service that was detected.
        enabled: bool,
        /// The folder, relative to the repository.
        path: RelativePath,
        /// What sort of process it is: `web`, `worker`, `static` or `job`.
        kind: Kind,
        /// The language most of it is written in.
        language: Phrase,
        /// The framework it is written with.
        framework: Phrase,
        /// What installs its dependencies: `npm`, `uv`, `cargo`, ...
        package_manager: Phrase,
        /// The runtime it needs, such as `node@20`.
        runtime: Runtime,
        /// Installs its dependencies.
        install: Command,
        /// Builds what `start` runs or what is served.
        build: Command,
        /// Runs it for development; `start` does when this is absent.
        dev: Command,
        /// Runs it for production.
        start: Command,
        /// Runs its tests.
        test: Command,
        /// Runs its linter.
        lint: Command,
        /// The port it listens on.
        port: Port,
        /// The environment variable that it reads its port from, where it reads one.
        port_env: VariableName,
        /// The folder with the built site, relative to `path`; the proxy serves it.
        r#static: ServicePath,
        /// The public path, or host and path, at the proxy; private when absent.
        route: Route,
        /// How many instances run.
        replicas: Count,
        /// Memory limit of an instance.
        memory: Bytes,
        /// CPU limit of an instance.
        cpu: Cpu,
        /// Services and resources that must be there first; a placeholder in `env` implies it.
        depends_on: DependsOn,
        /// Environment variables.
        env: Map<VariableName, EnvValue>,
        /// Whether it has started.
        startup: Probe,
        /// Whether it can take requests.
        readiness: Probe,
        /// Whether it must be restarted.
        liveness: Probe,
        /// How long it may take to stop after SIGTERM.
        stop_grace_period: Duration,
        /// What a changed file leads to during development.
        watch: Vec<Located<WatchRule>>,
        /// Folders and files it keeps data in: relative to `path`, or absolute.
        volumes: Vec<Located<Phrase>>,
    }
}

table! {
    /// Something the app needs and does not build.
    pub struct ResourceConfig {
        /// `false` leaves out a resource that was detected.
        enabled: bool,
        /// Its type: `postgres`, `redis`, `s3`, `smtp`, ...; `container` for any other image.
        r#type: TypeName,
        /// Its version.
        version: Version,
        /// The image to run it from, where that is not implied by type and version.
        image: Image,
        /// The file with the desired schema.
        schema: RelativePath,
        /// The folder with the migrations.
        migrations: RelativePath,
        /// The file or command that fills it with data to start with.
        seed: FileOrCommand,
        /// How it is backed up, and how that is tried.
        backup: Backup,
    }
}

table! {
    /// Something that runs to its end: on release, on a schedule or by hand.
    pub struct JobConfig {
        /// `false` leaves out a job that was detected.
        enabled: bool,
        /// The shell command.
        run: Command,
        /// The service whose folder, runtime and environment it runs with.
        service: Name,
        /// The folder it runs in, relative to the repository.
        path: RelativePath,
        /// When: five cron fields, or `@daily` and its kin.
        schedule: Schedule,
        /// The IANA time zone of the schedule; UTC when absent.
        timezone: Timezone,
        /// What starts it: `release`, `schedule` or `manual`.
        on: JobTrigger,
    }
}

table! {
    /// Where the app runs.
    pub struct EnvironmentConfig {
        /// What runs it: `host` or `kubernetes`.
        engine: EngineKind,
        /// The machine, for the host engine; this one when absent.
        host: Host,
        /// The public domain.
        domain: Domain,
        /// The kubeconfig context, for Kubernetes.
        context: Phrase,
        /// The namespace, for Kubernetes.
        namespace: Name,
        /// The environment that a release must have passed before.
        after: Name,
        /// How a release takes over: `rolling`, `blue-green`, or a table that says more.
        strategy: Strategy,
        /// A shell command that tries the new release before it gets any traffic; `$SEA_URL` is where.
        smoke: Command,
        /// How long web sockets and event streams of the release before may go on.
        drain: Duration,
        /// Where the values of secrets come from: `age` when absent; several are asked in their order.
        secrets: SecretSources,
        /// What is different about services here.
        services: Map<Name, ServiceConfig>,
        /// What is different about resources here.
        resources: Map<Name, ResourceConfig>,
    }
}

table! {
    /// What is promised about a service.
    pub struct SloConfig {
        /// The share of requests that must succeed.
        availability: Percent,
        /// Latency bounds by percentile: `{ p95 = "300ms", "p99.9" = "2s" }`.
        latency: Map<Percentile, Latency>,
    }
}

table! {
    /// A secret: what it is for, never what it is.
    pub struct SecretConfig {
        /// What it is for and where to get it.
        description: Phrase,
        /// The environments that need it; all when absent.
        environments: Vec<Located<Name>>,
    }
}
