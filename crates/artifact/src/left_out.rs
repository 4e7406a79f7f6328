//! What of a tree is nobody's business elsewhere: caches, the state of tools, the repository's history.

/// Names that are left out wherever they are.
const NAMES: [&str; 22] = [
    ".DS_Store",
    ".cache",
    ".eslintcache",
    ".git",
    ".gradle",
    ".hg",
    ".mypy_cache",
    ".nyc_output",
    ".parcel-cache",
    ".pnpm-store",
    ".pytest_cache",
    ".ruff_cache",
    ".seaworthy",
    ".svn",
    ".tox",
    ".turbo",
    ".vite",
    ".vite-temp",
    "__pycache__",
    // What package managers write down for themselves, times included.
    ".yarn-integrity",
    ".yarn-state.yml",
    "uv_cache.json",
];

/// Names that are left out in a folder of this name: folder, name.
const WITHIN: [(&str, &str); 4] = [
    (".next", "cache"),
    ("node_modules", ".modules.yaml"),
    ("node_modules", ".pnpm-workspace-state.json"),
    ("node_modules", ".pnpm-workspace-state-v1.json"),
];

/// What Cargo keeps beside the programs that it builds, below `target` or `target/PROFILE`.
const CARGO: [&str; 9] = [
    ".cargo-lock",
    ".fingerprint",
    ".rustc_info.json",
    ".rustdoc_fingerprint.json",
    "CACHEDIR.TAG",
    "build",
    "deps",
    "examples",
    "incremental",
];

/// The path, relative to the root of the tree, is left out.
pub(crate) fn is_left_out(path: &str) -> bool {
    let mut names = path.rsplit('/');
    let name = names.next().unwrap_or(path);
    let folder = names.next().unwrap_or_default();
    let above = names.next().unwrap_or_default();
    NAMES.contains(&name)
        || WITHIN.contains(&(folder, name))
        || name.ends_with(".pyc")
        || ((folder == "target" || above == "target") && CARGO.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::is_left_out;

    #[test]
    fn caches_stay_out_and_programs_in() {
        for out in
            [".git", "a/__pycache__", "node_modules/.cache", ".next/cache", "target/release/deps", "a/b.pyc"]
        {
            assert!(is_left_out(out), "{out}");
        }
        for inside in
            [".gitignore", ".github", "cache", "target/release/app", "src/build", "deps", ".env.example"]
        {
            assert!(!is_left_out(inside), "{inside}");
        }
    }
}
