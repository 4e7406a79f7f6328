//! A container engine, spoken to through its API.

use std::collections::HashMap;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::models::{ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, ListContainersOptionsBuilder,
    LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder,
    StopContainerOptionsBuilder,
};
use futures_util::{Stream, StreamExt as _};

use super::{RESOURCE, Spec, WORKTREE, offers, socket};
use crate::Error;
use crate::state::State;
use crate::task::{Line, Stream as Output};
use crate::toolchain::Machine;

/// How long an engine may take to say that it is there.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// A container engine that answers.
#[derive(Clone, Debug)]
pub struct Engine {
    docker: Docker,
    /// What it calls itself: `Docker 20.10.24`, `Podman 4.3.1`.
    pub title: String,
}

/// A container of a run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its id.
    pub id: String,
    /// The resource that it was.
    pub resource: String,
    /// It still runs.
    pub running: bool,
}

impl Engine {
    /// The first engine that answers.
    pub async fn connect(machine: &Machine) -> Result<Self, Error> {
        let mut tried = Vec::new();
        for address in socket::addresses() {
            match Self::at(&address).await {
                Ok(engine) => return Ok(engine),
                Err(error) => tried.push(format!("{address}: {error}")),
            }
        }
        let clients: Vec<&str> =
            ["docker", "podman"].into_iter().filter(|client| machine.find(client).is_some()).collect();
        let reason = match (tried.is_empty(), clients.is_empty()) {
            (true, true) => "neither Docker nor Podman is on this machine".to_owned(),
            (true, false) => format!("the client `{}` is there, and no engine listens", clients.join("`, `")),
            (false, _) => format!("none answers ({})", tried.join("; ")),
        };
        Err(Error::NoEngine { reason, offers: offers(machine) })
    }

    /// The engine at an address: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`.
    pub async fn at(address: &str) -> Result<Self, Error> {
        let failed = |error: bollard::errors::Error| refused("answer", &error);
        let docker = Docker::connect_with_host(address).map_err(failed)?;
        let asked = async {
            let docker = docker.negotiate_version().await?;
            let version = docker.version().await?;
            Ok((docker, version))
        };
        let silent = |_| Error::Engine { action: "answer".to_owned(), message: "it says nothing".to_owned() };
        let (docker, version) =
            tokio::time::timeout(PATIENCE, asked).await.map_err(silent)?.map_err(failed)?;
        let is_podman = version.components.iter().flatten().any(|part| part.name.contains("Podman"));
        let title = if is_podman { "Podman" } else { "Docker" };
        Ok(Self { docker, title: format!("{title} {}", version.version.unwrap_or_default()) })
    }

