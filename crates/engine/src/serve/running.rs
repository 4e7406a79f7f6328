//! The instances of one release.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use seaworthy_model::{Condition, Name, Probe, Service};
use seaworthy_provision::environment::{self, Environment, Inputs, Mode};
use seaworthy_secrets::Resolved;
use seaworthy_supervise::log::writer::LogFile;
use seaworthy_supervise::machine::{Backoff, Phase, Restart};
use seaworthy_supervise::process::Definition;
use seaworthy_supervise::spec::Spec;
use seaworthy_supervise::survivor::Survivor;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::Error;
use super::layout;
use super::place::{Place, lock};
use super::release::{Release, is_site, is_web};
use super::secrets;
use super::tools::{self, Tools};
use super::traffic::{By, Endpoint, Served, Serving};
use crate::host::definition::{Surroundings, folder, is_guessed, log_file, process};
use crate::host::resources::provided;
use crate::host::tasks::own_environment;

/// Two releases of an environment run side by side; each has its own ports, which the release after next gets again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Slot {
    A,
    B,
}

impl Slot {
    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// One running copy of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Instance {
    /// The name of its process on this host: `APP.ENV.SERVICE.NUMBER.RELEASE`.
    pub(super) name: String,
    pub(super) service: Name,
    /// From 1.
    pub(super) number: u32,
    pub(super) port: Option<u16>,
    /// When it was started first, in milliseconds since 1970.
    pub(super) born: u64,
    /// It gets no new requests: it is about to be stopped.
    #[serde(skip)]
    pub(super) leaving: bool,
}

/// The instances of one release.
pub(super) struct Running {
    pub(super) release: Arc<Release>,
    pub(super) slot: Slot,
    tools: BTreeMap<Name, Tools>,
    /// Its secrets, or why they could not be had.
    secrets: Result<Resolved, String>,
    instances: Mutex<Vec<Instance>>,
}

/// What is kept of the instances of an environment, for the next control process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// By release.
    pub(super) releases: BTreeMap<String, KeptRelease>,
}

/// What is kept of the instances of a release.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptRelease {
    pub(super) slot: Slot,
    pub(super) instances: Vec<Instance>,
}

impl Running {
    /// A release of which nothing runs yet.
    pub(super) async fn new(place: &Place, release: Arc<Release>, slot: Slot) -> Result<Self, Error> {
        let state = place.state(&release.tree);
        let tools = tools::find(&release, &place.host.machine, &state).await?;
        let (layout, wanted, environment) =
            (place.host.layout.clone(), Arc::clone(&release), place.name.clone());
        let found = tokio::task::spawn_blocking(move || secrets::find(&layout, &wanted, &environment)).await;
        let secrets = found.unwrap_or_else(|error| Err(error.to_string()));
        Ok(Self { release, slot, tools, secrets, instances: Mutex::default() })
    }

    /// Why it cannot be given its secrets.
    pub(super) fn lacks_secrets(&self) -> Option<&str> {
        self.secrets.as_ref().err().map(String::as_str)
    }

    /// All instances, those that leave too.
    pub(super) fn instances(&self) -> Vec<Instance> {
        lock(&self.instances).clone()
    }

    /// Instances that an earlier control process started.
    pub(super) fn set_instances(&self, instances: Vec<Instance>) {
        *lock(&self.instances) = instances;
    }

    /// What runs of services that answer requests: those that are ready, those that are not.
    pub(super) fn endpoints(&self, place: &Place, service: &Name) -> Vec<Endpoint> {
        let board = place.host.supervisor.board();
        let running = lock(&self.instances);
        let of_service = running.iter().filter(|instance| instance.service == *service && !instance.leaving);
        let mut endpoints = Vec::new();
        for instance in of_service {
            let status = board.get(&instance.name);
            let is_ready = status.as_ref().is_some_and(|status| status.phase == Phase::Ready);
            let started = status.as_ref().and_then(|status| status.started);
            let port = status.and_then(|status| status.port).or(instance.port);
            if let Some(port) = port.filter(|_| is_ready) {
                let born = started.map_or(instance.born, millis);
                endpoints.push(Endpoint { name: instance.name.clone(), port, born });
            }
        }
        endpoints
    }

