//! What the services of a release run with on this machine: runtimes and what was installed into the release's tree.

use std::collections::BTreeMap;
use std::path::PathBuf;

use seaworthy_model::{Name, Runtime};
use seaworthy_provision::install::{self, Wanted};
use seaworthy_provision::state::State;
use seaworthy_provision::task::search_path;
use seaworthy_provision::toolchain::{Machine, Toolchain, Toolchains, python_environment, tool};

use super::Error;
use super::release::Release;
use crate::host::definition::folder;

/// What a service runs with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tools {
    bin_dirs: Vec<PathBuf>,
    env: BTreeMap<String, String>,
}

impl Tools {
    /// Its variables: the search path, the virtual environment of Python.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let path =
            search_path(&self.bin_dirs).map(|path| ("PATH".to_owned(), path.to_string_lossy().into_owned()));
        self.env.clone().into_iter().chain(path).collect()
    }
}

/// Finds what each service of a release needs. Nothing is installed: dependencies are in the artifact, and a runtime that
/// is not on the machine is an error that says what to type.
pub(super) async fn find(
    release: &Release,
    machine: &Machine,
    state: &State,
) -> Result<BTreeMap<Name, Tools>, Error> {
    let services = &release.app.services;
    let wants: BTreeMap<Name, Runtime> = services
        .iter()
        .filter(|(_, service)| service.start.get().is_some())
        .filter_map(|(name, service)| Some((name.clone(), service.runtime.get()?.clone())))
        .collect();
    let found = Toolchains::open(machine.clone(), state).find(&wants).await;
    let mut toolchains: BTreeMap<Name, Toolchain> = BTreeMap::new();
    for (name, found) in found {
        let toolchain = found.map_err(|missing| Error::Runtime {
            service: name.clone(),
            missing: missing.to_string(),
            next: missing.offers.first().map(|offer| offer.command.clone()),
        })?;
        toolchains.insert(name, toolchain);
    }
    let mut tools = BTreeMap::new();
    let mut wanted = Vec::new();
    for (name, toolchain) in &toolchains {
        let Some(service) = services.get(name) else { continue };
        let dir = folder(&release.tree, service.path());
        let manager = service.package_manager.get().map_or("", String::as_str);
        if let Some(command) = service.install.get() {
            wanted.push(Wanted {
                service: name,
                tool_dir: tool(manager, &dir, toolchain, machine, state).ok().flatten(),
                dir,
                manager,
                command,
                toolchain: Some(toolchain),
            });
        } else {
            let mut found = Tools { bin_dirs: toolchain.bin_dirs.clone(), ..Tools::default() };
            if toolchain.runtime.name == "python"
                && let Some(python) =
                    python_environment(&dir, manager, toolchain).filter(|python| python.create.is_none())
            {
                found.bin_dirs.insert(0, python.bin_dir);
                found.env.extend(python.env);
            }
            found.bin_dirs.splice(0..0, install::node_bins(&dir, &release.tree));
            tools.insert(name.clone(), found);
        }
    }
    for step in install::plan(&wanted, state) {
        for name in &step.services {
            let Some(service) = services.get(name) else { continue };
            let dir = folder(&release.tree, service.path());
            let env = step.python.as_ref().map(|python| python.env.clone()).unwrap_or_default();
            tools.insert(name.clone(), Tools { bin_dirs: step.bin_dirs(&dir), env });
        }
    }
    Ok(tools)
}
