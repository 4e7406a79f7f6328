//! A repository on this machine, and the `sea` that ships it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::machine::Machine;

/// A secret that nothing may show.
pub(crate) const SECRET: &str = "the-harbour-master-sleeps-at-noon";

/// Answers with the word of its commit, its process id, and where it lives.
const SERVER: &str = r#"
import http.server, os, signal
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
word = open("word").read()
print("a passphrase of", len(os.environ["PASSPHRASE"]), flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = f"{word} {os.getpid()} {os.environ.get('HOME')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
print("listening", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

/// What one run of `sea` left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) struct Client {
    folder: TempDir,
    ssh: String,
}

impl Client {
    /// An app that this user ships to this machine as this strategy says. Its first commit says `one`.
    pub(crate) fn new(machine: &Machine, user: &str, strategy: &str) -> Self {
        machine
            .run(&format!("umask 077; echo PASSPHRASE={SECRET} >/etc/shop.env; chown {user} /etc/shop.env"));
        let client = Self { folder: tempfile::tempdir().unwrap(), ssh: machine.ssh() };
        // Its symbols are most of it, and it is copied.
        let stripped =
            Command::new("strip").arg("-o").arg(client.program()).arg(env!("CARGO_BIN_EXE_sea")).status();
        if !stripped.is_ok_and(|status| status.success()) {
            fs::copy(env!("CARGO_BIN_EXE_sea"), client.program()).unwrap();
        }
        fs::create_dir(client.app()).unwrap();
        let configuration = format!(
            "name = \"shop\"\n[services.web]\nstart = \"python3 server.py\"\nroute = \"/\"\n\
             env = {{ PASSPHRASE = \"${{secrets.PASSPHRASE}}\" }}\n\
             [environments.production]\nhost = \"ssh://{user}@127.0.0.1:{}\"\n{strategy}\n\
             secrets = {{ file = \"/etc/shop.env\" }}\n",
            machine.ssh
        );
        fs::write(client.app().join("seaworthy.toml"), configuration).unwrap();
        fs::write(client.app().join("server.py"), SERVER).unwrap();
        client.git(&["init", "-q"]);
        client.commit("one");
        client
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("sea")
    }

    fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// Commits the app with this word.
    pub(crate) fn commit(&self, word: &str) {
        fs::write(self.app().join("word"), word).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", word]);
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"];
        let git = Command::new("git").args(identity).args(arguments).current_dir(self.app()).status();
        assert!(git.unwrap().success(), "git {arguments:?}");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command
            .args(arguments)
            .current_dir(self.app())
            // What this machine has shipped itself is none of the tests' business.
            .env("SEA_STATE", self.folder.path().join("own"))
            .env("SEA_SSH", &self.ssh)
            .env("NO_COLOR", "1")
            .env_remove("CI")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn sea(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts to ship, and does not wait for the end.
    pub(crate) fn start_to_ship(&self) -> Child {
        let mut ship = self.command(&["ship", "--env", "production"]);
        ship.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Ships, and is sure that it was promoted.
    pub(crate) fn ship(&self) -> Run {
        let run = self.sea(&["ship", "--env", "production"]);
        assert_eq!(run.code, 0, "{run:?}");
        run
    }

    /// What the host says of the environment.
    pub(crate) fn status(&self) -> Value {
        let status = self.sea(&["status", "--env", "production", "--json"]);
        serde_json::from_str(&status.out).unwrap_or_else(|_| panic!("{status:?}"))
    }

    /// The rollout that is under way; null where none is.
    pub(crate) fn rollout(&self) -> Value {
        self.status()["environments"][0]["rollout"].take()
    }
}
