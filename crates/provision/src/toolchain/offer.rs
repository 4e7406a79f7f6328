//! What to type where a program is missing: exact commands for this machine, run by nobody without consent.

use serde::Serialize;

use super::machine::Machine;
use super::runtimes::Known;
use super::version::Version;
use crate::user;

/// A command that installs what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// What carries it out: `mise`, `apt`, ...
    pub installer: &'static str,
    /// The command, for a shell.
    pub command: String,
    /// It changes the machine for all its users.
    pub system_wide: bool,
}

/// An installer of whole machines: the program that shows that it is there, and how packages are named to it.
struct Installer {
    name: &'static str,
    program: &'static str,
    command: &'static str,
    needs_root: bool,
}

const INSTALLERS: [Installer; 6] = [
    Installer { name: "brew", program: "brew", command: "brew install", needs_root: false },
    Installer { name: "apt", program: "apt-get", command: "apt-get install -y", needs_root: true },
    Installer { name: "dnf", program: "dnf", command: "dnf install -y", needs_root: true },
    Installer { name: "apk", program: "apk", command: "apk add", needs_root: true },
    Installer { name: "pacman", program: "pacman", command: "pacman -S --noconfirm", needs_root: true },
    Installer { name: "winget", program: "winget", command: "winget install -e --id", needs_root: false },
];

/// Names of a package for the installers of machines; `None` where an installer does not have it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Packages {
    /// Homebrew.
    pub(crate) brew: Option<&'static str>,
    /// apt.
    pub(crate) apt: Option<&'static str>,
    /// dnf.
    pub(crate) dnf: Option<&'static str>,
    /// apk.
    pub(crate) apk: Option<&'static str>,
    /// pacman.
    pub(crate) pacman: Option<&'static str>,
    /// winget.
    pub(crate) winget: Option<&'static str>,
}

/// The commands that install a package on this machine; `{}` in a name is `line`.
pub(crate) fn packages(machine: &Machine, names: Packages, line: Option<&str>) -> Vec<Offer> {
    INSTALLERS
        .iter()
        .filter_map(|installer| {
            let name = match installer.name {
                "brew" => names.brew,
                "apt" => names.apt,
                "dnf" => names.dnf,
                "apk" => names.apk,
                "pacman" => names.pacman,
                _ => names.winget,
            }?;
            machine.find(installer.program)?;
            let name = match line {
                Some(line) => name.replace("{}", line),
                None if name.contains("{}") => return None,
                None => name.to_owned(),
            };
            let sudo = if installer.needs_root && !user::is_root() { "sudo " } else { "" };
            Some(Offer {
                installer: installer.name,
                command: format!("{sudo}{} {name}", installer.command),
                system_wide: true,
            })
        })
        .collect()
}

/// The commands that install a runtime in a version on this machine, those that can install exactly this one first.
pub(super) fn runtime(machine: &Machine, known: &Known, wanted: Option<&Version>) -> Vec<Offer> {
    let mut offers = Vec::new();
    let line = wanted.map(|version| {
        let numbers = version.numbers().iter().take(known.line.max(1)).map(u64::to_string);
        numbers.collect::<Vec<_>>().join(".")
    });
    let version = wanted.map_or_else(|| "latest".to_owned(), ToString::to_string);
    let mut add = |installer, command| offers.push(Offer { installer, command, system_wide: false });
    if let (Some(name), Some(_)) = (known.mise, machine.find("mise")) {
        add("mise", format!("mise install {name}@{version}"));
    }
    match (known.name, wanted) {
        ("python", Some(_)) if machine.find("uv").is_some() => {
            add("uv", format!("uv python install {version}"));
        }
        ("python", Some(_)) if machine.find("pyenv").is_some() => {
            add("pyenv", format!("pyenv install {version}"));
        }
        ("node", Some(_)) if machine.find("fnm").is_some() => add("fnm", format!("fnm install {version}")),
        ("node", Some(_)) if machine.find("volta").is_some() => {
            add("volta", format!("volta install node@{version}"));
        }
        ("node", Some(_)) if machine.fill("~/.nvm/nvm.sh").is_some_and(|file| file.exists()) => {
            add("nvm", format!(". ~/.nvm/nvm.sh && nvm install {version}"));
        }
        ("ruby", Some(_)) if machine.find("rbenv").is_some() => {
            add("rbenv", format!("rbenv install {version}"));
        }
        ("rust", Some(_)) if machine.find("rustup").is_some() => {
            add("rustup", format!("rustup toolchain install {version}"));
        }
        _ => {}
    }
    let names = Packages {
        brew: known.brew,
        apt: known.apt,
        dnf: known.dnf,
        apk: known.apk,
        pacman: None,
        winget: known.winget,
    };
    let line = line.or_else(|| newest_line(known.name).map(str::to_owned));
    offers.extend(packages(machine, names, line.as_deref()));
    if offers.is_empty()
        && let Some(name) = known.mise
    {
        // Every system has a shell; mise needs no rights.
        offers.push(Offer {
            installer: "mise",
            command: format!(
                "curl -fsSL https://mise.run | sh && ~/.local/bin/mise install {name}@{version}"
            ),
            system_wide: false,
        });
    }
    offers
}

/// What to offer where a repository names no version.
fn newest_line(name: &str) -> Option<&'static str> {
    Some(match name {
        "dotnet" => "8",
        "java" => "21",
        "node" => "22",
        "python" => "3.12",
        "ruby" => "3.3",
        _ => return None,
    })
}
