//! Docker Compose for the tests: one static program, which Debian has from release 13 on. Where the machine's release is
//! older, it is taken from there without touching what is installed.

use std::fs;
use std::path::Path;

use crate::process::{self, program, works};

/// The release whose package it is.
const RELEASE: &str = "trixie";

/// Puts `docker-compose` into a folder, unless it is there.
pub(crate) fn install(folder: &Path) -> Result<(), String> {
    let place = folder.join("docker-compose");
    if place.exists() {
        return Ok(());
    }
    let failed = |what: &str| format!("Docker Compose {what}; put its program at {}", place.display());
    if !works(program("dpkg-deb", &["--version"])) {
        return Err(failed("cannot be taken from a Debian package here"));
    }
    let work = folder.join("compose");
    for part in ["lists/partial", "cache/archives/partial", "parts", "tree"] {
        fs::create_dir_all(work.join(part)).map_err(|error| failed(&error.to_string()))?;
    }
    let inside = |name: &str| work.join(name).to_string_lossy().into_owned();
    let mirror = mirror().ok_or_else(|| failed("cannot be had: this machine names no mirror of Debian"))?;
    let source = "Types: deb\nURIs: MIRROR\nSuites: RELEASE\nComponents: main\n\
                  Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        .replace("MIRROR", &mirror)
        .replace("RELEASE", RELEASE);
    fs::write(work.join("debian.sources"), source).map_err(|error| failed(&error.to_string()))?;
    // Lists and downloads of its own: those of the machine stay as they are.
    let options = [
        format!("Dir::Etc::sourcelist={}", inside("debian.sources")),
        format!("Dir::Etc::sourceparts={}", inside("parts")),
        format!("Dir::State::lists={}", inside("lists")),
        format!("Dir::Cache={}", inside("cache")),
        "APT::Sandbox::User=root".to_owned(),
    ];
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get", &["--quiet", "--quiet"]);
        for option in &options {
            command.args(["--option", option]);
        }
        command.args(arguments).current_dir(&work);
        process::run(command)
    };
    apt(&["update"])?;
    apt(&["download", "docker-compose"])?;
    let package = fs::read_dir(&work)
        .map_err(|error| failed(&error.to_string()))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "deb"))
        .ok_or_else(|| failed("was not downloaded"))?;
    process::run(program("dpkg-deb", &["--extract", &package.to_string_lossy(), &inside("tree")]))?;
    let built = work.join("tree/usr/libexec/docker/cli-plugins/docker-compose");
    fs::copy(built, &place).map_err(|error| failed(&error.to_string()))?;
    fs::remove_dir_all(&work).map_err(|error| failed(&error.to_string()))
}

/// Where this machine gets Debian's packages from: the first address of its own sources.
fn mirror() -> Option<String> {
    let listed =
        fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = listed.chain([Path::new("/etc/apt/sources.list").to_owned()]).collect();
    files.sort();
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    let addresses = texts.filter_map(|text| {
        let word = |line: &str| {
            let words = line.strip_prefix("URIs:").or_else(|| line.strip_prefix("deb "))?;
            words.split_whitespace().find(|word| word.contains("://")).map(str::to_owned)
        };
        text.lines().find_map(word)
    });
    // Security updates are a place of their own, with other suites.
    addresses.into_iter().find(|address| address.trim_end_matches('/').ends_with("/debian"))
}
