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
    pub(crate) entries: Vec<Entry>,
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

impl Facts {
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
            entries: self.entries.iter().filter(|entry| stays(&entry.place)).cloned().collect(),
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
        self.entries.extend(other.entries);
    }
}
