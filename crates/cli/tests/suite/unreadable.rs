//! Folders that may not be read: named, and the rest of the plan is right.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::repository::{EXPRESS, repository, write};

/// An account that owns nothing; root itself may read everything.
const NOBODY: u32 = 65534;

fn allow(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_may_not_be_read_is_named() {
    let repo = repository(EXPRESS);
    write(repo.path(), "private/package.json", "{}");
    let private = repo.path().join("private");
    allow(&private, 0o000);
    allow(repo.path(), 0o755);
    // Where the build lies may itself be closed to others.
    let binary = tempfile::tempdir().unwrap();
    allow(binary.path(), 0o755);
    let sea = binary.path().join("sea");
    fs::copy(env!("CARGO_BIN_EXE_sea"), &sea).unwrap();
    allow(&sea, 0o755);
    let mut command = Command::new(&sea);
    command.args(["plan", "--json"]).arg(repo.path()).current_dir("/");
    if fs::metadata("/proc/self").map_or(1, |process| process.uid()) == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    allow(&private, 0o755);
    let text = String::from_utf8(output.stdout).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(plan["services"].as_array().map(Vec::len), Some(1), "{text}");
    let warning = &plan["warnings"][0];
    assert_eq!(warning["code"], "unreadable-folder", "{text}");
    assert_eq!(warning["places"][0]["file"], "private", "{text}");
}
