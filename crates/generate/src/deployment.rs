//! What has to run, with every default filled in. All targets start from here, so that a port, a limit or a probe is
//! the same in Compose, in Kubernetes and in the runbook.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::quantity::{Bytes, Cpu, Duration};
use seaworthy_model::{App, Job, JobTrigger, Kind, Name, PortSetting, Probe, ProbeAction, Service, Variable};

use crate::Backing;

/// The port of a service whose own nobody knows, and of the server of a static site: above the privileged ones.
pub const DEFAULT_PORT: u16 = 8080;

/// The user that containers run as: a fixed number, far from those that systems hand out.
pub const USER: u32 = 10001;

const MEMORY: Bytes = Bytes::new(512 << 20);
const CPU: Cpu = Cpu::from_millicores(500);
const GRACE: Duration = Duration::from_millis(30_000);

/// An app as it has to run.
#[derive(Clone, Debug)]
pub struct Deployment<'a> {
    /// The model that it was made from.
    pub app: &'a App,
    /// The app's name.
    pub name: &'a str,
    /// Services that keep running, in order of their names.
    pub instances: Vec<Instance<'a>>,
    /// Services that run to their end ([`Kind::Job`]): programs with images of their own. Each is a task, too.
    pub programs: Vec<Instance<'a>>,
    /// What runs to its end, in order of their names.
    pub tasks: Vec<Task<'a>>,
    /// Resources, in order of their names.
    pub backings: Vec<Backing<'a>>,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Instance<'a> {
    /// Its name.
    pub name: &'a Name,
    /// What the model says of it.
    pub service: &'a Service,
    /// What sort of process it is.
    pub kind: Kind,
    /// The port it listens on; absent for workers.
    pub port: Option<u16>,
    /// What starts it for production; absent for static sites and where nobody knows.
    pub start: Option<&'a str>,
    /// How many.
    pub replicas: u32,
    /// Memory limit.
    pub memory: Bytes,
    /// CPU limit.
    pub cpu: Cpu,
    /// From SIGTERM to SIGKILL.
    pub grace: Duration,
    /// Its probes, every timing said.
    pub probes: Probes,
    /// Its environment, without what its code has a fallback for.
    pub env: BTreeMap<&'a str, Setting>,
    /// Variables that are built into what browsers download: needed by the build, not by the run.
    pub build_env: BTreeMap<&'a str, Setting>,
    /// Services and resources that it talks to.
    pub needs: BTreeSet<&'a Name>,
}

/// The probes of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probes {
    /// Until it has passed, the others wait.
    pub startup: Option<Probe>,
    /// Whether it gets requests.
    pub readiness: Option<Probe>,
    /// Whether it is restarted.
    pub liveness: Option<Probe>,
    /// The model names a readiness probe; else the port alone is looked at.
    pub declared: bool,
}

/// Where the value of a variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Said by the model; its placeholders name nothing that must not be seen.
    Value(Template),
    /// Composed of something that must not be seen: the address of a database with its password.
    Composed(Template),
    /// A secret, handed in from outside.
    Secret {
        /// The secret's name.
        name: String,
        /// The service starts without it.
        optional: bool,
    },
    /// Needed, and nothing in the repository says what it is: each environment has to.
    Missing,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    /// Its name.
    pub name: &'a Name,
    /// The shell command.
    pub run: &'a str,
    /// What starts it.
    pub on: JobTrigger,
    /// Cron fields.
    pub schedule: Option<&'a str>,
    /// IANA time zone of the schedule.
    pub timezone: Option<&'a str>,
    /// The folder it runs in, relative to the repository's root.
    pub path: &'a str,
    /// The service whose image and environment it runs with.
    pub service: Option<&'a Name>,
}

impl<'a> Deployment<'a> {
    /// What `app` has to run.
    pub fn of(app: &'a App) -> Self {
        let name = app.name.get().map_or("app", Name::as_str);
        let backings: Vec<_> =
            app.resources.iter().map(|(key, resource)| Backing::of(key, resource, name)).collect();
        let is_job = |service: &Service| service.kind.get() == Some(&Kind::Job);
        let (programs, instances): (Vec<_>, Vec<_>) = app
            .services
            .iter()
            .map(|(key, service)| Instance::of(key, service, &backings))
            .partition(|instance| instance.kind == Kind::Job);
        let mut tasks: Vec<_> =
            app.jobs.iter().filter_map(|(key, job)| Task::of(key, job, &instances)).collect();
        tasks.extend(app.services.iter().filter(|(_, service)| is_job(service)).filter_map(
            |(key, service)| {
                Some(Task {
                    name: key,
                    run: service.start.get()?,
                    on: JobTrigger::Manual,
                    schedule: None,
                    timezone: None,
                    path: service.path(),
                    service: None,
                })
            },
        ));
        tasks.sort_by_key(|task| task.name);
        Self { app, name, instances, programs, tasks, backings }
    }

