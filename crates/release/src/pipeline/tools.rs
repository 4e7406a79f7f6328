//! What steps run with on this machine: the same runtimes, package managers and environments as under `sea up`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_model::{App, Name, Runtime};
use seaworthy_provision::install;
use seaworthy_provision::state::State;
use seaworthy_provision::task::Program;
use seaworthy_provision::toolchain::{MARK, Machine, Toolchains, python_environment, tool};

use super::step::{Action, Stage, Step};
use crate::Error;

/// Variables that say where things are on a machine and how the network is reached. They reach every step and are no part
/// of what a result depends on.
const PLACES: [&str; 44] = [
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TERM",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "PIP_INDEX_URL",
    "PIP_DEFAULT_TIMEOUT",
    "npm_config_registry",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "PYENV_ROOT",
    "NVM_DIR",
    "GOPATH",
    "GOPROXY",
    "JAVA_HOME",
    "DOCKER_HOST",
    "SSH_AUTH_SOCK",
    "PLAYWRIGHT_BROWSERS_PATH",
    "npm_config_cache",
    "CARGO_TARGET_DIR",
    "PIP_CACHE_DIR",
    "UV_CACHE_DIR",
    "POETRY_CACHE_DIR",
    "YARN_CACHE_FOLDER",
    "GOMODCACHE",
    "COMPOSER_CACHE_DIR",
];

/// Variables of the user's surroundings that change what programs write: part of what a result depends on.
const MANNERS: [&str; 4] = ["LANG", "LC_ALL", "LC_CTYPE", "TZ"];

/// Variables that name a virtual environment, or have one made.
const ENVIRONMENTS: [&str; 5] = [
    "VIRTUAL_ENV",
    "UV_PYTHON",
    "POETRY_VIRTUALENVS_IN_PROJECT",
    "PIPENV_VENV_IN_PROJECT",
    "PDM_VENV_IN_PROJECT",
];

/// What the services of an app run with.
#[derive(Debug, Default)]
pub struct Workshop {
    /// The folder, relative to the root, in which the dependencies of a service are installed.
    pub workspaces: BTreeMap<Name, String>,
    ready: BTreeMap<Name, Result<Ready, (String, Option<String>)>>,
}

#[derive(Clone, Debug, Default)]
struct Ready {
    bin_dirs: Vec<PathBuf>,
    env: BTreeMap<String, String>,
    program: Option<PathBuf>,
    /// What makes its environment, where there is none yet.
    create: Option<String>,
}

/// What one step is run with.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    /// Its whole environment.
    pub(super) env: BTreeMap<String, String>,
    /// Those of its variables that a result depends on.
    pub(super) counted: BTreeMap<String, String>,
    /// What its shell does first.
    pub(super) before: Option<String>,
    /// Its runtime.
    pub(super) program: Option<PathBuf>,
    /// It fills a virtual environment: what its command names is from there, and may not be there yet.
    is_virtual: bool,
}

impl Workshop {
    /// Looks for the runtimes and package managers of all services. What is missing is told when a step needs it.
    pub async fn open(app: &App, state: &State) -> Self {
        let wants: BTreeMap<Name, Runtime> = app
            .services
            .iter()
            .filter_map(|(name, service)| Some((name.clone(), service.runtime.get()?.clone())))
            .collect();
        let machine = Machine::this();
        let mut toolchains = Toolchains::open(machine.clone(), state);
        let mut found = toolchains.find(&wants).await;
        let mut workshop = Self::default();
        for (name, service) in &app.services {
            let manager = service.package_manager.get().map_or("", String::as_str);
            let dir = state.folder(service.path());
            let workspace = install::root(&dir, manager, state.worktree());
            workshop.workspaces.insert(name.clone(), relative(state.worktree(), &workspace));
            let ready = match found.remove(name) {
                None => Ok(Ready::default()),
                Some(Err(missing)) => {
                    let next = missing.offers.first().map(|offer| offer.command.clone());
                    Err((format!("{missing} ({name} needs it)"), next))
                }
                Some(Ok(toolchain)) => match tool(manager, &dir, &toolchain, &machine, state) {
                    Err(missing) => {
                        let next = missing.offers.first().map(|offer| offer.command.clone());
                        Err((format!("{} is not on this machine ({name} needs it)", missing.program), next))
                    }
                    Ok(tool_dir) => {
                        let mut ready =
                            Ready { program: Some(toolchain.program.clone()), ..Ready::default() };
                        if toolchain.runtime.name == "python"
                            && let Some(python) = python_environment(&workspace, manager, &toolchain)
                        {
                            ready.bin_dirs.push(python.bin_dir);
                            ready.env.extend(python.env);
                            ready.create = python.create.map(|task| create(&task.program, &python.dir));
                        }
                        ready.bin_dirs.splice(0..0, install::node_bins(&dir, &workspace));
                        ready.bin_dirs.extend(tool_dir);
                        ready.bin_dirs.extend(toolchain.bin_dirs);
                        Ok(ready)
                    }
                },
            };
            workshop.ready.insert(name.clone(), ready);
        }
        workshop
    }

