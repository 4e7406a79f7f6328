//! A service of the model as a process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seaworthy_model::quantity::Cpu;
use seaworthy_model::{Condition, Field, Kind, Layer, Name, Probe, ProbeAction, Service};
use seaworthy_supervise::log::writer::LogFile;
use seaworthy_supervise::machine::{Backoff, Restart};
use seaworthy_supervise::process::Definition;
use seaworthy_supervise::spec::{Command, Limits, OnControlLoss, Spec, Stop};

use crate::host::command::with_port;

/// What a service is run with that the model does not know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// The run.
    pub(crate) run: String,
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Where logs are kept.
    pub(crate) logs: PathBuf,
    /// The whole environment.
    pub(crate) env: BTreeMap<String, String>,
    /// Values that must not reach a log.
    pub(crate) secrets: Vec<String>,
    /// The port that was handed out.
    pub(crate) port: Option<u16>,
    /// What must have run to its end before: migrations.
    pub(crate) after: Vec<String>,
}

/// The command that runs a service during development: `dev`, else `start`.
pub(crate) fn command(service: &Service) -> Option<&String> {
    service.dev.get().or_else(|| service.start.get())
}

/// The log of a member.
pub(crate) fn log_file(logs: &Path, name: &str) -> PathBuf {
    logs.join(format!("{name}.log"))
}

/// The process of a service; `None` for one that has no command.
pub(crate) fn definition(name: &Name, service: &Service, around: &Surroundings) -> Option<Definition> {
    let text = command(service)?;
    let text = match around.port {
        Some(port) => with_port(text, service.port_setting.get(), service.port.get().copied(), port),
        None => text.clone(),
    };
    let mut needs: Vec<(String, Condition)> = service
        .depends_on
        .iter()
        .map(|(need, dependency)| (need.to_string(), condition(&dependency.condition)))
        .collect();
    needs.extend(around.after.iter().map(|job| (job.clone(), Condition::ServiceCompletedSuccessfully)));
    let is_job = service.kind.get() == Some(&Kind::Job);
    let spec = Spec {
        name: name.to_string(),
        run: around.run.clone(),
        command: Command::Shell(text),
        dir: folder(&around.root, service.path()),
        env: around.env.clone(),
        user: None,
        limits: Limits {
            memory: service.memory.get().map(|bytes| bytes.get()),
            cpu: service.cpu.get().map(|cpu| cores(*cpu)),
            ..Limits::default()
        },
        stop: Stop {
            grace: service
                .stop_grace_period
                .get()
                .map_or(Stop::default().grace, |grace| Duration::from(*grace)),
            ..Stop::default()
        },
        log: LogFile::new(log_file(&around.logs, name.as_str())),
        secrets: around.secrets.clone(),
        on_control_loss: OnControlLoss::End,
    };
    Some(Definition {
        spec,
        restart: if is_job { Restart::Never } else { Restart::Always },
        backoff: Backoff::default(),
        port: around.port,
        startup: service.startup.get().cloned(),
        is_lenient: is_guessed(&service.readiness),
        readiness: service.readiness.get().cloned().or_else(|| around.port.map(|_| listens())),
        // A process that a person holds in a debugger does not answer; only who asked for a restart gets it.
        liveness: service.liveness.get().cloned().filter(|_| !is_guessed(&service.liveness)),
        needs,
    })
}

/// Something listens, and still does at the next look: development servers (Vite, for one) open their port for an instant
/// to see whether it is free.
fn listens() -> Probe {
    Probe { success_threshold: Some(2), ..Probe::new(ProbeAction::Tcp(0)) }
}

/// Nobody wrote it down: it was concluded from the code.
fn is_guessed(probe: &Field<Probe>) -> bool {
    probe.origin().is_some_and(|origin| origin.layer == Layer::Detected)
}

#[expect(clippy::cast_precision_loss, reason = "a machine has a small number of cores")]
fn cores(cpu: Cpu) -> f64 {
    cpu.as_millicores() as f64 / 1000.0
}

fn condition(condition: &Field<Condition>) -> Condition {
    condition.get().copied().unwrap_or(Condition::ServiceStarted)
}

/// A folder of the model, absolute.
pub(crate) fn folder(root: &Path, path: &str) -> PathBuf {
    if path == "." { root.to_owned() } else { root.join(path) }
}

#[cfg(test)]
mod tests {
    use seaworthy_model::{Origin, PortSetting};

    use super::*;

    fn service() -> Service {
        let mut service = Service::default();
        let say = || Origin::detected("test");
        service.path.propose("services/api".to_owned(), say());
        service.dev.propose("npm run dev".to_owned(), say());
        service.port.propose(4000, say());
        service.port_setting.propose(PortSetting::Flag("--port".to_owned()), say());
        service
    }

    fn around() -> Surroundings {
        Surroundings {
            root: "/repo".into(),
            logs: "/logs".into(),
            port: Some(4001),
            ..Surroundings::default()
        }
    }

    #[test]
    fn a_service_becomes_a_process_with_its_port() {
        let definition = definition(&Name::from_text("api"), &service(), &around()).unwrap();
        assert_eq!(definition.spec.command, Command::Shell("npm run dev -- --port 4001".to_owned()));
        assert_eq!(definition.spec.dir, Path::new("/repo/services/api"));
        assert_eq!(definition.spec.log.path, Path::new("/logs/api.log"));
        assert_eq!(definition.readiness, Some(listens()));
    }

    #[test]
    fn guessed_probes_are_taken_lightly_and_written_ones_are_not() {
        let mut service = service();
        service.readiness.propose(Probe::http("/health"), Origin::detected("test"));
        service.liveness.propose(Probe::http("/health"), Origin::detected("test"));
        let guessed = definition(&Name::from_text("api"), &service, &around()).unwrap();
        assert!(guessed.is_lenient && guessed.liveness.is_none());
        service.readiness.propose(Probe::http("/readyz"), Origin::new(Layer::Config, "seaworthy.toml"));
        service.liveness.propose(Probe::http("/live"), Origin::new(Layer::Config, "seaworthy.toml"));
        let written = definition(&Name::from_text("api"), &service, &around()).unwrap();
        assert!(!written.is_lenient && written.liveness.is_some());
    }

    #[test]
    fn what_was_migrated_is_waited_for() {
        let mut around = around();
        around.after.push("migrate".to_owned());
        let mut service = service();
        service.depend_on(Name::from_text("db"), Condition::ServiceHealthy, Origin::detected("test"));
        let definition = definition(&Name::from_text("api"), &service, &around).unwrap();
        assert_eq!(
            definition.needs,
            [
                ("db".to_owned(), Condition::ServiceHealthy),
                ("migrate".to_owned(), Condition::ServiceCompletedSuccessfully)
            ]
        );
    }
}