    /// Fetches an image that is not there; every step is told to `lines`.
    pub async fn pull(&self, image: &str, lines: &(dyn Fn(Line) + Send + Sync)) -> Result<(), Error> {
        if self.docker.inspect_image(image).await.is_ok() {
            return Ok(());
        }
        let (name, tag) = match image.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (image, "latest"),
        };
        let options = CreateImageOptionsBuilder::default().from_image(name).tag(tag).build();
        let mut steps = std::pin::pin!(self.docker.create_image(Some(options), None, None));
        while let Some(step) = steps.next().await {
            let step = step.map_err(|error| refused(&format!("pull {image}"), &error))?;
            if let Some(message) = step.error_detail.and_then(|detail| detail.message) {
                return Err(Error::Engine { action: format!("pull {image}"), message });
            }
            let text = [step.id, step.status].into_iter().flatten().collect::<Vec<_>>().join(": ");
            lines(Line { stream: Output::Out, text });
        }
        Ok(())
    }

    /// Makes a container and starts it; one of the same name is replaced. Its volumes stay.
    pub async fn start(&self, spec: &Spec) -> Result<String, Error> {
        self.remove(&spec.name).await?;
        let failed = |action: &str| {
            let action = format!("{action} `{}`", spec.name);
            move |error: bollard::errors::Error| refused(&action, &error)
        };
        let exposed = self.exposed(&spec.image).await;
        // An image that we know nothing of says itself where it listens.
        let inside = |port: u16| if port == 0 { exposed.clone() } else { format!("{port}/tcp") };
        let bindings = spec.ports.iter().map(|(port, published)| {
            let binding =
                PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(published.to_string()) };
            (inside(*port), Some(vec![binding]))
        });
        let body = ContainerCreateBody {
            image: Some(spec.image.clone()),
            cmd: (!spec.command.is_empty()).then(|| spec.command.clone()),
            env: Some(spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            exposed_ports: Some(spec.ports.iter().map(|(port, _)| inside(*port)).collect()),
            labels: Some(spec.labels.clone().into_iter().collect()),
            host_config: Some(HostConfig {
                port_bindings: Some(bindings.collect()),
                binds: Some(spec.volumes.iter().map(|(volume, path)| format!("{volume}:{path}")).collect()),
                init: Some(true),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(&spec.name).build();
        let made = self.docker.create_container(Some(options), body).await.map_err(failed("create"))?;
        self.docker.start_container(&made.id, None).await.map_err(failed("start"))?;
        Ok(made.id)
    }

    /// The first port that an image says it listens on.
    async fn exposed(&self, image: &str) -> String {
        let seen = self.docker.inspect_image(image).await.ok().and_then(|image| image.config);
        let ports = seen.and_then(|config| config.exposed_ports).unwrap_or_default();
        let number = |port: &String| {
            port.split('/').next().and_then(|port| port.parse::<u16>().ok()).unwrap_or(u16::MAX)
        };
        ports
            .into_iter()
            .filter(|port| !port.ends_with("/udp"))
            .min_by_key(number)
            .unwrap_or_else(|| "80/tcp".to_owned())
    }

    /// Stops a container: asks, then kills it after `grace`.
    pub async fn stop(&self, id: &str, grace: std::time::Duration) -> Result<(), Error> {
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        absent_is_done(self.docker.stop_container(id, Some(options)).await, "stop")
    }

    /// Removes a container, running or not; one that is not there is removed already.
    pub async fn remove(&self, id: &str) -> Result<(), Error> {
        let options = RemoveContainerOptionsBuilder::default().force(true).build();
        absent_is_done(self.docker.remove_container(id, Some(options)).await, "remove")
    }

    /// Removes the data of a container. Only with the consent of whoever owns it.
    pub async fn forget(&self, spec: &Spec) -> Result<(), Error> {
        self.remove(&spec.name).await?;
        for (volume, _) in &spec.volumes {
            let options = RemoveVolumeOptionsBuilder::default().force(true).build();
            absent_is_done(self.docker.remove_volume(volume, Some(options)).await, "remove the volume of")?;
        }
        Ok(())
    }

    /// Whether a container runs, and its exit code when it does not.
    pub async fn state(&self, id: &str) -> Result<(bool, Option<i64>), Error> {
        let seen = self
            .docker
            .inspect_container(id, None)
            .await
            .map_err(|error| refused("inspect a container", &error))?;
        let state = seen.state.unwrap_or_default();
        Ok((state.running.unwrap_or(false), state.exit_code))
    }

    /// What a container writes, from its start to its end.
    pub fn logs(&self, id: &str) -> impl Stream<Item = Line> + Send + use<> {
        let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).build();
        let docker = self.docker.clone();
        let id = id.to_owned();
        let lines = |output: LogOutput| {
            let stream = if matches!(output, LogOutput::StdErr { .. }) { Output::Err } else { Output::Out };
            let text = String::from_utf8_lossy(&output.into_bytes()).into_owned();
            let lines: Vec<Line> = text
                .lines()
                .map(|line| Line { stream, text: line.trim_end_matches('\r').to_owned() })
                .collect();
            futures_util::stream::iter(lines)
        };
        docker.logs(&id, Some(options)).filter_map(async |output| output.ok()).flat_map(lines)
    }

    /// Containers of this worktree: what a run that was killed left behind.
    pub async fn leftovers(&self, state: &State) -> Result<Vec<Leftover>, Error> {
        let label = format!("{WORKTREE}={}", state.id());
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let found = self.docker.list_containers(Some(options)).await;
        let found = found.map_err(|error| refused("list containers", &error))?;
        let leftover = |container: bollard::models::ContainerSummary| {
            Some(Leftover {
                id: container.id?,
                resource: container.labels.unwrap_or_default().remove(RESOURCE)?,
                running: container.status.is_some_and(|status| status.starts_with("Up")),
            })
        };
        Ok(found.into_iter().filter_map(leftover).collect())
    }
}

fn refused(action: &str, error: &bollard::errors::Error) -> Error {
    let message = match error {
        bollard::errors::Error::DockerResponseServerError { message, .. } => message.clone(),
        other => other.to_string(),
    };
    Error::Engine { action: action.to_owned(), message }
}

/// What is not there, or stopped already, needs nothing done.
fn absent_is_done(done: Result<(), bollard::errors::Error>, action: &str) -> Result<(), Error> {
    match done {
        Err(bollard::errors::Error::DockerResponseServerError { status_code: 404 | 304, .. }) | Ok(()) => {
            Ok(())
        }
        Err(error) => Err(refused(&format!("{action} a container"), &error)),
    }
}