    /// What a step is run with. `environment` is that of this process.
    pub(super) fn setting(
        &self,
        step: &Step,
        environment: &BTreeMap<String, String>,
    ) -> Result<Setting, Error> {
        let ready = match step.services.first().and_then(|name| self.ready.get(name)) {
            None => Ready::default(),
            Some(Ok(ready)) => ready.clone(),
            Some(Err((message, next))) => {
                return Err(Error::Tool { message: message.clone(), next: next.clone() });
            }
        };
        let mut env = BTreeMap::new();
        let pick = |name: &str| environment.get(name).map(|value| (name.to_owned(), value.clone()));
        env.extend(PLACES.iter().filter_map(|name| pick(name)));
        env.extend(install::quiet());
        // The same on a laptop and on a runner: tools ask nothing, watch nothing and draw nothing.
        env.insert("CI".to_owned(), "true".to_owned());
        env.extend(ready.env);
        let mut counted: BTreeMap<String, String> = step.values.clone();
        counted.extend(MANNERS.iter().filter_map(|name| pick(name)));
        counted.extend(step.env.iter().filter_map(|name| pick(name)));
        env.extend(counted.clone());
        let path = environment.get("PATH").map(String::as_str).unwrap_or_default();
        let dirs = ready.bin_dirs.into_iter().chain(std::env::split_paths(path));
        if let Ok(path) = std::env::join_paths(dirs) {
            env.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
        }
        let is_install = step.stage == Stage::Install;
        let is_virtual = is_install && env.keys().any(|name| ENVIRONMENTS.contains(&name.as_str()));
        let before = ready.create.filter(|_| is_install);
        Ok(Setting { env, counted, before, program: ready.program, is_virtual })
    }
}

impl Setting {
    /// A program of this name is on the step's search path.
    pub(super) fn finds(&self, program: &str) -> bool {
        let path = self.env.get("PATH").map(String::as_str).unwrap_or_default();
        std::env::split_paths(path).any(|dir| dir.join(program).is_file())
    }

    /// The programs outside the repository that a step starts, as far as its command tells: its runtime, and the first word
    /// of each command. What is inside is among the files, or installed.
    pub(super) fn programs(&self, step: &Step, sea: &Path, root: &Path) -> Vec<PathBuf> {
        let line = match &step.action {
            Action::Sea(_) => return vec![sea.to_owned()],
            Action::Shell(line) => line,
        };
        let path = self.env.get("PATH").map(String::as_str).unwrap_or_default();
        let words = line
            .split(['&', '|', ';', '\n', '(', ')'])
            .filter_map(|command| command.split_whitespace().find(|word| !word.contains('=')));
        let find = |word: &str| {
            std::env::split_paths(path).map(|dir| dir.join(word)).find(|program| program.is_file())
        };
        let mut programs: Vec<PathBuf> = if self.is_virtual {
            Vec::new()
        } else {
            words.filter(|word| !word.contains('/')).filter_map(find).collect()
        };
        programs.extend(self.program.clone());
        programs.retain(|program| !program.starts_with(root));
        programs.sort_unstable();
        programs.dedup();
        programs
    }
}

/// Makes a virtual environment and marks it as ours, as `sea up` does.
fn create(program: &Program, dir: &Path) -> String {
    let line = match program {
        Program::Shell(line) => line.clone(),
        Program::Argv(words) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    };
    let file = |name: &str| quoted(&dir.join(name).to_string_lossy());
    format!("{line} && : > {} && echo '*' > {}", file(MARK), file(".gitignore"))
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn relative(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root).unwrap_or(path).to_string_lossy().as_ref() {
        "" => ".".to_owned(),
        relative => relative.to_owned(),
    }
}
