//! Containers: for resources that the machine has no binary for, on Docker or Podman through the API of their socket.

mod engine;
mod socket;

use std::collections::BTreeMap;

use seaworthy_model::Name;
use seaworthy_model::image::Image;

use super::{Prepared, Request, Runs, Settle, attributes, signed_in};
use crate::Error;
use crate::address::Target;
use crate::state::State;
use crate::toolchain::{Machine, Offer, Packages, packages};

pub use engine::{Engine, Leftover};
pub use socket::offers;

/// A container that has to keep running, as data.
#[derive(Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name: unique on the machine, the same in every run of a worktree.
    pub name: String,
    /// The resource that it is.
    pub resource: Name,
    /// Its image.
    pub image: String,
    /// What it runs instead of what its image says; empty: what the image says.
    pub command: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// Ports inside, and those on loopback that lead to them.
    pub ports: Vec<(u16, u16)>,
    /// Named volumes, and where they are inside.
    pub volumes: Vec<(String, String)>,
    /// Says whose it is.
    pub labels: BTreeMap<String, String>,
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment holds passwords.
        f.debug_struct("Spec").field("name", &self.name).field("image", &self.image).finish_non_exhaustive()
    }
}

/// The label of every container of ours: the worktree that it belongs to.
pub const WORKTREE: &str = "dev.seaworthy.worktree";
/// The label with the name of the resource.
pub const RESOURCE: &str = "dev.seaworthy.resource";

/// What is said about a resource that only a container can run, where there is no engine.
pub(super) fn missing(request: &Request, machine: &Machine) -> Error {
    let image = image_of(request).map_or_else(
        || format!("a server for `{}`", request.kind),
        |image| format!("the image {}", image.name),
    );
    Error::ResourceMissing {
        name: request.name.clone(),
        wanted: image,
        found: "no container engine".to_owned(),
        offers: engine_packages(machine),
    }
}

pub(super) fn engine_packages(machine: &Machine) -> Vec<Offer> {
    let names = Packages {
        brew: Some("podman"),
        apt: Some("docker.io"),
        dnf: Some("podman"),
        apk: Some("docker"),
        pacman: Some("docker"),
        winget: Some("Docker.DockerDesktop"),
    };
    packages(machine, names, None)
}

fn image_of(request: &Request) -> Option<Image> {
    Image::find(&request.kind, request.image.as_deref(), request.version.as_deref())
}

/// A resource in a container.
pub(super) fn prepare(request: Request, state: &State) -> Result<Prepared, Error> {
    let image = image_of(&request).ok_or_else(|| Error::ResourceMissing {
        name: request.name.clone(),
        wanted: format!("an image for `{}`", request.kind),
        found: "none that is known for this type: say `image` in seaworthy.toml".to_owned(),
        offers: Vec::new(),
    })?;
    let id = state.id();
    let password = format!("{}{}", image.shape.password_prefix, request.password);
    let name = format!("sea-{id}-{}", request.name);
    let target = Target {
        host: "127.0.0.1".to_owned(),
        port: request.port.port,
        username: image
            .shape
            .username
            .map(|fixed| if fixed.is_empty() { request.username.clone() } else { fixed.to_owned() }),
        password: image.shape.username.map(|_| password.clone()),
        database: image.shape.has_database.then(|| request.database.clone()),
    };
    let fill = |text: &str| {
        text.replace("{user}", target.username.as_deref().unwrap_or_default())
            .replace("{password}", &password)
            .replace("{database}", &request.database)
    };
    let command =
        if image.shape.dev_command.is_empty() { image.shape.command } else { image.shape.dev_command };
    let spec = Spec {
        resource: request.name.clone(),
        command: command.iter().map(|word| fill(word)).collect(),
        env: image.shape.env.iter().map(|(name, value)| ((*name).to_owned(), fill(value))).collect(),
        ports: vec![(image.shape.port, request.port.port)],
        volumes: image.shape.volume.map(|inside| (name.clone(), inside.to_owned())).into_iter().collect(),
        labels: BTreeMap::from([(WORKTREE.to_owned(), id), (RESOURCE.to_owned(), request.name.to_string())]),
        image: image.name.clone(),
        name,
    };
    let url = format!("http://127.0.0.1:{}", target.port);
    let address = [("url", url.clone()), ("host", target.host.clone()), ("port", target.port.to_string())];
    let attributes = match request.kind.as_str() {
        "meilisearch" | "typesense" => {
            attributes(&request.kind, address.into_iter().chain([("key", password)]))
        }
        "influxdb" => {
            let account =
                [("username", request.username), ("name", request.database), ("token", password.clone())];
            attributes(&request.kind, address.into_iter().chain(account).chain([("password", password)]))
        }
        // The local one takes any key.
        "dynamodb" => {
            let keys = [
                ("endpoint", url.clone()),
                ("region", "us-east-1".to_owned()),
                ("access_key", "local".to_owned()),
            ];
            attributes(
                &request.kind,
                keys.into_iter().chain([("url", url), ("secret_key", "local".to_owned())]),
            )
        }
        _ => signed_in(&request.kind, image.shape.scheme, &target),
    };
    Ok(Prepared {
        name: request.name,
        kind: request.kind,
        attributes,
        target: Some(target),
        runs: Runs::Container(Box::new(spec)),
        port: Some(request.port),
        settle: Settle::Nothing,
        warnings: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use seaworthy_model::placeholder::ResourceType;
    use seaworthy_model::{App, Origin, Resource};

    use super::*;
    use crate::port::Ports;
    use crate::secret::Secrets;

    #[test]
    fn every_image_gives_an_address_and_no_password_that_the_server_does_not_have() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        for kind in seaworthy_model::image::kinds() {
            let mut app = App::default();
            let mut resource = Resource::default();
            resource.r#type.propose(kind.to_owned(), Origin::detected("test"));
            app.resources.insert(Name::from_text("db"), resource);
            let mut ports = Ports::open(&state);
            let mut requests = super::super::requests(&app, &mut ports, &mut Secrets::open(&state)).unwrap();
            let prepared = prepare(requests.remove(0), &state).unwrap();
            let Runs::Container(spec) = &prepared.runs else { panic!("{kind} runs elsewhere") };
            assert!(
                spec.env.values().chain(&spec.command).all(|text| !text.contains('{')),
                "{kind}: something is not filled in"
            );
            let known = ResourceType::find(kind).unwrap().attributes;
            assert!(
                prepared.attributes.contains_key("url")
                    && prepared.attributes.keys().all(|name| known.contains(name)),
                "{kind}"
            );
            if let Some(password) = prepared.attributes.get("password") {
                let has = spec.env.values().any(|value| value.contains(&password.value));
                assert!(has && password.secret, "{kind}");
            }
        }
    }
}
