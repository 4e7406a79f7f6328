//! `ConfigMap`s: variables that containers take over as a whole.

use std::collections::BTreeMap;

use seaworthy_model::{Origin, Place};

use super::TITLE;
use crate::document::Node;
use crate::draft::DraftService;
use crate::importer::process::{Said, set};

/// The keys of every `ConfigMap`, by its name.
#[derive(Default)]
pub(super) struct ConfigMaps {
    keys: BTreeMap<String, Vec<(String, Place)>>,
}

impl ConfigMaps {
    /// Takes up a document, when it is one.
    pub(super) fn add(&mut self, file: &str, document: &Node) {
        if document.get("kind").and_then(Node::text) != Some("ConfigMap") {
            return;
        }
        let Some(name) = document.at(&["metadata", "name"]).and_then(Node::text) else { return };
        let data = document.get("data").map(Node::entries).unwrap_or_default();
        let keys = data.iter().map(|entry| (entry.key.to_string(), Place::line(file, entry.line)));
        self.keys.entry(name.to_owned()).or_default().extend(keys);
    }

    /// Notes where the variables of a service are declared. One map often serves several services: only what
    /// this one is known to read is its own.
    pub(super) fn declare(&self, container: &Node, service: &mut DraftService) {
        let sources = container.get("envFrom").map(Node::items).unwrap_or_default();
        let names = sources.iter().filter_map(|source| source.at(&["configMapRef", "name"])?.text());
        for (key, place) in names.filter_map(|name| self.keys.get(name)).flatten() {
            if service.service.env.contains_key(key) {
                let origin = Origin::detected(format!("{TITLE} ConfigMap")).at(place.clone()).guess();
                set(service, key, &Said::Nothing, &origin);
                if let Some(known) = service.service.env.get_mut(key) {
                    known.written_at.extend(origin.place.clone());
                }
            }
        }
    }
}
