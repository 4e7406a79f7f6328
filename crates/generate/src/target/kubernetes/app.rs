//! All objects of an app in one place, in the files that a person would look for them in.

use std::collections::BTreeMap;

use super::edges::Edges;
use super::object::Object;
use super::scene::{Scene, Subject};
use super::{backing, job, network, secrets, service};
use crate::Output;

/// The objects of an app.
pub(crate) struct Objects {
    /// Files and their objects, in the order in which they are applied. The path is relative to the base, without
    /// `.yaml`.
    pub(crate) files: Vec<(String, Vec<Object>)>,
    /// The values of each `ConfigMap`, by its name.
    pub(crate) configs: BTreeMap<String, Vec<(String, String)>>,
    /// Keys of the app's Secret, and whether pods start without them.
    pub(crate) secrets: BTreeMap<String, bool>,
}

impl Objects {
    /// The objects of what runs in `scene`.
    pub(crate) fn of(scene: &Scene<'_>, output: &mut Output) -> Self {
        let edges = Edges::of(scene);
        let mut files = vec![("network".to_owned(), network::defaults(scene))];
        let mut configs = BTreeMap::new();
        for backing in scene.backings() {
            let name = scene.name_of(Subject::Resource(backing.name));
            files.push((format!("resources/{name}"), backing::objects(scene, &edges, backing, output)));
        }
        for task in &scene.deployment.tasks {
            let Some(job) = job::objects(scene, &edges, task, output) else { continue };
            files.push((format!("jobs/{}", scene.job(task)), job.objects));
            configs.extend(job.config.filter(|(_, values)| !values.is_empty()));
        }
        for instance in &scene.deployment.instances {
            let (objects, values) = service::objects(scene, &edges, instance, output);
            let name = scene.name_of(Subject::Service(instance.name));
            files.push((format!("services/{name}"), objects));
            if !values.is_empty() {
                configs.insert(scene.config(instance), values);
            }
        }
        let nodes = files.iter().flat_map(|(_, objects)| objects).map(|object| &object.node);
        let secrets = secrets::keys(nodes);
        if let Some(external) = secrets::external(scene, &secrets, output) {
            files.insert(1, ("secrets".to_owned(), vec![external]));
        }
        Self { files, configs, secrets }
    }

    /// All objects, with the file that they are in.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Object)> {
        self.files
            .iter()
            .flat_map(|(file, objects)| objects.iter().map(move |object| (file.as_str(), object)))
    }

    /// The object of this kind and name.
    pub(crate) fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        self.all().map(|(_, object)| object).find(|object| object.kind == kind && object.name == name)
    }

    /// There is a job that runs before a release.
    pub(crate) fn has_release_jobs(&self) -> bool {
        self.all().any(|(_, object)| object.kind == "Job")
    }
}
