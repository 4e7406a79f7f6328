//! What was seen in source code.

use std::collections::BTreeSet;

use seaworthy_model::Place;

/// Everything seen in the source of one project, in the order of its files.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) env: Vec<EnvRead>,
    pub(crate) routes: Vec<Route>,
    pub(crate) listens: Vec<Listen>,
    /// Types of resources, with the place that talks to each.
    pub(crate) uses: Vec<(String, Place)>,
    /// Files and folders that data is kept in.
    pub(crate) volumes: Vec<(String, Place)>,
    pub(crate) entries: Vec<Entry>,
    /// Frameworks whose start the rules of the language know.
    pub(crate) known_entries: Vec<String>,
    /// Files that mount routers.
    pub(crate) mounting: Vec<String>,
    /// Prefixes under which routers are mounted.
    pub(crate) mounts: Vec<Mount>,
}

/// A read of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvRead {
    pub(crate) name: String,
    /// The literal that the code falls back to.
    pub(crate) default: Option<String>,
    /// There is something to fall back to, literal or not, or the code asks whether it is there.
    pub(crate) optional: bool,
    pub(crate) place: Place,
}

/// A route that is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) path: String,
    /// The object it is defined on: `app`, `router`; where the pattern tells.
    pub(crate) on: Option<String>,
    pub(crate) place: Place,
}

/// A call that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) port: u16,
    pub(crate) place: Place,
}

/// Code that starts something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The framework, or `main` for a guarded main function.
    pub(crate) of: String,
    /// The object that is started.
    pub(crate) object: Option<String>,
    pub(crate) place: Place,
}

/// A router that is mounted under a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// `/api`.
    pub(crate) prefix: String,
    /// The stem of the file that defines the router: `health` for `./routes/health`; `None` for every route of
    /// the app.
    pub(crate) module: Option<String>,
    /// The router object that carries the prefix itself, in the file that defines it.
    pub(crate) object: Option<String>,
    pub(crate) file: String,
}

impl Facts {
    /// The whole path of a route: its own with the prefixes of the routers it is mounted in.
    ///
    /// A router is recognised by the file that defines it; routers in routers are followed a few steps.
    pub(crate) fn full_path(&self, route: &Route) -> String {
        let mut path = route.path.clone();
        let mut file = route.place.file.clone();
        let own = self
            .mounts
            .iter()
            .find(|mount| mount.file == file && mount.object.is_some() && mount.object == route.on);
        if let Some(mount) = own {
            path = join_paths(&mount.prefix, &path);
        }
        for _ in 0..4 {
            let Some(mount) = self.mounts.iter().find(|mount| {
                mount.file != file
                    && mount.object.is_none()
                    && mount.module.as_deref().is_some_and(|module| is_module(&file, module))
            }) else {
                break;
            };
            path = join_paths(&mount.prefix, &path);
            file.clone_from(&mount.file);
        }
        match self.mounts.iter().find(|mount| mount.module.is_none() && mount.object.is_none()) {
            Some(mount) if !path.starts_with(&format!("{}/", mount.prefix)) => {
                join_paths(&mount.prefix, &path)
            }
            _ => path,
        }
    }

    /// The first entry point of a framework.
    pub(crate) fn entry(&self, of: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.of == of)
    }

    /// The facts of every other file.
    pub(crate) fn without(&self, files: &BTreeSet<String>) -> Self {
        let stays = |place: &Place| !files.contains(&place.file);
        Self {
            env: self.env.iter().filter(|read| stays(&read.place)).cloned().collect(),
            routes: self.routes.iter().filter(|route| stays(&route.place)).cloned().collect(),
            listens: self.listens.iter().filter(|listen| stays(&listen.place)).cloned().collect(),
            uses: self.uses.iter().filter(|(_, place)| stays(place)).cloned().collect(),
            volumes: self.volumes.iter().filter(|(_, place)| stays(place)).cloned().collect(),
            entries: self.entries.iter().filter(|entry| stays(&entry.place)).cloned().collect(),
            known_entries: self.known_entries.clone(),
            mounting: self.mounting.clone(),
            mounts: self.mounts.clone(),
        }
    }

    /// Every file that something was seen in.
    pub(crate) fn files(&self) -> BTreeSet<&str> {
        let places = self.env.iter().map(|read| &read.place);
        let places = places.chain(self.routes.iter().map(|route| &route.place));
        let places = places.chain(self.listens.iter().map(|listen| &listen.place));
        let places = places.chain(self.uses.iter().map(|(_, place)| place));
        places.chain(self.entries.iter().map(|entry| &entry.place)).map(|place| &*place.file).collect()
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.env.extend(other.env);
        self.routes.extend(other.routes);
        self.listens.extend(other.listens);
        self.uses.extend(other.uses);
        self.volumes.extend(other.volumes);
        self.entries.extend(other.entries);
        self.mounting.extend(other.mounting);
        self.mounts.extend(other.mounts);
    }
}

fn join_paths(prefix: &str, path: &str) -> String {
    format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/'))
        .trim_end_matches('/')
        .to_owned()
}

/// The file defines the module: `routes/health.ts` or `routes/health/index.ts` is `health`.
fn is_module(file: &str, module: &str) -> bool {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let stem = ["/index", "/__init__", "/mod"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    stem == module || stem.ends_with(&format!("/{module}"))
}
