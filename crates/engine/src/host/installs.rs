//! Toolchains and dependency installs of services.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use seaworthy_model::{App, Name, Runtime};
use seaworthy_provision::install::{self, InstallStep, Misfit, Wanted};
use seaworthy_provision::task::{Program, Task, Tasks};
use seaworthy_provision::toolchain::{Offer, Toolchain, Toolchains, python_environment, tool};
use seaworthy_supervise::log::ansi;

use crate::host::definition::folder;
use crate::host::shared::Shared;
use crate::view::ProblemView;

/// What services run with, once that is known.
#[derive(Default)]
pub(crate) struct Installs {
    services: Vec<Name>,
    ready: Arc<Readies>,
}

/// What every service runs with. Gates are passed for all who wait at them, so this is one for all, too: who was let
/// through by an earlier set-up must find what that one found.
pub(crate) type Readies = Mutex<BTreeMap<Name, Ready>>;

/// What a service runs with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready {
    /// Folders that go before `PATH`.
    pub(crate) bin_dirs: Vec<PathBuf>,
    /// Variables that its tools want.
    pub(crate) env: BTreeMap<String, String>,
    /// Its dependencies were installed just now: what runs has older ones.
    pub(crate) installed: bool,
}

/// The gate of a service's dependencies.
pub(crate) fn gate(service: &Name) -> String {
    format!("install {service}")
}

impl Installs {
    /// Closes the gates of these services. Those that need no toolchain pass at once.
    pub(crate) fn announce(shared: &Shared, app: &App, services: &[Name]) -> Self {
        let mut wanting = Vec::new();
        for name in services {
            let needs = app
                .services
                .get(name)
                .is_some_and(|service| service.runtime.get().is_some() || service.install.get().is_some());
            if needs {
                shared.gates.close(&gate(name));
                wanting.push(name.clone());
            } else {
                shared.decide(&gate(name), true);
            }
        }
        Self { services: wanting, ready: Arc::clone(&shared.ready) }
    }

    /// What a service runs with; ask when its gate has passed.
    pub(crate) fn ready(&self, service: &Name) -> Ready {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(service).cloned().unwrap_or_default()
    }

    /// Finds toolchains, then installs what is not installed, in parallel.
    pub(crate) async fn run(&self, shared: &Shared, app: &App) {
        // One after the other: an install that a manifest asks for while one runs would empty the folders under it.
        let _turn = shared.installing.acquire().await;
        let toolchains = self.toolchains(shared, app).await;
        let mut wanted = Vec::new();
        let mut managers: BTreeMap<Name, String> = BTreeMap::new();
        for name in &self.services {
            let Some(service) = app.services.get(name) else { continue };
            let Some(toolchain) = toolchains.get(name) else {
                // Without a runtime in the model its command is taken as it is.
                if service.runtime.get().is_none() {
                    shared.decide(&gate(name), true);
                }
                continue;
            };
            let dir = folder(shared.state.worktree(), service.path());
            let manager = service.package_manager.get().map_or("", String::as_str);
            let Some(command) = service.install.get() else {
                self.without_install(shared, name, &dir, manager, toolchain);
                continue;
            };
            let tool_dir = match self.tool(shared, name, &dir, manager, toolchain).await {
                Ok(tool_dir) => tool_dir,
                Err(problem) => {
                    shared.add_problem(&gate(name), problem);
                    shared.decide(&gate(name), false);
                    continue;
                }
            };
            managers.insert(name.clone(), manager.to_owned());
            wanted.push(Wanted {
                service: name,
                dir,
                manager,
                command,
                toolchain: Some(toolchain),
                tool_dir,
            });
        }
        let steps = install::plan(&wanted, &shared.state);
        let running = steps.iter().map(|step| self.install(shared, app, step, &managers));
        futures_util::future::join_all(running).await;
    }

    async fn toolchains(&self, shared: &Shared, app: &App) -> BTreeMap<Name, Toolchain> {
        let wants: BTreeMap<Name, Runtime> = self
            .services
            .iter()
            .filter_map(|name| Some((name.clone(), app.services.get(name)?.runtime.get()?.clone())))
            .collect();
        if wants.is_empty() {
            return BTreeMap::new();
        }
        let mut finder = Toolchains::open(shared.machine.clone(), &shared.state);
        let mut found = finder.find(&wants).await;
        // With consent what is missing is installed, and looked for once more.
        if shared.options.consent {
            let offers: BTreeMap<String, Offer> = found
                .values()
                .filter_map(|found| found.as_ref().err()?.offers.first().cloned())
                .map(|offer| (offer.command.clone(), offer))
                .collect();
            for offer in offers.values() {
                self.take_offer(shared, offer).await;
            }
            if !offers.is_empty() {
                found = finder.find(&wants).await;
            }
        }
        let mut toolchains = BTreeMap::new();
        for (name, found) in found {
            match found {
                Ok(toolchain) => {
                    if let Some(warning) = toolchain.warning() {
                        shared.add_problem(
                            &format!("toolchain {}", toolchain.runtime.name),
                            ProblemView {
                                code: "other-runtime-version".to_owned(),
                                message: warning,
                                next: toolchain.offers.first().map(|offer| offer.command.clone()),
                                members: vec![name.to_string()],
                            },
                        );
                    }
                    toolchains.insert(name, toolchain);
                }
                Err(missing) => {
                    let problem = ProblemView {
                        code: "runtime-missing".to_owned(),
                        message: missing.to_string(),
                        next: missing.offers.first().map(|offer| offer.command.clone()),
                        members: vec![name.to_string()],
                    };
                    shared.add_problem(&gate(&name), problem);
                    shared.decide(&gate(&name), false);
                }
            }
        }
        toolchains
    }

