//! Pebble, the authority for tests, and the names that it looks up: both as processes of their own.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// It listens within this time, or does not start at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// An authority that tests names at two ports of this machine, wherever they would lead.
pub(crate) struct Pebble {
    children: Vec<Child>,
    folder: TempDir,
    port: u16,
    management: u16,
    root: String,
}

/// Another process may take a port between its choice and its use.
const ATTEMPTS: usize = 5;

impl Pebble {
    /// `None` where it is not installed. `reuse` says how many percent of the names that were tested it remembers.
    pub(crate) fn start(http: u16, tls: u16, reuse: u8) -> Option<Self> {
        if Command::new("pebble").arg("-help").output().is_err() {
            println!("skipped: no pebble (the Debian package has that name)");
            return None;
        }
        for _ in 0..ATTEMPTS {
            let started = Self::try_start(http, tls, reuse);
            if started.is_some() {
                return started;
            }
        }
        panic!("pebble does not start");
    }

    fn try_start(http: u16, tls: u16, reuse: u8) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("root.pem"), made.cert.pem()).unwrap();
        std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let [port, management, dns, dns_management] = free();
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": file("root.pem"),
            "privateKey": file("key.pem"),
            "httpPort": http,
            "tlsPort": tls,
        }});
        std::fs::write(file("config.json"), config.to_string()).unwrap();
        let (dns, dns_management) = (format!("127.0.0.1:{dns}"), format!("127.0.0.1:{dns_management}"));
        let names = Command::new("pebble-challtestsrv")
            .args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""])
            .args(["-dns01", &dns, "-management", &dns_management])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pebble = Command::new("pebble")
            .arg("-config")
            .arg(file("config.json"))
            .args(["-dnsserver", &dns])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "0")
            .env("PEBBLE_AUTHZREUSE", reuse.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let root = made.cert.pem();
        let mut pebble = Self { children: vec![names, pebble], folder, port, management, root };
        let ports = [port, management, ending(&dns), ending(&dns_management)];
        ports.into_iter().all(|port| pebble.listens(port)).then_some(pebble)
    }

    fn listens(&mut self, port: u16) -> bool {
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = self.children.iter_mut().any(|child| child.try_wait().unwrap().is_some());
            if ended || since.elapsed() > PATIENCE {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// The address of its directory.
    pub(crate) fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// The root by which it is known itself.
    pub(crate) fn roots(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// Where it tells the root of what it issues, at `/roots/0`, over TLS.
    pub(crate) fn management(&self) -> u16 {
        self.management
    }

    /// The root by which it is known itself, PEM.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Where keys may be kept.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free<const COUNT: usize>() -> [u16; COUNT] {
    let sockets = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

fn ending(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap()
}
