//! A machine for the tests: the files of a Debian with systemd and an SSH server, of this machine's own release, so that
//! programs that are built here run there. The tests boot it with Podman, each over a layer of its own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{self, program};

/// What a server has, and Python for the app that is shipped to it.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,python3,procps";

/// What nobody there reads. What is written need not reach the disk before the next package is unpacked.
const OPTIONS: [&str; 6] = [
    "--variant=minbase",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=force-unsafe-io",
    "--aptopt=Acquire::Languages \"none\"",
];

/// Makes it in a folder, unless what is there is what is wanted. The error says why there is none.
pub(crate) fn make(folder: &Path) -> Result<(), String> {
    if process::output(program("id", &["-u"]))?.trim() != "0" {
        return Err("only root can boot one".to_owned());
    }
    let release = release().ok_or("this is neither Debian nor Ubuntu")?;
    let sources = sources(&release);
    if sources.is_empty() {
        return Err(format!("this machine names no source of the packages of {release}"));
    }
    let wanted = format!("{release} {PACKAGES} {}", OPTIONS.join(" "));
    let (place, note) = (folder.join("machine"), folder.join("machine.made"));
    if place.is_dir() && fs::read_to_string(&note).ok().as_deref() == Some(&wanted) {
        return Ok(());
    }
    // One that was not finished is none.
    let part = folder.join("machine.part");
    for old in [&part, &place] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(|error| format!("{}: {error}", old.display()))?;
        }
    }
    let mut command = program("mmdebstrap", &["--quiet", &format!("--include={PACKAGES}")]);
    command.args(OPTIONS).arg(&release).arg(&part).args(sources);
    process::run(command)?;
    fs::rename(&part, &place)
        .and_then(|()| fs::write(&note, wanted))
        .map_err(|error| format!("{}: {error}", place.display()))
}

/// The name of this machine's release, as its packages are found under.
fn release() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    Some(name.trim_matches('"').to_owned()).filter(|name| !name.is_empty())
}

/// The files that say where this machine gets the packages of the release from.
fn sources(release: &str) -> Vec<PathBuf> {
    let listed = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let files = listed.map(|entry| entry.path()).chain([PathBuf::from("/etc/apt/sources.list")]);
    let mut files: Vec<PathBuf> = files
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let mut words =
                text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
            words.any(|word| word == release)
        })
        .collect();
    files.sort();
    files
}
