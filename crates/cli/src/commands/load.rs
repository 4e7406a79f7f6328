//! The app that a command works on.

use std::path::{Path, PathBuf};

use seaworthy_detect::{Loaded, Overrides, load as load_app};

use crate::args::Global;
use crate::exit::Mistake;

/// Detects, reads `seaworthy.toml` and merges, for the repository that the arguments name.
pub(crate) fn load(global: &Global, dir: Option<&Path>) -> anyhow::Result<Loaded> {
    let root = root(global, dir)?;
    Ok(load_app(&root, &overrides(global))?)
}

/// What the arguments say over what the repository says.
pub(crate) fn overrides(global: &Global) -> Overrides {
    Overrides { environment: global.env.clone(), set: global.set.clone() }
}

/// The folder a command works on: the one that is named, else the repository around the current folder.
pub(crate) fn root(global: &Global, dir: Option<&Path>) -> anyhow::Result<PathBuf> {
    let base = global.directory.clone();
    let named = match (base, dir) {
        (Some(base), Some(dir)) => Some(base.join(dir)),
        (base, dir) => dir.map(Path::to_owned).or(base),
    };
    if let Some(named) = named {
        if !named.is_dir() {
            return Err(Mistake {
                message: format!("{} is not a folder", named.display()),
                help: Some("sea plan DIR, with the folder of a repository".to_owned()),
            }
            .into());
        }
        return Ok(named);
    }
    let current = std::env::current_dir()?;
    let is_root = |dir: &&Path| dir.join("seaworthy.toml").exists() || dir.join(".git").exists();
    Ok(current.ancestors().find(is_root).unwrap_or(&current).to_owned())
}