    /// Everything that has an image of its own, services first.
    pub fn images(&self) -> impl Iterator<Item = &Instance<'a>> {
        self.instances.iter().chain(&self.programs)
    }

    /// Whose image a task runs in, with whose environment.
    pub fn image_of(&self, task: &Task<'_>) -> Option<&Instance<'a>> {
        self.images().find(|instance| instance.name == task.service.unwrap_or(task.name))
    }

    /// The service of this name.
    pub fn instance(&self, name: &Name) -> Option<&Instance<'a>> {
        self.instances.iter().find(|instance| instance.name == name)
    }

    /// The resource of this name.
    pub fn backing(&self, name: &Name) -> Option<&Backing<'a>> {
        self.backings.iter().find(|backing| backing.name == name)
    }

    /// Names of all secrets that services are handed, in order, those of resources included.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for setting in self.images().flat_map(|instance| instance.env.values()) {
            match setting {
                Setting::Secret { name, .. } => {
                    names.insert(name.as_str());
                }
                Setting::Composed(template) => {
                    names.extend(template.placeholders().filter_map(|(placeholder, _)| match placeholder {
                        Placeholder::Secret(name) => Some(name.as_str()),
                        _ => None,
                    }));
                }
                Setting::Value(_) | Setting::Missing => {}
            }
        }
        names.extend(self.backings.iter().filter_map(|backing| backing.password.as_deref()));
        names
    }
}

impl<'a> Instance<'a> {
    fn of(name: &'a Name, service: &'a Service, backings: &[Backing<'a>]) -> Self {
        let kind = service.kind.get().copied().unwrap_or(Kind::Worker);
        let port = match kind {
            Kind::Web => Some(service.port.get().copied().unwrap_or(DEFAULT_PORT)),
            Kind::Static => Some(DEFAULT_PORT),
            Kind::Worker | Kind::Job => None,
        };
        let mut env = BTreeMap::new();
        let mut build_env = BTreeMap::new();
        for (key, variable) in &service.env {
            let Some(setting) = Setting::of(key, variable, backings) else { continue };
            let built_in = variable.public || kind == Kind::Static;
            let place = if built_in { &mut build_env } else { &mut env };
            place.insert(key.as_str(), setting);
        }
        if let (Kind::Web, Some(port), Some(PortSetting::Env(key))) = (kind, port, service.port_setting.get())
        {
            env.insert(key, literal(&port.to_string()));
        }
        let mut needs: BTreeSet<&Name> = service.depends_on.keys().collect();
        // A name in a placeholder is a dependency, whether `depends_on` repeats it or not.
        let named = env.values().filter_map(Setting::template).flat_map(Template::placeholders);
        let named: BTreeSet<_> = named
            .filter_map(|(placeholder, _)| match placeholder {
                Placeholder::Resource { name, .. } | Placeholder::Service { name, .. } => Some(name.clone()),
                _ => None,
            })
            .collect();
        needs.extend(backings.iter().map(|backing| backing.name).filter(|known| named.contains(*known)));
        Self {
            name,
            service,
            kind,
            port,
            start: service
                .start
                .get()
                .or(service.dev.get())
                .map(String::as_str)
                .filter(|_| kind != Kind::Static),
            replicas: service.replicas.get().copied().unwrap_or(1),
            memory: service.memory.get().copied().unwrap_or(MEMORY),
            cpu: service.cpu.get().copied().unwrap_or(CPU),
            grace: service.stop_grace_period.get().copied().unwrap_or(GRACE),
            probes: Probes::of(service, port),
            env,
            build_env,
            needs,
        }
    }

    /// It has a public path.
    pub fn is_public(&self) -> bool {
        self.service.route.get().is_some()
    }

    /// The folder, relative to the repository's root.
    pub fn path(&self) -> &'a str {
        self.service.path()
    }
}

