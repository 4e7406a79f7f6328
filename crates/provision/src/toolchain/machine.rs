//! What this machine is: its search path, home folder and package managers. Handed in, so that tests have their own.

use std::path::{Path, PathBuf};

/// The parts of a machine in which programs are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The folders of `PATH`, in order.
    pub path: Vec<PathBuf>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// Where the user's caches are.
    pub cache: Option<PathBuf>,
    /// The root of Homebrew.
    pub brew: Option<PathBuf>,
    /// Folders that installers were told to use instead of their usual ones, by the usual one: `~/.pyenv`.
    pub moved: Vec<(&'static str, PathBuf)>,
}

/// Variables with which installers are told where to keep what they install (source: the manual of each).
const MOVED: [(&str, &str); 9] = [
    ("PYENV_ROOT", "~/.pyenv"),
    ("NVM_DIR", "~/.nvm"),
    ("ASDF_DATA_DIR", "~/.asdf"),
    ("MISE_DATA_DIR", "~/.local/share/mise"),
    ("FNM_DIR", "~/.local/share/fnm"),
    ("VOLTA_HOME", "~/.volta"),
    ("RBENV_ROOT", "~/.rbenv"),
    ("RUSTUP_HOME", "~/.rustup"),
    ("SDKMAN_DIR", "~/.sdkman"),
];

/// Where Homebrew lives on Apple silicon, Intel Macs and Linux.
const BREW: [&str; 3] = ["/opt/homebrew", "/usr/local/Homebrew", "/home/linuxbrew/.linuxbrew"];

impl Machine {
    /// The machine that this process runs on.
    pub fn this() -> Self {
        let path =
            std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let brew = folder("HOMEBREW_PREFIX").or_else(|| {
            let root = BREW.iter().map(Path::new).find(|root| root.is_dir())?;
            Some(if root.ends_with("Homebrew") { PathBuf::from("/usr/local") } else { root.to_owned() })
        });
        let moved = MOVED.iter().filter_map(|(name, usual)| Some((*usual, folder(name)?))).collect();
        let home = std::env::home_dir();
        let cache = folder("XDG_CACHE_HOME").or_else(|| Some(home.as_ref()?.join(".cache")));
        Self { path, home, cache, brew, moved }
    }

    /// The executable of this name on the search path.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        self.path.iter().find_map(|dir| executable(dir, program))
    }

    /// A path of [`super::runtimes::Place`] with `~` and `{brew}` filled in; `None` where there is no such folder.
    pub(super) fn fill(&self, pattern: &str) -> Option<PathBuf> {
        for (usual, actual) in &self.moved {
            if let Some(rest) = pattern.strip_prefix(usual).filter(|rest| rest.starts_with('/')) {
                return Some(actual.join(&rest[1..]));
            }
        }
        if let Some(rest) = pattern.strip_prefix("~/") {
            return Some(self.home.as_ref()?.join(rest));
        }
        if let Some(rest) = pattern.strip_prefix("{brew}/") {
            return Some(self.brew.as_ref()?.join(rest));
        }
        Some(PathBuf::from(pattern))
    }
}

/// The executable `program` of a folder.
pub(crate) fn executable(dir: &Path, program: &str) -> Option<PathBuf> {
    let path = if cfg!(windows) { dir.join(format!("{program}.exe")) } else { dir.join(program) };
    is_executable(&path).then_some(path)
}

fn is_executable(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    metadata.is_file()
}
