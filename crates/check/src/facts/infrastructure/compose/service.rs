//! The services of a Compose file, in the forms that the format allows.

use seaworthy_detect::document::{Entry, Node};

use crate::facts::infrastructure::image::ImageName;

/// The services of one file.
pub(super) struct File<'f> {
    pub(super) services: Vec<Service<'f>>,
}

/// One service, with what the file below it says of the same one.
pub(super) struct Service<'f> {
    pub(super) name: &'f str,
    pub(super) line: u32,
    pub(super) node: &'f Node,
    below: Option<&'f Node>,
}

/// A mount of a folder or volume.
pub(super) struct Mount<'f> {
    pub(super) source: &'f str,
    pub(super) target: &'f str,
    pub(super) line: u32,
}

impl<'f> File<'f> {
    pub(super) fn new(root: &'f Node, below: Option<&'f Node>) -> Self {
        let entries = root.get("services").map(Node::entries).unwrap_or_default();
        let below = below.and_then(|root| root.get("services"));
        let services = entries
            .iter()
            .filter(|entry| entry.node.is_map())
            .map(|entry| Service {
                name: &entry.key,
                line: entry.line,
                node: &entry.node,
                below: below.and_then(|services| services.get(&entry.key)),
            })
            .collect();
        Self { services }
    }

    pub(super) fn service(&self, name: &str) -> Option<&Service<'f>> {
        self.services.iter().find(|service| service.name == name)
    }

    /// Services that wait for this one to end: it is a job.
    pub(super) fn is_job(&self, service: &Service<'_>) -> bool {
        const WORDS: [&str; 12] = [
            "migrate",
            "migrations",
            "migration",
            "seed",
            "init",
            "setup",
            "createbuckets",
            "certbot",
            "job",
            "cli",
            "test",
            "tests",
        ];
        let is_awaited = self.services.iter().any(|other| {
            other.node.at(&["depends_on", service.name, "condition"]).and_then(Node::text)
                == Some("service_completed_successfully")
        });
        is_awaited || service.name.split(['-', '_', '.']).any(|part| WORDS.contains(&part))
    }

    /// Someone depends on it.
    pub(super) fn is_needed(&self, name: &str) -> bool {
        self.services.iter().any(|service| service.dependencies().any(|(other, ..)| other == name))
    }
}

impl<'f> Service<'f> {
    /// It, or the file below, has the key.
    pub(super) fn get(&self, path: &[&str]) -> Option<&'f Node> {
        self.node.at(path).or_else(|| self.below.and_then(|below| below.at(path)))
    }

    /// What it has may stand in another file.
    pub(super) fn is_partial(&self) -> bool {
        self.node.get("extends").is_some()
    }

    pub(super) fn image(&self) -> Option<ImageName<'f>> {
        ImageName::parse(self.get(&["image"])?.text()?)
    }

    pub(super) fn is_store(&self) -> bool {
        self.image().is_some_and(|image| image.is_store())
    }

    /// Name, condition and line of what it depends on.
    pub(super) fn dependencies(&self) -> impl Iterator<Item = (&'f str, Option<&'f str>, u32)> {
        let node = self.node.get("depends_on");
        let list = node.map(Node::items).unwrap_or_default();
        let map = node.map(Node::entries).unwrap_or_default();
        let listed = list.iter().filter_map(|item| Some((item.text()?, None, item.line)));
        let mapped = map
            .iter()
            .map(|entry: &Entry| (&*entry.key, entry.node.get("condition").and_then(Node::text), entry.line));
        listed.chain(mapped)
    }

    /// Its environment: name, value, line.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&'f str, String, u32)> {
        let node = self.node.get("environment");
        let list = node.map(Node::items).unwrap_or_default();
        let map = node.map(Node::entries).unwrap_or_default();
        let listed = list.iter().filter_map(|item| {
            let (name, value) = item.text()?.split_once('=')?;
            Some((name, value.to_owned(), item.line))
        });
        let mapped = map.iter().filter_map(|entry| Some((&*entry.key, entry.node.scalar()?, entry.line)));
        listed.chain(mapped)
    }

    /// Ports that it publishes on every address: the text, and its line.
    pub(super) fn open_ports(&self) -> impl Iterator<Item = (String, u32)> {
        self.node.get("ports").map(Node::items).unwrap_or_default().iter().filter_map(|port| {
            if port.is_map() {
                let published = port.get("published").and_then(Node::scalar)?;
                let is_bound = port.get("host_ip").and_then(Node::text).is_some_and(|ip| !is_any(ip));
                return (!is_bound).then_some((published, port.line));
            }
            let text = port.scalar()?;
            let plain = without_variables(&text);
            let (rest, _) = plain.rsplit_once(':')?;
            let is_open = match rest.rsplit_once(':') {
                Some((ip, _)) => is_any(ip),
                None => true,
            };
            is_open.then_some((text, port.line))
        })
    }

    pub(super) fn mounts(&self) -> Vec<Mount<'f>> {
        mounts(self.node)
    }

    /// Those of the file below as well.
    pub(super) fn all_mounts(&self) -> Vec<Mount<'f>> {
        let mut all = mounts(self.node);
        all.extend(self.below.map(mounts).unwrap_or_default());
        all
    }
}

fn mounts(node: &Node) -> Vec<Mount<'_>> {
    let items = node.get("volumes").map(Node::items).unwrap_or_default();
    let mount = |item| {
        let item: &Node = item;
        let get = |key: &str| item.get(key).and_then(Node::text);
        if item.is_map() {
            return Some(Mount {
                source: get("source").unwrap_or_default(),
                target: get("target")?,
                line: item.line,
            });
        }
        let (source, rest) = item.text()?.split_once(':').unwrap_or(("", item.text()?));
        let target = rest.split(':').next().unwrap_or(rest);
        Some(Mount { source, target, line: item.line })
    };
    items.iter().filter_map(mount).collect()
}

/// The folder that it is built from is mounted where its code is: it is for work on the code.
pub(super) fn mounts_its_code(service: &Service<'_>) -> bool {
    service.mounts().iter().any(|mount| is_code(service, mount))
}

/// A folder of the repository over the app's own in the image.
pub(super) fn is_code(service: &Service<'_>, mount: &Mount<'_>) -> bool {
    const HOMES: [&str; 11] = [
        "/app",
        "/usr/src/app",
        "/code",
        "/workspace",
        "/src",
        "/srv/app",
        "/var/www/html",
        "/opt/app",
        "/usr/app",
        "/home/node/app",
        "/var/www",
    ];
    let source = mount.source.trim_end_matches('/');
    let target = mount.target.trim_end_matches('/');
    let in_home = HOMES
        .iter()
        .any(|home| target == *home || target.strip_prefix(home).is_some_and(|rest| rest == "/src"));
    let context = service.get(&["build", "context"]).or_else(|| service.get(&["build"])).and_then(Node::text);
    let is_context = context.is_some_and(|context| context.trim_end_matches('/') == source);
    source.starts_with('.') && context.is_some() && (in_home || is_context)
}

fn is_any(ip: &str) -> bool {
    matches!(ip, "0.0.0.0" | "[::]" | "::" | "")
}

/// `${PORT:-80}` has a colon that separates nothing.
fn without_variables(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('0');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}
