//! The tools that judge derived files. `cargo xtask validators` installs them.

#![allow(dead_code, reason = "each target has validators of its own")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apps::Sample;

/// The path of a tool that was installed for the tests.
pub(crate) fn tool(name: &str) -> PathBuf {
    let folder = target().join("validators");
    let places = ["bin", "python/bin", "node_modules/.bin"].map(|place| folder.join(place).join(name));
    places
        .into_iter()
        .find(|place| place.exists())
        .unwrap_or_else(|| panic!("{name} is not in {}: run `cargo xtask validators`", folder.display()))
}

/// The folder with the npm packages.
pub(crate) fn npm() -> PathBuf {
    target().join("validators/node_modules")
}

/// The path of a tool that comes with the system: `package` of Debian has it.
pub(crate) fn system(name: &str) -> PathBuf {
    let package = match name {
        "promtool" => "prometheus",
        "amtool" => "prometheus-alertmanager",
        _ => name,
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|place| place.exists())
        .unwrap_or_else(|| panic!("{name} is not installed: run `apt-get install {package}`"))
}

/// Runs it and gives all that it said, and whether it was content.
pub(crate) fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Writes the files of one app below `dir`, in a folder of its name, and gives that folder.
pub(crate) fn write(dir: &Path, sample: &Sample, output: &seaworthy_generate::Output) -> PathBuf {
    let home = dir.join(&sample.name);
    for file in &output.files {
        let path = home.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &file.text).unwrap();
    }
    home
}

fn target() -> PathBuf {
    // The test's own executable is in `target/debug/deps`.
    let mut path = std::env::current_exe().unwrap();
    while path.file_name().is_some_and(|name| name != "debug" && name != "release") {
        path.pop();
    }
    path.pop();
    path
}