    /// The folder of a package manager that is kept in the state directory, installed there where it is missing: that
    /// changes nothing of the machine.
    async fn tool(
        &self,
        shared: &Shared,
        name: &Name,
        dir: &std::path::Path,
        manager: &str,
        toolchain: &Toolchain,
    ) -> Result<Option<PathBuf>, ProblemView> {
        let look = || tool(manager, dir, toolchain, &shared.machine, &shared.state);
        let missing = match look() {
            Ok(found) => return Ok(found),
            Err(missing) => missing,
        };
        let offer = missing.offers.first();
        if let Some(offer) = offer.filter(|offer| !offer.system_wide || shared.options.consent) {
            self.take_offer(shared, offer).await;
            if let Ok(found) = look() {
                return Ok(found);
            }
        }
        Err(ProblemView {
            code: "tool-missing".to_owned(),
            message: format!(
                "{} is not on this machine, and the dependencies of {name} need it",
                missing.program
            ),
            next: offer.map(|offer| offer.command.clone()),
            members: vec![name.to_string()],
        })
    }

    async fn take_offer(&self, shared: &Shared, offer: &Offer) {
        let id = format!("offer {}", offer.command);
        let members: Vec<String> = self.services.iter().map(ToString::to_string).collect();
        shared.steps.announce(
            &id,
            &format!("install with {}", offer.installer),
            &members,
            Some(offer.command.clone()),
        );
        shared.steps.begin(&id, "it is missing");
        let task = Task {
            name: format!("install with {}", offer.installer),
            program: Program::Shell(offer.command.clone()),
            dir: shared.state.worktree().to_owned(),
            env: BTreeMap::new(),
            bin_dirs: Vec::new(),
            user: None,
        };
        let outcome =
            shared.tasks().run(&task, &|line| shared.steps.progress(&id, &ansi::strip(&line.text))).await;
        match outcome {
            Ok(()) => shared.steps.done(&id),
            Err(error) => shared.fail_step(&id, &error),
        }
    }

    /// A service whose dependencies nobody has to install may still have an environment.
    fn without_install(
        &self,
        shared: &Shared,
        name: &Name,
        dir: &std::path::Path,
        manager: &str,
        toolchain: &Toolchain,
    ) {
        let mut ready = Ready { bin_dirs: toolchain.bin_dirs.clone(), ..Ready::default() };
        if toolchain.runtime.name == "python"
            && let Some(python) =
                python_environment(dir, manager, toolchain).filter(|python| python.create.is_none())
        {
            ready.bin_dirs.insert(0, python.bin_dir);
            ready.env.extend(python.env);
        }
        ready.bin_dirs.splice(0..0, install::node_bins(dir, shared.state.worktree()));
        self.set(name, ready);
        shared.decide(&gate(name), true);
    }

    async fn install(
        &self,
        shared: &Shared,
        app: &App,
        step: &InstallStep,
        managers: &BTreeMap<Name, String>,
    ) {
        let id = format!("install {}", step.name);
        let members: Vec<String> = step.services.iter().map(ToString::to_string).collect();
        shared.steps.announce(&id, &step.name, &members, Some(step.task.program.to_string()));
        let manager = step.services.first().and_then(|name| managers.get(name)).map_or("", String::as_str);
        let outcome = match &step.reason {
            None => {
                shared.steps.skip(&id, "nothing changed since the last install");
                Ok(())
            }
            Some(reason) => {
                shared.steps.begin(&id, &reason.to_string());
                for name in &members {
                    shared.set_phase(
                        name,
                        seaworthy_supervise::machine::Phase::Waiting,
                        &format!("waits for {}", step.name),
                    );
                }
                let lines = |line: seaworthy_provision::task::Line| {
                    shared.steps.progress(&id, &ansi::strip(&line.text));
                };
                let outcome = install::run(step, manager, &shared.tasks(), &lines).await;
                if let Ok(misfit) = &outcome {
                    shared.steps.done(&id);
                    tell_misfit(shared, &id, step, misfit.as_ref());
                }
                outcome.map(drop)
            }
        };
        if let Err(error) = &outcome {
            shared.fail_step(&id, error);
        }
        for name in &step.services {
            if let Some(service) = app.services.get(name) {
                let dir = folder(shared.state.worktree(), service.path());
                let env = step.python.as_ref().map(|python| python.env.clone()).unwrap_or_default();
                let installed = step.reason.is_some();
                self.set(name, Ready { bin_dirs: step.bin_dirs(&dir), env, installed });
            }
            shared.decide(&gate(name), outcome.is_ok());
        }
    }

    /// The same for who starts the service now: for the next one nothing was installed since.
    pub(crate) fn take_ready(&self, service: &Name) -> Ready {
        let mut all = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ready) = all.get_mut(service) else { return Ready::default() };
        let taken = ready.clone();
        ready.installed = false;
        taken
    }

    fn set(&self, name: &Name, mut ready: Ready) {
        let mut all = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.installed |= all.get(name).is_some_and(|known| known.installed);
        all.insert(name.clone(), ready);
    }
}

/// A lockfile that does not fit is the repository's fault, and no reason not to run it.
fn tell_misfit(shared: &Shared, id: &str, step: &InstallStep, misfit: Option<&Misfit>) {
    let key = format!("lockfile {id}");
    let Some(misfit) = misfit else { return shared.clear_problem(&key) };
    let problem = ProblemView {
        code: "lockfile-does-not-fit".to_owned(),
        message: format!(
            "{}: the lockfile does not fit the manifest; `{}` was run instead, and the lockfile left as it is",
            step.name, misfit.command
        ),
        next: Some(format!("cd {} && {}", step.task.dir.display(), misfit.repair)),
        members: step.services.iter().map(ToString::to_string).collect(),
    };
    shared.add_problem(&key, problem);
}
