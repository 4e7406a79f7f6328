//! What the tests need besides Rust: installed where it is missing, with the installer of the machine.

use std::path::Path;

use crate::process::{self, program, works};

/// Something the tests run, and the Debian package that brings it.
struct Need {
    /// Where it may be: programs on the search path, or files; a `*` stands for one folder.
    places: &'static [&'static str],
    package: &'static str,
}

const NEEDS: [Need; 24] = [
    Need { places: &["/usr/lib/postgresql/*/bin/initdb", "initdb"], package: "postgresql" },
    Need { places: &["redis-server"], package: "redis-server" },
    Need { places: &["chromium", "chromium-browser", "google-chrome"], package: "chromium" },
    Need { places: &["node"], package: "nodejs" },
    Need { places: &["npm"], package: "npm" },
    Need { places: &["python3"], package: "python3-venv" },
    // Test reports are read as the tools write them.
    Need { places: &["/usr/lib/python3/dist-packages/pytest"], package: "python3-pytest" },
    Need { places: &["script"], package: "bsdutils" },
    Need { places: &["git"], package: "git" },
    Need { places: &["/usr/sbin/sshd"], package: "openssh-server" },
    Need { places: &["ssh"], package: "openssh-client" },
    Need { places: &["promtool"], package: "prometheus" },
    Need { places: &["amtool"], package: "prometheus-alertmanager" },
    Need { places: &["kubectl"], package: "kubernetes-client" },
    Need { places: &["dockerd"], package: "docker.io" },
    // Secrets that it encrypted are read by us, and the other way round.
    Need { places: &["age"], package: "age" },
    // The base images that derived Dockerfiles are tried with are made of these.
    Need { places: &["busybox"], package: "busybox-static" },
    // An authority that issues certificates which nobody trusts, and names that lead to this machine.
    Need { places: &["pebble"], package: "pebble" },
    // A machine with systemd is made by the first of these and booted by the others.
    Need { places: &["mmdebstrap"], package: "mmdebstrap" },
    Need { places: &["podman"], package: "podman" },
    Need { places: &["/usr/lib/podman/netavark", "/usr/libexec/podman/netavark"], package: "netavark" },
    Need { places: &["runc", "/usr/sbin/runc"], package: "runc" },
    Need { places: &["iptables", "/usr/sbin/iptables"], package: "iptables" },
    Need { places: &["nginx", "/usr/sbin/nginx"], package: "nginx-light" },
];

/// Installs what is missing; says what to type where that cannot be done.
pub(crate) fn install() -> Result<(), String> {
    let missing: Vec<&str> = NEEDS.iter().filter(|need| !need.is_there()).map(|need| need.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    println!("the tests need what is not here: {}", missing.join(", "));
    if !works(program("apt-get", &["--version"])) {
        return Err(format!("install these with the installer of this machine; on Debian: {line}"));
    }
    let is_root = process::output(program("id", &["-u"]))?.trim() == "0";
    let run = |arguments: &[&str]| {
        let mut command = if is_root { program("apt-get", &[]) } else { program("sudo", &["-n", "apt-get"]) };
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        process::run(command).map_err(|why| format!("{why}; type: sudo {line}"))
    };
    run(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(missing);
    run(&arguments)
}

impl Need {
    fn is_there(&self) -> bool {
        self.places.iter().any(|place| match place.split_once('*') {
            Some((before, after)) => {
                let folders = std::fs::read_dir(before).into_iter().flatten().flatten();
                folders.into_iter().any(|folder| folder.path().join(after.trim_start_matches('/')).exists())
            }
            None if place.starts_with('/') => Path::new(place).exists(),
            None => on_path(place),
        })
    }
}

fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(name).exists())
}