impl Setting {
    fn of(key: &str, variable: &Variable, backings: &[Backing<'_>]) -> Option<Self> {
        let outside = || Self::Secret { name: key.to_owned(), optional: !variable.required };
        let Some(value) = variable.value.get() else {
            if variable.secret {
                return Some(outside());
            }
            // What the code falls back to needs no line here, and what an example suggests for this machine is no
            // value for another one.
            return variable.required.then(|| match variable.default.get() {
                Some(default) if !names_this_machine(default) && !default.is_empty() => literal(default),
                _ => Self::Missing,
            });
        };
        let Ok(template) = Template::parse(value) else { return Some(Self::Missing) };
        let mut secret = false;
        for (placeholder, _) in template.placeholders() {
            match placeholder {
                Placeholder::Secret(name) if template.parts().len() == 1 => {
                    return Some(Self::Secret { name: name.clone(), optional: !variable.required });
                }
                Placeholder::Secret(_) => secret = true,
                Placeholder::Resource { name, attribute } => {
                    let Some(backing) = backings.iter().find(|backing| backing.name == name) else {
                        return Some(Self::Missing);
                    };
                    // Nothing beside the app answers for it: whoever runs the app has the address.
                    if backing.image.is_none() && backing.kind != "sqlite" {
                        return Some(outside());
                    }
                    secret |= backing.is_secret(attribute);
                }
                Placeholder::Service { .. } | Placeholder::Environment(_) => {}
            }
        }
        // A literal under a secret's name is not ours to write down.
        if variable.secret && template.placeholders().next().is_none() {
            return Some(outside());
        }
        Some(if secret { Self::Composed(template) } else { Self::Value(template) })
    }

    /// Its text, where the model has one.
    pub fn template(&self) -> Option<&Template> {
        match self {
            Self::Value(template) | Self::Composed(template) => Some(template),
            Self::Secret { .. } | Self::Missing => None,
        }
    }
}

fn literal(text: &str) -> Setting {
    // An escaped text holds no placeholder, so it parses.
    Setting::Value(Template::parse(&Template::escape(text)).unwrap_or_default())
}

fn names_this_machine(text: &str) -> bool {
    ["localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal"].iter().any(|name| text.contains(name))
}

impl Probes {
    fn of(service: &Service, port: Option<u16>) -> Self {
        let tcp = || port.map(|port| Probe::new(ProbeAction::Tcp(port)));
        let declared = service.readiness.get().is_some();
        let readiness = service.readiness.get().cloned().or_else(tcp);
        let liveness = service.liveness.get().cloned().or_else(tcp);
        // A start may take a minute; asked every second, a quick one costs no time.
        let startup = service
            .startup
            .get()
            .cloned()
            .or_else(|| readiness.clone().map(|probe| Probe::new(probe.action)));
        Self {
            startup: startup.map(|probe| timed(probe, 1_000, 60)),
            readiness: readiness.map(|probe| timed(probe, 5_000, 3)),
            liveness: liveness.map(|probe| timed(probe, 10_000, 3)),
            declared,
        }
    }
}

/// The probe with every timing said.
fn timed(mut probe: Probe, period: u64, failures: u32) -> Probe {
    probe.period.get_or_insert(Duration::from_millis(period));
    probe.timeout.get_or_insert(Duration::from_millis(2_000));
    probe.initial_delay.get_or_insert(Duration::from_millis(0));
    probe.failure_threshold.get_or_insert(failures);
    probe.success_threshold.get_or_insert(1);
    probe
}

impl<'a> Task<'a> {
    fn of(name: &'a Name, job: &'a Job, instances: &[Instance<'a>]) -> Option<Self> {
        let path = job.path.get().map_or(".", String::as_str);
        // Without a service of its own it runs with that of its folder, else with the first that is no static site.
        let of_folder =
            || instances.iter().find(|instance| instance.path() == path && instance.kind != Kind::Static);
        let any = || instances.iter().find(|instance| instance.kind != Kind::Static);
        let service = job.service.get().or_else(|| of_folder().or_else(any).map(|instance| instance.name));
        let schedule = job.schedule.get().map(String::as_str);
        let on = job.on.get().copied().unwrap_or(if schedule.is_some() {
            JobTrigger::Schedule
        } else {
            JobTrigger::Manual
        });
        Some(Self {
            name,
            run: job.run.get()?,
            on,
            schedule,
            timezone: job.timezone.get().map(String::as_str),
            path,
            service,
        })
    }
}
