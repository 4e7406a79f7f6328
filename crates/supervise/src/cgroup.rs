//! Limits of memory and CPU through the control groups of Linux: version 2, version 1, and both side by side.
//!
//! Control groups are plain files. Sources: the kernel's `admin-guide/cgroup-v2.rst` and `cgroup-v1/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::spec::Limits;

/// The period CPU quotas are given in, in microseconds; the kernel's default.
const CPU_PERIOD: u64 = 100_000;

/// Where a controller lives for a process.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Controller {
    /// The single hierarchy of version 2; the folder of the group.
    Unified(PathBuf),
    /// A hierarchy of version 1; the folder of the group.
    Version1(PathBuf),
}

/// Groups that were made for one instance. Removed by [`Group::remove`] when all its processes are gone.
#[derive(Debug, Default)]
pub struct Group {
    folders: Vec<PathBuf>,
}

impl Group {
    /// Makes groups named `name` with these limits beside those that this process is in.
    /// The error is a sentence for people.
    pub fn create(name: &str, limits: Limits) -> Result<Self, String> {
        let mounts = read("/proc/self/mountinfo")?;
        let own = read("/proc/self/cgroup")?;
        let mut group = Self::default();
        let result = group.limit(&mounts, &own, name, limits);
        if let Err(reason) = result {
            group.remove();
            return Err(reason);
        }
        Ok(group)
    }

    fn limit(&mut self, mounts: &str, own: &str, name: &str, limits: Limits) -> Result<(), String> {
        if let Some(bytes) = limits.memory {
            match find(mounts, own, "memory")? {
                Controller::Unified(parent) => {
                    let folder = self.make_unified(&parent, name, "memory")?;
                    write(&folder.join("memory.max"), bytes)?;
                    // Without this a process in need is moved to the swap instead of being killed.
                    let _ = fs::write(folder.join("memory.swap.max"), "0");
                }
                Controller::Version1(parent) => {
                    let folder = self.make(&parent, name)?;
                    write(&folder.join("memory.limit_in_bytes"), bytes)?;
                    let _ = fs::write(folder.join("memory.memsw.limit_in_bytes"), bytes.to_string());
                }
            }
        }
        if let Some(cores) = limits.cpu {
            // Quotas under a millisecond are refused by the kernel.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "cores are a small positive number"
            )]
            let quota = ((cores * CPU_PERIOD as f64) as u64).max(1000);
            match find(mounts, own, "cpu")? {
                Controller::Unified(parent) => {
                    let folder = self.make_unified(&parent, name, "cpu")?;
                    fs::write(folder.join("cpu.max"), format!("{quota} {CPU_PERIOD}"))
                        .map_err(|e| refused(&folder, &e))?;
                }
                Controller::Version1(parent) => {
                    let folder = self.make(&parent, name)?;
                    write(&folder.join("cpu.cfs_period_us"), CPU_PERIOD)?;
                    write(&folder.join("cpu.cfs_quota_us"), quota)?;
                }
            }
        }
        Ok(())
    }

    fn make(&mut self, parent: &Path, name: &str) -> Result<PathBuf, String> {
        let folder = parent.join(name);
        if !self.folders.contains(&folder) {
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(refused(&folder, &error));
                }
                _ => self.folders.push(folder.clone()),
            }
        }
        Ok(folder)
    }

    /// In version 2 a controller must be handed down by the parent first. The kernel refuses that to a group that has
    /// processes of its own, unless it is the root.
    fn make_unified(&mut self, parent: &Path, name: &str, controller: &str) -> Result<PathBuf, String> {
        let control = parent.join("cgroup.subtree_control");
        let handed_down = fs::read_to_string(&control).unwrap_or_default();
        if !handed_down.split_ascii_whitespace().any(|word| word == controller) {
            fs::write(&control, format!("+{controller}")).map_err(|error| refused(&control, &error))?;
        }
        self.make(parent, name)
    }

    /// The files a process writes its id into to join.
    pub fn join_files(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// Whether the kernel killed one of its processes for want of memory.
    pub fn was_out_of_memory(&self) -> bool {
        self.folders.iter().any(|folder| {
            ["memory.events", "memory.oom_control"]
                .iter()
                .any(|file| fs::read_to_string(folder.join(file)).is_ok_and(|text| counts_kill(&text)))
        })
    }

    /// Kills every process in it where the kernel can do that at once (version 2, Linux 5.14).
    pub fn kill(&self) {
        for folder in &self.folders {
            // Older kernels lack the file; the caller kills process by process as well.
            let _ = fs::write(folder.join("cgroup.kill"), "1");
        }
    }

    /// Removes the groups; those that still have processes stay.
    pub fn remove(&mut self) {
        self.folders.retain(|folder| fs::remove_dir(folder).is_err() && folder.exists());
    }
}

/// The folders beside which groups are made.
fn parents() -> Vec<PathBuf> {
    let (Ok(mounts), Ok(own)) = (read("/proc/self/mountinfo"), read("/proc/self/cgroup")) else {
        return Vec::new();
    };
    let parent = |controller| match find(&mounts, &own, controller) {
        Ok(Controller::Unified(parent) | Controller::Version1(parent)) => Some(parent),
        Err(_) => None,
    };
    ["memory", "cpu"].into_iter().filter_map(parent).collect()
}

