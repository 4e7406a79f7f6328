//! The folder in which dependencies are installed: the root of the workspace that a service belongs to.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder in which `manager` installs for a service in `dir`; never above `top`.
pub fn root(dir: &Path, manager: &str, top: &Path) -> PathBuf {
    let above = dir.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
    let has_own_lockfile = lockfiles(manager).iter().any(|name| dir.join(name).is_file());
    if has_own_lockfile {
        return dir.to_owned();
    }
    let mut above = above.filter(|folder| is_workspace(folder, manager));
    above.next().unwrap_or(dir).to_owned()
}

fn lockfiles(manager: &str) -> &'static [&'static str] {
    match manager {
        "npm" => &["package-lock.json", "npm-shrinkwrap.json"],
        "pnpm" => &["pnpm-lock.yaml"],
        "yarn" => &["yarn.lock"],
        "bun" => &["bun.lock", "bun.lockb"],
        "uv" => &["uv.lock"],
        _ => &[],
    }
}

/// The folder says that those below it belong together.
fn is_workspace(folder: &Path, manager: &str) -> bool {
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    match manager {
        "pnpm" => folder.join("pnpm-workspace.yaml").is_file(),
        "npm" | "yarn" | "bun" => {
            let manifest: serde_json::Value = serde_json::from_str(&text("package.json")).unwrap_or_default();
            manifest.get("workspaces").is_some()
        }
        "uv" => text("pyproject.toml").contains("[tool.uv.workspace]"),
        _ => false,
    }
}
