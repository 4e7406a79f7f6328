//! A machine with systemd and an SSH server: a container over the files that `cargo xtask validators` made.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Nothing that is waited for in these tests takes this long on any machine; what does has failed.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// Podman's, which depends on nothing that the machine is set up with: containers may not want limits that this process
/// may not raise, and the first process of the machine here may be anything.
const CONFIGURATION: &str = r#"
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
[network]
network_backend = "netavark"
"#;

/// Removes the container and all that Podman keeps of it once standard input ends, which it does with the test, however
/// that ends. What watched the container cleans up after it in its own time, and would bring the folder back.
const CLEANER: &str = r#"cat >/dev/null; "$@" rm --force --time 0 machine
for attempt in $(seq 100); do pgrep -f "^[^ ]*(podman|conmon) .*$PODMAN" >/dev/null || break; sleep 0.1; done
rm -rf "$PODMAN""#;

pub(crate) struct Machine {
    podman: PathBuf,
    keys: TempDir,
    /// The port on loopback that leads to its SSH server.
    pub(crate) ssh: u16,
    /// The port on loopback that leads to its port 80.
    pub(crate) http: u16,
    cleaner: Child,
}

impl Machine {
    /// Boots one; `None`, said visibly, where none can be had.
    pub(crate) fn boot() -> Option<Self> {
        let files = target().join("validators/machine");
        if !is_root() || !files.is_dir() {
            eprintln!("SKIPPED: no machine to boot (`cargo xtask validators`, as root, makes it)");
            return None;
        }
        // Sockets are below it, and their paths are short (unix(7)).
        let podman = tempfile::Builder::new().prefix("sea-machine-").tempdir_in("/tmp").unwrap().keep();
        fs::write(podman.join("containers.conf"), CONFIGURATION).unwrap();
        let cleaner = Command::new("sh")
            .args(["-c", CLEANER, "sh"])
            .args(Self::podman_line(&podman))
            .env("CONTAINERS_CONF", podman.join("containers.conf"))
            .env("PODMAN", &podman)
            // Whoever kills the test kills its group.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let keys = tempfile::tempdir().unwrap();
        let mut machine = Self { podman, keys, ssh: 0, http: 0, cleaner };
        let files = format!("{}:O", files.display());
        machine.podman(&[
            "run",
            "--detach",
            "--name",
            "machine",
            "--hostname",
            "machine",
            "--systemd=always",
            "--cap-add",
            "SYS_ADMIN",
            "--publish",
            "127.0.0.1::22",
            "--publish",
            "127.0.0.1::80",
            "--rootfs",
            &files,
            "/sbin/init",
        ]);
        machine.find_ports();
        machine.let_in(&target().join("validators/machine/etc/ssh/ssh_host_ed25519_key.pub"));
        machine.until_it_runs();
        Some(machine)
    }

    fn podman_line(podman: &Path) -> Vec<String> {
        let at = |name: &str| podman.join(name).display().to_string();
        ["podman".into(), "--root".into(), at("root"), "--runroot".into(), at("run")]
            .into_iter()
            .chain(["--tmpdir".into(), at("tmp")])
            .collect()
    }

    fn podman(&self, arguments: &[&str]) -> String {
        let line = Self::podman_line(&self.podman);
        let output = Command::new(&line[0])
            .args(&line[1..])
            .args(arguments)
            .env("CONTAINERS_CONF", self.podman.join("containers.conf"))
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("podman is not installed (`cargo xtask test` does): {error}"));
        assert!(output.status.success(), "podman {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn find_ports(&mut self) {
        let port = |inside: &str| {
            let said = self.podman(&["port", "machine", inside]);
            said.trim().rsplit(':').next().unwrap().parse().unwrap()
        };
        (self.ssh, self.http) = (port("22/tcp"), port("80/tcp"));
    }

    /// Makes a key, has the machine let it in, and knows the machine by its own.
    fn let_in(&self, host_key: &Path) {
        let at = |name: &str| self.keys.path().join(name);
        let arguments = ["-q", "-t", "ed25519", "-N", "", "-f"];
        assert!(Command::new("ssh-keygen").args(arguments).arg(at("key")).status().unwrap().success());
        let key = fs::read_to_string(at("key.pub")).unwrap();
        let let_in = format!("umask 077; mkdir -p ~/.ssh; echo '{}' >~/.ssh/authorized_keys", key.trim());
        self.podman(&["exec", "--user", "root", "--env", "HOME=/root", "machine", "sh", "-c", &let_in]);
        let host_key = fs::read_to_string(host_key).unwrap();
        fs::write(at("known_hosts"), format!("[127.0.0.1]:{} {host_key}", self.ssh)).unwrap();
        let config = format!(
            "Host *\n  IdentityFile {}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {}\n  \
             GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n",
            at("key").display(),
            at("known_hosts").display()
        );
        fs::write(at("config"), config).unwrap();
    }

    /// The user's `ssh`, as `$SEA_SSH` names it.
    pub(crate) fn ssh(&self) -> String {
        format!("ssh -F {}", self.keys.path().join("config").display())
    }

    /// Runs a script over there, as a person who is logged in, and returns whether it was content, and what it said.
    pub(crate) fn attempt(&self, script: &str) -> (bool, String) {
        let mut ssh = Command::new("ssh")
            .arg("-F")
            .arg(self.keys.path().join("config"))
            .args(["-p", &self.ssh.to_string(), "root@127.0.0.1", "exec sh -s 2>&1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // An SSH server that does not answer yet closes the pipe.
        let _ = ssh.stdin.take().unwrap().write_all(script.as_bytes());
        let output = ssh.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).trim().to_owned())
    }

    /// Runs a script over there that has to be content.
    pub(crate) fn run(&self, script: &str) -> String {
        let (is_content, said) = self.attempt(script);
        assert!(is_content, "{script}: {said}\n{}", self.last_lines());
        said
    }

    /// A property of the unit.
    pub(crate) fn unit(&self, property: &str) -> String {
        self.run(&format!("systemctl show --property {property} --value seaworthy.service"))
    }

    /// What systemd's journal has of the unit.
    pub(crate) fn journal(&self) -> String {
        self.attempt("journalctl --no-pager --unit seaworthy.service").1
    }

    /// The end of it, for who has to find out what went wrong.
    fn last_lines(&self) -> String {
        self.attempt("journalctl --no-pager --lines 60 --unit seaworthy.service").1
    }

    /// Waits until it is so.
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + LONG;
        while !holds() {
            assert!(Instant::now() < end, "never: {what}\n{}", self.last_lines());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Restarts it: systemd ends everything, and begins anew with what is on the disk.
    pub(crate) fn restart(&mut self) {
        self.podman(&["restart", "--time", "60", "machine"]);
        self.find_ports();
        self.until_it_runs();
    }

    fn until_it_runs(&self) {
        self.until("an SSH server", || self.attempt("true").0);
        let said = self.attempt("systemctl is-system-running --wait").1;
        // A unit that failed is told by its name.
        assert_eq!(said, "running", "{}", self.run("systemctl --failed --no-legend"));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.cleaner.stdin.take());
        let _ = self.cleaner.wait();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

/// The folder of cargo: the test's own program is in `debug/deps` below it.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_owned()
}
