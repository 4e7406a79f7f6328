//! A real container engine, where there is one, and base images made of this machine's own programs: no registry can be
//! reached from a test. The images bear the tags that the Dockerfiles name, in the repositories that they name, so a
//! generated Dockerfile is built unchanged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::validators;

/// The address of an engine that belongs to these tests; `None`, said visibly, where there is none.
///
/// Only `cargo xtask test` starts one and sets `DOCKER_HOST` to it. An engine that a person uses has real images under
/// the names that are made here, so it is left alone.
pub(crate) fn engine() -> Option<Engine> {
    let host = std::env::var("DOCKER_HOST").ok().filter(|host| host.contains("/sea-engine-"));
    if host.is_none() {
        eprintln!(
            "SKIPPED: no engine of the tests' own (`cargo xtask test` starts one where `dockerd` is installed)"
        );
    }
    host.map(|_| Engine { program: client() })
}

/// Debian's client has `BuildKit` in it; others want a plugin for it.
fn client() -> PathBuf {
    let debian = Path::new("/usr/bin/docker");
    if debian.exists() { debian.to_owned() } else { PathBuf::from("docker") }
}

/// A container engine.
pub(crate) struct Engine {
    program: PathBuf,
}

impl Engine {
    /// Runs the client and gives what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let (ok, said) = self.attempt(arguments);
        assert!(ok, "docker {arguments:?}: {said}");
        said.trim().to_owned()
    }

    /// Runs the client.
    pub(crate) fn attempt(&self, arguments: &[&str]) -> (bool, String) {
        validators::run(Command::new(&self.program).args(arguments).env("DOCKER_BUILDKIT", "1"))
    }

    /// Builds an image.
    pub(crate) fn build(&self, tag: &str, dockerfile: &Path, context: &Path) {
        let (dockerfile, context) = (dockerfile.to_str().unwrap(), context.to_str().unwrap());
        self.run(&["build", "--progress", "plain", "--tag", tag, "--file", dockerfile, context]);
    }

    /// Asks until an answer is right.
    pub(crate) fn wait(&self, arguments: &[&str], wanted: &str) {
        let end = Instant::now() + Duration::from_mins(2);
        loop {
            let (_, said) = self.attempt(arguments);
            if said.trim() == wanted {
                return;
            }
            assert!(Instant::now() < end, "docker {arguments:?} says {said}, not {wanted}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Imports a folder as an image, once: several tests may want the same, each in a process of its own.
    fn import(&self, image: &str, root: &Path, changes: &[&str]) {
        let mut tar = Command::new("tar");
        tar.args(["--create", "--file", "-", "--numeric-owner", "--owner=0", "--group=0", "--directory"]);
        let mut tar = tar.arg(root).arg(".").stdout(Stdio::piped()).spawn().unwrap();
        let mut command = Command::new(&self.program);
        command.arg("import");
        for change in changes {
            command.args(["--change", change]);
        }
        let status = command
            .args(["-", image])
            .stdin(tar.stdout.take().unwrap())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success() && tar.wait().unwrap().success(), "{image} is not imported");
    }

    /// A base image with Node.js, npm and what Debian's has for users.
    pub(crate) fn node_base(&self, image: &str) {
        let root = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(root.path());
        let node = which("node");
        tree.program(&node, "/usr/local/bin/node");
        let npm = std::fs::canonicalize(which("npm")).unwrap();
        let package = npm.ancestors().find(|folder| folder.ends_with("npm")).unwrap();
        tree.folder(package, Path::new("/usr/local/lib/node_modules/npm"));
        tree.link("/usr/local/lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm");
        tree.debian();
        self.import(image, root.path(), &["ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]);
    }

    /// A base image with Python and pip.
    pub(crate) fn python_base(&self, image: &str) {
        let root = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(root.path());
        let script = "import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path('stdlib'))";
        let (ok, said) = validators::run(Command::new("python3").args(["-c", script]));
        assert!(ok, "{said}");
        let mut lines = said.lines().map(PathBuf::from);
        let (program, library) = (lines.next().unwrap(), lines.next().unwrap());
        tree.program(&program, program.to_str().unwrap());
        tree.folder(&library, &library);
        for extension in std::fs::read_dir(library.join("lib-dynload")).unwrap() {
            tree.libraries(&extension.unwrap().path());
        }
        // Debian keeps the wheels that a new environment begins with in a place of their own.
        let wheels = Path::new("/usr/share/python-wheels");
        if wheels.exists() {
            tree.folder(wheels, wheels);
        }
        tree.link(program.to_str().unwrap(), "/usr/local/bin/python");
        tree.link(program.to_str().unwrap(), "/usr/local/bin/python3");
        tree.debian();
        self.import(image, root.path(), &["ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]);
    }

    /// A base image with nginx and `BusyBox`, as its image on Alpine has them.
    pub(crate) fn nginx_base(&self, image: &str) {
        let root = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(root.path());
        tree.program(&which("nginx"), "/usr/sbin/nginx");
        tree.file(Path::new("/etc/nginx/mime.types"), "/etc/nginx/mime.types");
        tree.make("/var/log/nginx");
        tree.make("/var/lib/nginx");
        tree.make("/usr/share/nginx/html");
        tree.busybox();
        self.import(image, root.path(), &["ENV PATH=/usr/bin:/bin:/usr/sbin:/sbin"]);
    }

    /// An image with Redis.
    pub(crate) fn redis(&self, image: &str) {
        let root = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(root.path());
        for name in ["redis-server", "redis-cli"] {
            tree.program(&which(name), &format!("/usr/bin/{name}"));
        }
        tree.make("/data");
        tree.busybox();
        let command = r#"CMD ["redis-server", "--protected-mode", "no", "--dir", "/data"]"#;
        self.import(image, root.path(), &["ENV PATH=/usr/bin:/bin", command]);
    }
}

/// A file system of an image in the making.
struct Tree<'r> {
    root: &'r Path,
    copied: BTreeSet<PathBuf>,
}

impl<'r> Tree<'r> {
    fn new(root: &'r Path) -> Self {
        let mut tree = Self { root, copied: BTreeSet::new() };
        for folder in
            ["/bin", "/dev", "/etc", "/proc", "/root", "/run", "/sys", "/usr/bin", "/usr/local/bin", "/var"]
        {
            tree.make(folder);
        }
        tree.make("/tmp");
        validators::run(Command::new("chmod").arg("1777").arg(root.join("tmp")));
        for name in ["passwd", "group"] {
            let kind = if name == "passwd" { "root:x:0:0:root:/root:/bin/sh\n" } else { "root:x:0:\n" };
            std::fs::write(root.join("etc").join(name), kind).unwrap();
        }
        tree
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn make(&mut self, path: &str) {
        std::fs::create_dir_all(self.inside(path)).unwrap();
    }

    fn file(&mut self, from: &Path, to: &str) {
        let to = self.inside(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, &to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }

    fn link(&mut self, target: &str, path: &str) {
        let path = self.inside(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    /// A folder without what was installed into it or compiled in it.
    fn folder(&mut self, from: &Path, to: &Path) {
        let to = self.inside(to.to_str().unwrap());
        std::fs::create_dir_all(&to).unwrap();
        let (ok, said) = validators::run(Command::new("sh").arg("-c").arg(
            "tar --create --file - --directory \"$0\" --exclude site-packages --exclude dist-packages --exclude __pycache__ \
             --exclude test --exclude config-3* . | tar --extract --file - --directory \"$1\"",
        ).arg(from).arg(&to));
        assert!(ok, "{said}");
    }

    /// A program with the libraries that it is linked with.
    fn program(&mut self, from: &Path, to: &str) {
        let from = std::fs::canonicalize(from).unwrap();
        self.file(&from, to);
        self.libraries(&from);
    }

    fn libraries(&mut self, of: &Path) {
        let (_, said) = validators::run(Command::new("ldd").arg(of));
        for word in said.split_whitespace().filter(|word| word.starts_with('/') && word.contains(".so")) {
            let library = PathBuf::from(word.trim_end_matches(':'));
            if library != of && self.copied.insert(library.clone()) {
                self.file(&library, library.to_str().unwrap());
            }
        }
    }

    /// A shell and the usual small programs, in one static file.
    fn busybox(&mut self) {
        self.file(&which("busybox"), "/bin/busybox");
        for name in [
            "sh", "cat", "chown", "chmod", "cp", "env", "id", "ls", "mkdir", "mv", "nc", "rm", "sleep",
            "wget",
        ] {
            self.link("/bin/busybox", &format!("/bin/{name}"));
        }
        self.link("/bin/busybox", "/usr/bin/env");
    }

    /// The programs that Debian makes users with.
    fn debian(&mut self) {
        self.busybox();
        for name in ["groupadd", "useradd"] {
            self.program(&which(name), &format!("/usr/sbin/{name}"));
        }
        self.file(Path::new("/etc/login.defs"), "/etc/login.defs");
        for name in ["shadow", "gshadow"] {
            let kind = if name == "shadow" { "root:*:1:0:99999:7:::\n" } else { "root:*::\n" };
            std::fs::write(self.root.join("etc").join(name), kind).unwrap();
        }
    }
}

/// A program of this machine.
fn which(name: &str) -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap();
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&folders)
        .chain(more)
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{name} is not installed"))
}
