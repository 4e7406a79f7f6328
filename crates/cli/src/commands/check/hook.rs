//! `sea check --install-hook`: what would be committed is checked first.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::commands::check::git;
use crate::exit::{self, Mistake};

/// By this line our own hook is known.
const MARK: &str = "# Set up by `sea check --install-hook`.";

pub(super) fn install(root: &Path) -> anyhow::Result<u8> {
    let folder = git::hooks(root)?;
    let path = folder.join("pre-commit");
    if let Ok(text) = fs::read_to_string(&path) {
        if text.contains(MARK) {
            anstream::println!("{} is there already", path.display());
            return Ok(exit::DONE);
        }
        return Err(Mistake {
            message: format!("{} is there already, and is not ours", path.display()),
            help: Some("add this line to it: sea check --staged || exit 1".to_owned()),
        }
        .into());
    }
    fs::create_dir_all(&folder)?;
    let text = format!(
        "#!/bin/sh\n{MARK}\n# What is staged is checked; `git commit --no-verify` goes past it, once.\nexec sea check --staged\n"
    );
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    anstream::println!("{}: `sea check --staged` runs before every commit", path.display());
    Ok(exit::DONE)
}