    /// What of it is reached from outside.
    pub(super) fn serving(&self, place: &Place) -> Serving {
        let mut services = BTreeMap::new();
        for (name, service) in &self.release.app.services {
            let by = if is_site(service) {
                By::Files { is_spa: service.build.get().is_some(), root: self.site(service) }
            } else if is_web(service) {
                By::Instances(self.endpoints(place, name))
            } else {
                continue;
            };
            services.insert(name.clone(), Served { route: service.route.get().cloned(), by });
        }
        Serving { release: Some(self.release.id.clone()), services }
    }

    /// Makes exactly so many instances of a service run: starts those that are missing, in their order. Returns those
    /// that are too many and still run; they get no requests any more from the next table on.
    pub(super) fn scale(&self, place: &Place, service: &Name, count: u32) -> Result<Vec<Instance>, Error> {
        let Some(described) = self.release.app.services.get(service) else { return Ok(Vec::new()) };
        let numbers: Vec<u32> = lock(&self.instances)
            .iter()
            .filter(|instance| instance.service == *service)
            .map(|instance| instance.number)
            .collect();
        for number in (1..=count).filter(|number| !numbers.contains(number)) {
            let instance = self.start(place, service, described, number)?;
            lock(&self.instances).push(instance);
        }
        let mut surplus = Vec::new();
        for instance in lock(&self.instances).iter_mut().filter(|instance| instance.service == *service) {
            instance.leaving = instance.number > count;
            if instance.leaving {
                surplus.push(instance.clone());
            }
        }
        place.host.note();
        Ok(surplus)
    }

    /// Stops an instance and returns when it is gone.
    pub(super) async fn stop(&self, place: &Place, name: &str) {
        place.host.supervisor.remove(name).await;
        let mut instances = lock(&self.instances);
        if let Some(at) = instances.iter().position(|instance| instance.name == name) {
            let gone = instances.remove(at);
            if let Some(port) = gone.port {
                place.ports().release(port);
            }
        }
        drop(instances);
        place.host.note();
    }

    /// Goes on with an instance that an earlier control process started.
    pub(super) fn resume(&self, place: &Place, instance: &Instance, survivor: Survivor) -> Result<(), Error> {
        let Some(service) = self.release.app.services.get(&instance.service) else { return Ok(()) };
        if instance.port.is_some() {
            place.ports().runs_already(&self.owner(&instance.service, instance.number));
            // It has it already: only what is remembered is asked for.
            let _ = self.port(place, &instance.service, service, instance.number)?;
        }
        // What cannot be described anew (its secrets cannot be had just now) goes on as what it was started as.
        let definition = self
            .definition(place, &instance.service, service, instance.number, instance.port)
            .unwrap_or_else(|_| Definition {
                port: instance.port,
                readiness: instance.port.map(|_| readiness(service)),
                is_lenient: true,
                restart: Restart::Always,
                ..only_to_stop(survivor.spec().clone())
            });
        place
            .host
            .supervisor
            .adopt(vec![definition], vec![survivor])
            .map_err(|error| Error::Instance { instance: instance.name.clone(), reason: error.to_string() })
    }

    /// Values that must not reach a log.
    pub(super) fn hidden(&self) -> Vec<String> {
        let resolved = self.secrets.iter().flat_map(Resolved::all);
        resolved.map(|(_, found)| found.value.expose_secret().to_owned()).collect()
    }

    /// Folders of its static sites.
    pub(super) fn sites(&self) -> BTreeMap<Name, Vec<PathBuf>> {
        let site = |(name, service): (&Name, &Service)| {
            is_site(service).then(|| (name.clone(), vec![self.site(service)]))
        };
        self.release.app.services.iter().filter_map(site).collect()
    }