/// Kills what is in the groups of an instance whose shim was killed, and removes them.
pub(crate) fn end_leftover(run: &str, name: &str) {
    let name = group_name(run, name);
    for folder in parents().into_iter().map(|parent| parent.join(&name)).filter(|folder| folder.is_dir()) {
        // A group cannot be removed before its processes are gone, which takes a moment.
        for _ in 0..200 {
            let procs = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
            for pid in procs.lines().filter_map(|pid| pid.parse().ok()).filter(|pid| *pid > 0) {
                let _ = nix::sys::signal::kill(
                    nix::unistd::Pid::from_raw(pid),
                    nix::sys::signal::Signal::SIGKILL,
                );
            }
            if fs::remove_dir(&folder).is_ok() || !folder.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// Removes groups of a run whose shims were killed before they could.
pub fn remove_leftovers(run: &str) {
    let prefix = group_name(run, "");
    for parent in parents() {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        for entry in
            entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        {
            // One that still has processes stays.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The name of the groups of an instance.
pub(crate) fn group_name(run: &str, name: &str) -> String {
    format!("sea-{run}-{name}")
}

fn counts_kill(text: &str) -> bool {
    text.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count.trim() != "0"))
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("control groups cannot be read here ({path}: {error})"))
}

fn write(path: &Path, value: u64) -> Result<(), String> {
    fs::write(path, value.to_string()).map_err(|error| refused(path, &error))
}

fn refused(path: &Path, error: &io::Error) -> String {
    format!("this account may not limit processes here ({}: {error})", path.display())
}

/// The group of this process for a controller: in version 1 where the controller is mounted there, else in version 2.
///
/// `mounts` is `/proc/self/mountinfo`, `own` is `/proc/self/cgroup` (`ID:CONTROLLERS:PATH`, with `0::PATH` for version 2).
fn find(mounts: &str, own: &str, controller: &str) -> Result<Controller, String> {
    for line in own.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if controllers.split(',').any(|name| name == controller)
            && let Some(root) = mount(mounts, |kind, options| {
                kind == "cgroup" && options.split(',').any(|option| option == controller)
            })
        {
            return Ok(Controller::Version1(below(&root, path)));
        }
    }
    let unified = own.lines().find_map(|line| line.strip_prefix("0::"));
    if let (Some(path), Some(root)) = (unified, mount(mounts, |kind, _| kind == "cgroup2")) {
        let folder = below(&root, path);
        let offered = fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default();
        if offered.split_ascii_whitespace().any(|word| word == controller) {
            return Ok(Controller::Unified(folder));
        }
    }
    Err(format!("the kernel offers no `{controller}` control group to this account"))
}

/// The group's folder; inside a container the path in `/proc/self/cgroup` may be one of the host and not be there.
fn below(root: &Path, path: &str) -> PathBuf {
    let folder = root.join(path.trim_start_matches('/'));
    if folder.is_dir() { folder } else { root.to_owned() }
}

/// The mount point of the first file system that `wanted` takes by type and options; fields as in proc(5).
fn mount(mounts: &str, wanted: impl Fn(&str, &str) -> bool) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut kind = kind.split(' ');
        let (name, options) = (kind.next()?, kind.nth(1)?);
        wanted(name, options).then(|| place.split(' ').nth(4).map(PathBuf::from))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
24 1 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro
25 24 0:23 / /nowhere/unified rw - cgroup2 cgroup2 rw
26 24 0:24 / /nowhere/memory rw - cgroup cgroup rw,memory
27 24 0:25 / /nowhere/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
";

    #[test]
    fn version_1_wins_where_it_holds_the_controller() {
        let own = "4:memory:/user\n3:cpu,cpuacct:/\n0::/\n";
        assert_eq!(find(HYBRID, own, "memory"), Ok(Controller::Version1("/nowhere/memory".into())));
        assert_eq!(find(HYBRID, own, "cpu"), Ok(Controller::Version1("/nowhere/cpu,cpuacct".into())));
        assert!(find(HYBRID, own, "pids").unwrap_err().contains("pids"));
    }

    #[test]
    fn version_2_must_offer_the_controller() {
        let folder = tempfile::tempdir().unwrap();
        let mounts = format!("25 24 0:23 / {} rw - cgroup2 cgroup2 rw\n", folder.path().display());
        let group = folder.path().join("app");
        fs::create_dir(&group).unwrap();
        fs::write(group.join("cgroup.controllers"), "cpu memory\n").unwrap();
        assert_eq!(find(&mounts, "0::/app\n", "memory"), Ok(Controller::Unified(group)));
        assert!(find(&mounts, "0::/\n", "memory").is_err());
    }

    #[test]
    fn kills_for_want_of_memory_are_counted_in_both_versions() {
        assert!(counts_kill("low 0\noom 1\noom_kill 2\n"));
        assert!(counts_kill("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"));
        assert!(!counts_kill("oom_kill_disable 1\noom_kill 0\n"));
    }
}
