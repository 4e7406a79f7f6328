//! Package managers and other tools that commands of services call.

use std::fs;
use std::path::{Path, PathBuf};

use super::machine::{Machine, executable};
use super::{Offer, Packages, Toolchain, packages};
use crate::state::State;

/// A tool that is not on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingTool {
    /// The program.
    pub program: &'static str,
    /// What would install it; the first ones install it into the state directory and change nothing else.
    pub offers: Vec<Offer>,
}

/// How a tool can be had.
enum Source {
    /// From npm: package names for versions below 2 and from 2 on.
    Npm(&'static str, &'static str),
    /// From `PyPI`, into an environment of its own.
    Pypi(&'static str),
    /// From `RubyGems`.
    Gem(&'static str),
    /// From the installer of the machine.
    Machine(Packages),
}

/// Names of package managers in the model, the program of each and where it comes from.
fn known(manager: &str) -> Option<(&'static str, Source)> {
    let machine = |name| {
        Source::Machine(Packages {
            brew: Some(name),
            apt: Some(name),
            dnf: Some(name),
            apk: Some(name),
            pacman: Some(name),
            winget: None,
        })
    };
    Some(match manager {
        "npm" => ("npm", machine("npm")),
        "pnpm" => ("pnpm", Source::Npm("pnpm", "pnpm")),
        "yarn" => ("yarn", Source::Npm("yarn", "@yarnpkg/cli-dist")),
        "bun" => ("bun", Source::Npm("bun", "bun")),
        "uv" => ("uv", Source::Pypi("uv")),
        "poetry" => ("poetry", Source::Pypi("poetry")),
        "pdm" => ("pdm", Source::Pypi("pdm")),
        "pipenv" => ("pipenv", Source::Pypi("pipenv")),
        "bundler" => ("bundle", Source::Gem("bundler")),
        "composer" => ("composer", machine("composer")),
        "maven" => ("mvn", machine("maven")),
        "gradle" => ("gradle", machine("gradle")),
        "sbt" => ("sbt", Source::Machine(Packages { brew: Some("sbt"), ..Packages::default() })),
        "leiningen" => ("lein", machine("leiningen")),
        _ => return None,
    })
}

/// Where the tool that installs a service's dependencies is: the folder to put before `PATH`, if that takes one.
///
/// `dir` is the folder of the service; `toolchain` the one that it runs with.
pub fn tool(
    manager: &str,
    dir: &Path,
    toolchain: &Toolchain,
    machine: &Machine,
    state: &State,
) -> Result<Option<PathBuf>, MissingTool> {
    let Some((program, source)) = known(manager) else { return Ok(None) };
    let wrapper = match manager {
        "maven" => Some("mvnw"),
        "gradle" => Some("gradlew"),
        _ => None,
    };
    if wrapper.is_some_and(|wrapper| dir.ancestors().any(|dir| dir.join(wrapper).exists()))
        || toolchain.bin_dirs.iter().any(|dir| executable(dir, program).is_some())
        || machine.find(program).is_some()
    {
        return Ok(None);
    }
    let home = state.cache().join("tools").join(program);
    let ours = match source {
        Source::Npm(..) => home.join("node_modules/.bin"),
        Source::Pypi(_) => home.join("bin"),
        Source::Gem(_) | Source::Machine(_) => home.clone(),
    };
    if executable(&ours, program).is_some() {
        return Ok(Some(ours));
    }
    Err(MissingTool { program, offers: offers(&source, &home, dir, toolchain, machine) })
}

fn offers(source: &Source, home: &Path, dir: &Path, toolchain: &Toolchain, machine: &Machine) -> Vec<Offer> {
    let beside = |program: &str| {
        let found = toolchain.bin_dirs.iter().find_map(|dir| executable(dir, program));
        found.or_else(|| machine.find(program)).map(|path| quoted(&path))
    };
    let private = |installer, command| vec![Offer { installer, command, system_wide: false }];
    match source {
        Source::Npm(old, new) => {
            let version = declared_version(dir);
            let is_new = version.as_deref().is_some_and(|version| !version.starts_with(['0', '1']));
            let package = if is_new { new } else { old };
            let package =
                version.map_or_else(|| (*package).to_owned(), |version| format!("{package}@{version}"));
            let npm = beside("npm").unwrap_or_else(|| "npm".to_owned());
            private("npm", format!("{npm} install --no-save --prefix {} {package}", quoted(home)))
        }
        Source::Pypi(package) => {
            let python = quoted(&toolchain.program);
            let pip = quoted(&home.join("bin/pip"));
            private("pip", format!("{python} -m venv {} && {pip} install {package}", quoted(home)))
        }
        Source::Gem(gem) => {
            let command = beside("gem").unwrap_or_else(|| "gem".to_owned());
            private("gem", format!("{command} install --bindir {} {gem}", quoted(home)))
        }
        Source::Machine(names) => packages(machine, *names, None),
    }
}

/// `9.1.0` of `"packageManager": "pnpm@9.1.0+sha512..."` in the nearest `package.json` that says it.
fn declared_version(dir: &Path) -> Option<String> {
    dir.ancestors().take(6).find_map(|dir| {
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(dir.join("package.json")).ok()?).ok()?;
        let (_, version) = manifest.get("packageManager")?.as_str()?.split_once('@')?;
        let version = version.split('+').next()?;
        // It becomes part of a command line.
        version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-').then(|| version.to_owned())
    })
}

/// A path as one word of a shell's line.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-@+".contains(c));
    if is_plain { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use seaworthy_model::Runtime;

    use super::super::Fit;
    use super::*;

    #[test]
    fn a_missing_tool_is_offered_into_the_state_directory_and_found_there() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        fs::write(dir.path().join("package.json"), r#"{"packageManager": "pnpm@9.1.0+sha512.abc"}"#).unwrap();
        let toolchain = Toolchain {
            runtime: Runtime::new("node", None),
            version: None,
            program: PathBuf::from("/usr/bin/node"),
            keeper: "PATH",
            bin_dirs: Vec::new(),
            fit: Fit::Exact,
            offers: Vec::new(),
        };
        let machine = Machine::default();
        let find = |manager| tool(manager, dir.path(), &toolchain, &machine, &state);
        let missing = find("pnpm").unwrap_err();
        let offer = &missing.offers[0];
        assert!(
            offer.command.starts_with("npm install --no-save --prefix ")
                && offer.command.ends_with("/cache/tools/pnpm pnpm@9.1.0")
        );
        assert!(!offer.system_wide);
        let bin = state.cache().join("tools/pnpm/node_modules/.bin");
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join("pnpm"), "").unwrap();
        fs::set_permissions(bin.join("pnpm"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find("pnpm"), Ok(Some(bin)));
        assert_eq!(find("cargo"), Ok(None), "it comes with its runtime");
        assert!(find("poetry").unwrap_err().offers[0].command.starts_with("/usr/bin/node -m venv "));
        fs::write(dir.path().join("mvnw"), "").unwrap();
        assert_eq!(find("maven"), Ok(None), "the repository brings its own");
    }
}
