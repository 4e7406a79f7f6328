//! Virtual environments: the one that is there, or one in `.venv`, where uv, Poetry, PDM and editors expect it too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::machine::executable;
use super::{Toolchain, Version};
use crate::task::{Program, Task};

/// The virtual environment of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonEnvironment {
    /// The environment.
    pub dir: PathBuf,
    /// Where its programs are.
    pub bin_dir: PathBuf,
    /// What must run to make it; absent where it is there or the package manager makes it.
    pub create: Option<Task>,
    /// What the package manager must be told so that it uses this one.
    pub env: BTreeMap<String, String>,
}

/// Names of environments that people make, in the order in which they are looked for.
const NAMES: [&str; 3] = [".venv", "venv", "env"];

/// Marks an environment as ours: it may be made anew.
pub const MARK: &str = ".made-by-seaworthy";

/// The environment for a project in `dir`, whose dependencies `manager` (`pip`, `uv`, `poetry`, ...) installs.
pub fn python_environment(dir: &Path, manager: &str, toolchain: &Toolchain) -> Option<PythonEnvironment> {
    // Conda environments are Conda's own business.
    if manager == "conda" {
        return None;
    }
    let there = NAMES.iter().map(|name| dir.join(name)).find(|env| env.join("pyvenv.cfg").is_file());
    let usable = there.as_ref().filter(|env| is_usable(env, toolchain));
    // uv, Poetry, PDM and Pipenv put theirs into `.venv` when told so, or anyway.
    let makes_its_own = matches!(manager, "uv" | "poetry" | "pdm" | "pipenv" | "hatch" | "rye");
    let env_dir = match (&usable, makes_its_own) {
        (Some(env), false) => (*env).clone(),
        _ => dir.join(".venv"),
    };
    let is_there = usable == Some(&env_dir);
    let bin_dir = env_dir.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let create = (!is_there && !makes_its_own).then(|| create(dir, &env_dir, toolchain));
    let mut env = BTreeMap::from([("VIRTUAL_ENV".to_owned(), env_dir.to_string_lossy().into_owned())]);
    let told = match manager {
        "poetry" => Some(("POETRY_VIRTUALENVS_IN_PROJECT", "true")),
        "pipenv" => Some(("PIPENV_VENV_IN_PROJECT", "1")),
        "pdm" => Some(("PDM_VENV_IN_PROJECT", "1")),
        _ => None,
    };
    if let Some((name, value)) = told {
        env.insert(name.to_owned(), value.to_owned());
        // Poetry and Pipenv would use an activated environment as it is, and it may not be there yet.
        env.remove("VIRTUAL_ENV");
    }
    if manager == "uv" {
        env.remove("VIRTUAL_ENV");
        env.insert("UV_PYTHON".to_owned(), toolchain.program.to_string_lossy().into_owned());
    }
    Some(PythonEnvironment { dir: env_dir, bin_dir, create, env })
}

fn create(dir: &Path, env_dir: &Path, toolchain: &Toolchain) -> Task {
    let python = toolchain.program.to_string_lossy().into_owned();
    // `--clear`: what is there is broken, or ours and of another version; else nothing would be made.
    let argv = [&python, "-m", "venv", "--clear", &env_dir.to_string_lossy()].map(str::to_owned);
    Task {
        name: format!("create {}", env_dir.display()),
        program: Program::Argv(argv.to_vec()),
        dir: dir.to_owned(),
        env: BTreeMap::new(),
        bin_dirs: toolchain.bin_dirs.clone(),
        user: None,
    }
}

/// Its interpreter is there. One that a person made is used in whatever version; ours is made anew for another one.
fn is_usable(env: &Path, toolchain: &Toolchain) -> bool {
    let bin = env.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let has_python = ["python", "python3"].iter().any(|name| executable(&bin, name).is_some());
    if !has_python || !env.join(MARK).exists() {
        return has_python;
    }
    let (Some(version), Some(wanted)) = (version_of(env), &toolchain.version) else { return true };
    wanted.number(0) == version.number(0) && wanted.number(1) == version.number(1)
}

/// The version that an environment says of itself (`version` of the standard library, `version_info` of virtualenv and uv).
fn version_of(env: &Path) -> Option<Version> {
    let text = fs::read_to_string(env.join("pyvenv.cfg")).ok()?;
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        matches!(name.trim(), "version" | "version_info").then(|| Version::parse(value))?
    })
}

/// `python -m venv` works: Debian keeps what it needs in a package of its own.
pub(super) fn has_ensurepip(program: &Path, version: &Version) -> bool {
    let real = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    let Some(root) = real.parent().and_then(Path::parent) else { return true };
    let library = format!("lib/python{}.{}", version.number(0), version.number(1));
    // Where the library is not beside the program (Windows, frameworks), nothing can be said against it.
    !root.join(&library).is_dir() || root.join(&library).join("ensurepip").is_dir()
}