    fn site(&self, service: &Service) -> PathBuf {
        let site = service.static_dir.get().map_or("", String::as_str);
        let folder = folder(&self.release.tree, service.path());
        if matches!(site, "" | ".") { folder } else { folder.join(site) }
    }

    /// Whose port it is.
    fn owner(&self, service: &Name, number: u32) -> String {
        format!("services/{service}/{number}/{}", self.slot.as_str())
    }

    /// The name of an instance's process.
    pub(super) fn name_of(&self, place: &Place, service: &Name, number: u32) -> String {
        format!("{}{service}.{number}.{}", place.prefix(), self.release.id)
    }

    fn start(&self, place: &Place, name: &Name, service: &Service, number: u32) -> Result<Instance, Error> {
        let process = self.name_of(place, name, number);
        let port = self.port(place, name, service, number)?;
        let definition = self.definition(place, name, service, number, port)?;
        place
            .host
            .supervisor
            .add(vec![definition])
            .and_then(|()| place.host.supervisor.start(&process))
            .map_err(|error| Error::Instance { instance: process.clone(), reason: error.to_string() })?;
        let born = millis(Timestamp::now());
        Ok(Instance { name: process, service: name.clone(), number, port, born, leaving: false })
    }

    /// The port of an instance: one of its slot, or the one that the service has in its code.
    fn port(&self, place: &Place, name: &Name, service: &Service, number: u32) -> Result<Option<u16>, Error> {
        if !is_web(service) {
            return Ok(None);
        }
        let is_fixed = service.port_setting.get() == Some(&seaworthy_model::PortSetting::Fixed);
        let wanted = service.port.get().copied().filter(|_| is_fixed);
        let reservation = place.ports().reserve(&self.owner(name, number), wanted)?;
        if let Some(moved) = &reservation.moved {
            let holder =
                moved.holder.as_ref().map_or_else(|| "another program".to_owned(), ToString::to_string);
            let reason = format!("port {} is taken by {holder}, and it cannot use another one", moved.wanted);
            return Err(Error::Instance { instance: name.to_string(), reason });
        }
        Ok(Some(reservation.hand_over()))
    }

    /// The process of an instance.
    pub(super) fn definition(
        &self,
        place: &Place,
        name: &Name,
        service: &Service,
        number: u32,
        port: Option<u16>,
    ) -> Result<Definition, Error> {
        let command = service.start.get().map_or("", String::as_str);
        let environment = self.environment(place, name, service, port)?;
        let secrets = values_of_secrets(&environment).chain(place.made_up_secrets()).collect();
        let around = Surroundings {
            run: place.host.run.clone(),
            root: self.release.tree.clone(),
            logs: place.folder.logs(),
            env: self.variables(name, &environment),
            secrets,
            port,
            after: Vec::new(),
        };
        let mut definition = process(name, service, command, &around);
        definition.spec.name = self.name_of(place, name, number);
        definition.spec.log = LogFile::new(self.log_of(place, name, number));
        definition.spec.on_control_loss = place.host.linger();
        definition.needs = Vec::<(String, Condition)>::new();
        definition.readiness = port.map(|_| readiness(service));
        definition.is_lenient = service.readiness.get().is_none() || is_guessed(&service.readiness);
        Ok(definition)
    }

    /// Where an instance's output is kept. The log of a slot goes on with its next release: two releases never write to one
    /// file at once.
    fn log_of(&self, place: &Place, service: &Name, number: u32) -> PathBuf {
        log_file(&place.folder.logs(), &format!("{service}-{number}-{}", self.slot.as_str()))
    }

    /// Where an instance's output is kept.
    pub(super) fn log(&self, place: &Place, instance: &Instance) -> PathBuf {
        self.log_of(place, &instance.service, instance.number)
    }

