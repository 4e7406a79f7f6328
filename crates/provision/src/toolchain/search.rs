//! Where executables of a runtime are: the search path and the folders of version managers.

use std::fs;
use std::path::{Path, PathBuf};

use super::machine::{Machine, executable};
use super::runtimes::Known;

/// An executable that may be the wanted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The executable.
    pub(super) program: PathBuf,
    /// Who put it there: `PATH`, `pyenv`, ...
    pub(super) keeper: &'static str,
}

/// Most versions of one version manager that are looked at.
const VERSIONS: usize = 200;

/// Every executable of a runtime, those on the search path first.
pub(super) fn candidates(machine: &Machine, known: &Known) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |program: PathBuf, keeper| {
        if !found.iter().any(|other| other.program == program) {
            found.push(Candidate { program, keeper });
        }
    };
    for program in known.programs {
        for dir in &machine.path {
            // A shim runs another version in each folder and may install one; what it stands for is found below.
            match stands_for(machine, dir) {
                Some(Shim::Version(dir)) => {
                    if let Some(path) = executable(&dir, program) {
                        add(path, "PATH");
                    }
                }
                Some(Shim::Unknown) => {}
                None => {
                    if let Some(path) = executable(dir, program) {
                        add(path, "PATH");
                    }
                }
            }
        }
    }
    for place in known.places {
        let Some(pattern) = machine.fill(place.pattern) else { continue };
        for dir in expand(&pattern) {
            if let Some(path) = known.programs.iter().find_map(|program| executable(&dir, program)) {
                add(path, place.keeper);
            }
        }
    }
    found
}

enum Shim {
    /// The folder of the version that it runs unless a folder says otherwise.
    Version(PathBuf),
    Unknown,
}

/// What a folder of shims stands for; `None` when it is no such folder.
fn stands_for(machine: &Machine, dir: &Path) -> Option<Shim> {
    if dir.join("rustup").exists() && dir.ends_with(".cargo/bin") {
        return Some(default_toolchain(machine).map_or(Shim::Unknown, Shim::Version));
    }
    let is_volta = dir.ends_with(".volta/bin");
    if !dir.ends_with("shims") && !is_volta {
        return None;
    }
    let root = dir.parent()?;
    // pyenv, rbenv, nodenv and goenv keep the chosen version in a file of this name.
    let chosen = fs::read_to_string(root.join("version")).ok();
    let version =
        chosen.as_deref().and_then(|text| text.split_whitespace().next()).filter(|text| *text != "system");
    Some(
        version
            .map_or(Shim::Unknown, |version| Shim::Version(root.join("versions").join(version).join("bin"))),
    )
}

/// rustup's `cargo` is rustup itself, which may download a toolchain when it is asked for its version. Unless a folder
/// says otherwise it stands for the toolchain that rustup's settings name.
fn default_toolchain(machine: &Machine) -> Option<PathBuf> {
    let settings = fs::read_to_string(machine.fill("~/.rustup/settings.toml")?).ok()?;
    let line = settings.lines().find_map(|line| line.strip_prefix("default_toolchain"))?;
    let name = line.trim_start_matches([' ', '=']).trim_matches('"');
    Some(machine.fill("~/.rustup/toolchains/x")?.with_file_name(name).join("bin"))
}

/// Every executable `program` on the search path and in the folders that `patterns` mean.
pub(crate) fn programs(machine: &Machine, patterns: &[&str], program: &str) -> Vec<PathBuf> {
    let dirs =
        patterns.iter().filter_map(|pattern| machine.fill(pattern)).flat_map(|pattern| expand(&pattern));
    let mut found: Vec<PathBuf> = Vec::new();
    for path in machine.path.iter().cloned().chain(dirs).filter_map(|dir| executable(&dir, program)) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// The folders that a pattern with one `*` means, the newest version first as far as names tell.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let text = pattern.to_string_lossy();
    let Some((before, after)) = text.split_once('*') else { return vec![pattern.to_owned()] };
    let (dir, prefix) = before.rsplit_once('/').unwrap_or((".", before));
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix) && !name.starts_with('.'))
        .take(VERSIONS)
        .collect();
    names.sort();
    names.into_iter().rev().map(|name| PathBuf::from(format!("{dir}/{name}{after}"))).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_search_path_first_then_version_managers_and_shims_as_what_they_stand_for() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path();
        for path in [
            "bin/python3",
            ".pyenv/shims/python3",
            ".pyenv/versions/3.11.7/bin/python3",
            ".pyenv/versions/3.12.1/bin/python3",
            ".local/share/uv/python/cpython-3.13.0-linux/bin/python3",
        ] {
            program(&home.join(path));
        }
        fs::write(home.join(".pyenv/version"), "3.11.7\n").unwrap();
        fs::write(home.join("bin/python"), "not executable").unwrap();
        let machine = Machine {
            path: vec![home.join(".pyenv/shims"), home.join("bin")],
            home: Some(home.to_owned()),
            ..Machine::default()
        };
        let found = candidates(&machine, Known::find("python").unwrap());
        let seen: Vec<_> = found
            .iter()
            .map(|c| format!("{} {}", c.keeper, c.program.strip_prefix(home).unwrap().display()))
            .collect();
        assert_eq!(
            seen,
            [
                "PATH .pyenv/versions/3.11.7/bin/python3",
                "PATH bin/python3",
                "pyenv .pyenv/versions/3.12.1/bin/python3",
                "uv .local/share/uv/python/cpython-3.13.0-linux/bin/python3",
            ]
        );
    }
}
