//! A host on loopback, an app to ship to it, and the `sea` that does.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Nothing that is waited for in these tests takes this long on any machine; what does has failed.
const LONG: Duration = Duration::from_mins(1);

/// Answers with what the file `word` says.
const SERVER: &str = r#"
import http.server, os, signal
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open("word").read().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
print("listening", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

/// A machine behind SSH, which is this one.
pub(crate) struct Host {
    folder: TempDir,
    pub(crate) port: u16,
    sshd: Child,
}

/// What one run of `sea` left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Host {
    /// A host with a key of its own that lets one key in, and an app that is to be shipped there.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for key in ["host_key", "user_key", "other_key"] {
            let args = ["-q", "-t", "ed25519", "-N", "", "-f"];
            assert!(Command::new("ssh-keygen").args(args).arg(path.join(key)).status().unwrap().success());
        }
        fs::copy(path.join("user_key.pub"), path.join("authorized_keys")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| path.join(name).display().to_string();
        fs::write(
            path.join("sshd_config"),
            format!(
                "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
                 PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nPidFile none\n\
                 SetEnv SEA_STATE={} SEA_HTTP=0 SEA_DASHBOARD=0\n",
                at("host_key"),
                at("authorized_keys"),
                at("state"),
            ),
        )
        .unwrap();
        // Where it is started by root it drops its privileges into this folder (sshd(8), FILES).
        let _ = fs::create_dir_all("/run/sshd");
        let sshd = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(path.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(fs::File::create(path.join("sshd.log")).unwrap())
            .spawn()
            .unwrap();
        let host = Self { folder, port, sshd };
        host.until("sshd listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        host.know("host_key");
        host.use_key("user_key");
        host.strip();
        host.make_app();
        host
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    pub(crate) fn app(&self) -> PathBuf {
        self.path().join("app")
    }

    pub(crate) fn address(&self) -> String {
        format!("ssh://{}@127.0.0.1:{}", user(), self.port)
    }

    /// `known_hosts` has this key for the host.
    pub(crate) fn know(&self, key: &str) {
        let key = fs::read_to_string(self.path().join(format!("{key}.pub"))).unwrap();
        let line = format!("[127.0.0.1]:{} {key}", self.port);
        fs::write(self.path().join("known_hosts"), line).unwrap();
    }

    /// The user's configuration of ssh offers this key.
    pub(crate) fn use_key(&self, key: &str) {
        let at = |name: &str| self.path().join(name).display().to_string();
        let config = format!(
            "Host *\n  IdentityFile {}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {}\n  \
             GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n",
            at(key),
            at("known_hosts")
        );
        fs::write(self.path().join("ssh_config"), config).unwrap();
    }

    /// The user's `ssh`, as `$SEA_SSH` names it.
    pub(crate) fn ssh(&self) -> String {
        format!("ssh -F {}", self.path().join("ssh_config").display())
    }

    /// Commits the app with this word.
    pub(crate) fn commit(&self, word: &str) {
        fs::write(self.app().join("word"), word).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", word]);
    }

    /// Writes where production is.
    pub(crate) fn configure(&self, address: &str) {
        let config = format!(
            "name = \"shop\"\n[services.web]\nstart = \"python3 server.py\"\nroute = \"/\"\n\
             [environments.production]\nhost = \"{address}\"\n"
        );
        fs::write(self.app().join("seaworthy.toml"), config).unwrap();
    }

    pub(crate) fn sea(&self, arguments: &[&str]) -> Run {
        self.sea_by(&self.ssh(), arguments)
    }

    /// Runs `sea` in the app's folder with this ssh.
    pub(crate) fn sea_by(&self, ssh: &str, arguments: &[&str]) -> Run {
        let output = Command::new(self.path().join("sea"))
            .args(arguments)
            .current_dir(self.app())
            // What this machine has shipped itself is none of the tests' business.
            .env("SEA_STATE", self.path().join("own"))
            .env("SEA_SSH", ssh)
            .env("NO_COLOR", "1")
            .env_remove("CI")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What the app answers over there.
    pub(crate) fn get(&self) -> String {
        let status = self.sea(&["status", "--env", "production", "--json"]);
        let view: Value = serde_json::from_str(&status.stdout).unwrap_or_else(|_| panic!("{status:?}"));
        assert_eq!(view["schema"], "sea.host/1");
        let port: u16 = view["http"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// A shell script in the place of `ssh`.
    pub(crate) fn script(&self, text: &str) -> String {
        let file = self.path().join("own-ssh");
        fs::write(&file, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file.display().to_string()
    }

    fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_so() {
            let log = fs::read_to_string(self.path().join("sshd.log")).unwrap_or_default();
            assert!(began.elapsed() < LONG, "{what}: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The program under test without its symbols, which are most of it.
    fn strip(&self) {
        let to = self.path().join("sea");
        let stripped = Command::new("strip").arg("-o").arg(&to).arg(env!("CARGO_BIN_EXE_sea")).status();
        if !stripped.is_ok_and(|status| status.success()) {
            fs::copy(env!("CARGO_BIN_EXE_sea"), &to).unwrap();
        }
    }

    fn make_app(&self) {
        fs::create_dir(self.app()).unwrap();
        fs::write(self.app().join("server.py"), SERVER).unwrap();
        self.configure(&self.address());
        self.git(&["init", "-q"]);
        self.commit("one");
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"];
        let git = Command::new("git").args(identity).args(arguments).current_dir(self.app()).status();
        assert!(git.unwrap().success(), "git {arguments:?}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.state().join("run/host.json").exists() {
            let mut stop = Command::new(self.path().join("sea"));
            let _ = stop.args(["serve", "--stop", "--state"]).arg(self.state()).output();
        }
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