    /// The variables of a service, or of a job that runs with it.
    pub(super) fn environment(
        &self,
        place: &Place,
        name: &Name,
        service: &Service,
        port: Option<u16>,
    ) -> Result<Environment, Error> {
        let process = inherited();
        let files = environment::files(&self.release.tree, service, Mode::Production);
        let resolved = self.secrets.as_ref().map_err(|why| Error::Secrets(why.clone()))?;
        let secrets = resolved.of_service(name);
        let resources = provided(place.prepared());
        let domain = place.traffic().domain.clone().unwrap_or_else(|| "localhost".to_owned());
        let inputs = Inputs {
            service,
            resources: &resources,
            services: &|name| self.endpoint(place, name),
            mode: Mode::Production,
            secrets: &secrets,
            environment: place.name.as_str(),
            domain: &domain,
            process: &process,
            files: &files,
            port,
            colour: false,
        };
        Ok(environment::resolve(inputs, &mut place.secrets())?)
    }

    /// All that the process of a service is given.
    pub(super) fn variables(&self, name: &Name, environment: &Environment) -> BTreeMap<String, String> {
        let mut env = inherited();
        env.extend(environment.handed());
        env.extend(self.tools.get(name).map(Tools::variables).unwrap_or_default());
        env.insert("SEA_RELEASE".to_owned(), self.release.id.to_string());
        env
    }

    /// Where the programs of the release's tools are, for commands of the whole app.
    pub(super) fn search_path(&self) -> BTreeMap<String, String> {
        self.tools.values().next().map(Tools::variables).unwrap_or_default()
    }

    /// Where another service of the same release is reached from within: at its first instance.
    fn endpoint(&self, place: &Place, name: &Name) -> Option<environment::Endpoint> {
        let service = self.release.app.services.get(name)?;
        let first = lock(&self.instances)
            .iter()
            .find(|instance| instance.service == *name && instance.number == 1)
            .and_then(|instance| instance.port);
        let port = match first {
            Some(port) => port,
            // It is not started yet: the port is remembered for it.
            None => self.port(place, name, service, 1).ok()??,
        };
        Some(environment::Endpoint { host: "127.0.0.1".to_owned(), port })
    }

    /// What the next control process has to know of it.
    pub(super) fn kept(&self) -> KeptRelease {
        KeptRelease { slot: self.slot, instances: self.instances() }
    }
}

/// What processes get of this one's environment: where things are on the machine, and nothing else.
fn inherited() -> BTreeMap<String, String> {
    environment::inherited(Mode::Production, &own_environment())
}

fn values_of_secrets(environment: &Environment) -> impl Iterator<Item = String> + '_ {
    environment.values.values().filter(|value| value.secret).map(|value| value.value.clone())
}

/// The probe that says whether an instance may get requests: the one that was written or found, three times running; where
/// there is none, one real request that any answer but a failure passes.
fn readiness(service: &Service) -> Probe {
    let probe = service.readiness.get().cloned().unwrap_or_else(|| Probe::http("/"));
    let passes = probe.success_threshold.unwrap_or(1).max(3);
    Probe { success_threshold: Some(passes), ..probe }
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}

/// A process that is only taken over to be stopped.
pub(super) fn only_to_stop(spec: Spec) -> Definition {
    Definition {
        spec,
        restart: Restart::Never,
        backoff: Backoff::default(),
        port: None,
        startup: None,
        readiness: None,
        is_lenient: false,
        liveness: None,
        needs: Vec::new(),
    }
}

/// Goes on with a process of which nothing is known but how it was started.
pub(super) fn go_on(place: &Place, survivor: Survivor) {
    let definition = Definition { restart: Restart::Always, ..only_to_stop(survivor.spec().clone()) };
    let name = definition.spec.name.clone();
    if let Err(error) = place.host.supervisor.adopt(vec![definition], vec![survivor]) {
        place.tell(None, format!("{name} runs on, and nothing watches it: {error}"));
    }
}

/// Writes down which instances run, before and after they change.
pub(super) fn keep<'a>(place: &Place, running: impl Iterator<Item = &'a Arc<Running>>) -> Result<(), Error> {
    let releases = running.map(|running| (running.release.id.to_string(), running.kept())).collect();
    layout::save(&place.folder.instances(), &Kept { releases })
}
