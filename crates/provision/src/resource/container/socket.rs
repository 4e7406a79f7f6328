//! Where container engines listen.

use std::path::{Path, PathBuf};

use super::engine_packages;
use crate::toolchain::{Machine, Offer};

/// Addresses of engines, the one that a person chose first: `DOCKER_HOST`, the current context of the client, then
/// where Docker, Podman, Colima, OrbStack and Rancher listen.
pub(super) fn addresses() -> Vec<String> {
    if let Some(host) = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
        return vec![host];
    }
    let mut found: Vec<String> = context().into_iter().collect();
    let home = std::env::home_dir();
    let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let places = [
        Some(PathBuf::from("/var/run/docker.sock")),
        runtime.as_ref().map(|dir| dir.join("docker.sock")),
        below_home(".docker/run/docker.sock"),
        below_home(".orbstack/run/docker.sock"),
        below_home(".colima/default/docker.sock"),
        below_home(".rd/docker.sock"),
        runtime.as_ref().map(|dir| dir.join("podman/podman.sock")),
        Some(PathBuf::from("/run/podman/podman.sock")),
    ];
    found.extend(
        places
            .into_iter()
            .flatten()
            .filter(|path| path.exists())
            .map(|path| format!("unix://{}", path.display())),
    );
    found
}

/// The endpoint of the current context: `config.json` names it, and its file is in a folder named by the SHA-256 of
/// its name.
fn context() -> Option<String> {
    let set = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let config = set.or_else(|| Some(std::env::home_dir()?.join(".docker")))?;
    let read = |path: &Path| -> Option<serde_json::Value> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    };
    let chosen = std::env::var("DOCKER_CONTEXT")
        .ok()
        .or_else(|| Some(read(&config.join("config.json"))?.get("currentContext")?.as_str()?.to_owned()))?;
    let id = crate::install::digest(chosen.as_bytes());
    let meta = read(&config.join("contexts/meta").join(id).join("meta.json"))?;
    Some(meta.pointer("/Endpoints/docker/Host")?.as_str()?.to_owned())
}

/// What to type where no engine answers: start the one that is installed, else install one.
pub fn offers(machine: &Machine) -> Vec<Offer> {
    let start =
        |installer, command: &str| vec![Offer { installer, command: command.to_owned(), system_wide: true }];
    if cfg!(target_os = "macos") && Path::new("/Applications/Docker.app").exists() {
        return start("Docker", "open -a Docker");
    }
    if machine.find("colima").is_some() {
        return start("Colima", "colima start");
    }
    let sudo = if crate::user::is_root() { "" } else { "sudo " };
    if machine.find("dockerd").is_some() {
        return start("Docker", &format!("{sudo}systemctl start docker"));
    }
    if machine.find("podman").is_some() {
        return start("Podman", "podman system service --time=0 &");
    }
    engine_packages(machine)
}
