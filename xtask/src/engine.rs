//! A container engine for the tests: a Docker engine of its own, where one is installed, nobody chose another and we
//! may start one. It goes when the tests do.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// A Docker engine that runs as long as this lives.
pub(crate) struct Engine {
    child: Child,
    dir: PathBuf,
}

impl Engine {
    /// Starts one; says why where there is none.
    pub(crate) fn start() -> Result<Self, String> {
        if let Ok(chosen) = std::env::var("DOCKER_HOST") {
            return Err(format!("DOCKER_HOST is {chosen}"));
        }
        if std::path::Path::new("/var/run/docker.sock").exists() {
            return Err("one listens already".to_owned());
        }
        let dir = std::env::temp_dir().join(format!("sea-engine-{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|error| error.to_string())?;
        let place = |name: &str| dir.join(name).to_string_lossy().into_owned();
        let log = fs::File::create(dir.join("log")).map_err(|error| error.to_string())?;
        let child = Command::new("dockerd")
            .args(["--host", &format!("unix://{}", place("docker.sock"))])
            .args(["--data-root", &place("data"), "--exec-root", &place("exec"), "--pidfile", &place("pid")])
            // An address range that a machine is unlikely to use.
            .args(["--bip", "172.31.250.1/24"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let child = child.map_err(|error| {
            let _ = fs::remove_dir_all(&dir);
            format!("`dockerd` cannot be run: {error}")
        })?;
        let mut engine = Self { child, dir };
        for _ in 0..600 {
            if engine.dir.join("docker.sock").exists() {
                return Ok(engine);
            }
            if let Ok(Some(status)) = engine.child.try_wait() {
                return Err(format!("`dockerd` ended with {status}"));
            }
            sleep(Duration::from_millis(100));
        }
        Err("`dockerd` does not listen".to_owned())
    }

    /// What `DOCKER_HOST` is for it.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.dir.join("docker.sock").display())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Asked, it ends its containers and containerd; killed, it would leave both.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}
