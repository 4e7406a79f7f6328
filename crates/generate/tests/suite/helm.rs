//! The target `helm`, judged by Helm itself, the schemas of Kubernetes, and the target `kubernetes`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::{Options, find};
use serde_json::Value;

use crate::apps::{self, Sample};
use crate::manifests::{self, Id, by_id, each, helm, kustomize, parse, validate};
use crate::validators;

/// The folder of the chart among an app's files; `None` where there is nothing to run.
fn chart(home: &Path) -> Option<PathBuf> {
    let mut charts = fs::read_dir(home.join("deploy/helm")).ok()?;
    Some(charts.next()?.unwrap().path())
}

/// The chart's files of values, each as Helm is given it: none for the chart's own.
fn values(chart: &Path) -> Vec<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(chart).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let is_environment = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().starts_with("values-");
    std::iter::once(Vec::new())
        .chain(files.into_iter().filter(is_environment).map(|file| vec![file]))
        .collect()
}

fn write(dir: &Path, sample: &Sample, options: &Options) -> PathBuf {
    let targets = [find("helm").unwrap(), find("kubernetes").unwrap()];
    validators::write(dir, sample, &sample.generate_with(&targets, options))
}

#[test]
fn every_chart_of_every_app_renders_objects_that_kubernetes_accepts() {
    let temp = tempfile::tempdir().unwrap();
    let mut charts = Vec::new();
    for sample in apps::all() {
        let home = write(&temp.path().join("plain"), &sample, &Options::default());
        charts.extend(chart(&home).map(|chart| (sample.name.clone(), chart)));
        if !sample.environments.is_empty() {
            let options = Options {
                ingress: true,
                secret_store: Some("vault".to_owned()),
                registry: Some("ghcr.io/acme".to_owned()),
            };
            let home = write(&temp.path().join("chosen"), &sample, &options);
            charts.extend(chart(&home).map(|chart| (format!("{}-chosen", sample.name), chart)));
        }
    }
    assert!(charts.len() > 150, "{} charts are too few", charts.len());
    let rendered = temp.path().join("rendered");
    fs::create_dir(&rendered).unwrap();
    each(&charts, |(name, chart)| {
        for (index, values) in values(chart).iter().enumerate() {
            fs::write(rendered.join(format!("{name}-{index}.yaml")), helm(chart, values)).unwrap();
        }
    });
    validate(&rendered);

    let mut lint = Command::new(validators::tool("helm"));
    lint.args(["lint", "--strict", "--quiet"]).args(charts.iter().map(|(_, chart)| chart));
    let (fine, text) = validators::run(&mut lint);
    assert!(fine, "{text}");
    let files = charts.iter().flat_map(|(_, chart)| [chart.join("Chart.yaml"), chart.join("values.yaml")]);
    let rules = "{extends: default, rules: {line-length: disable}}";
    let mut lint = Command::new(validators::tool("yamllint"));
    let (fine, text) = validators::run(lint.args(["--strict", "-d", rules]).args(files));
    assert!(fine, "{text}");
}

#[test]
fn a_chart_brings_the_objects_of_the_overlay() {
    let sample = apps::own("shop");
    let temp = tempfile::tempdir().unwrap();
    let home = write(temp.path(), &sample, &Options::default());
    let chart = chart(&home).unwrap();
    for environment in ["staging", "production"] {
        let overlay = kustomize(&home.join("deploy/kubernetes/overlays").join(environment));
        let mut expected = comparable(parse(&overlay));
        expected.retain(|(kind, _), _| kind != "Namespace");
        let values = [chart.join(format!("values-{environment}.yaml"))];
        let mut rendered = comparable(parse(&helm(&chart, &values)));
        // The job of the release has a ConfigMap of its own, because it runs before that of the service is there.
        let own = rendered.remove(&("ConfigMap".to_owned(), "migrate-config".to_owned())).unwrap();
        assert_eq!(own["data"], rendered[&("ConfigMap".to_owned(), "api-config".to_owned())]["data"]);
        assert_eq!(rendered.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{environment}");
        for (id, object) in &rendered {
            let text = |object: &Value| serde_json::to_string_pretty(object).unwrap();
            assert_eq!(text(object), text(&expected[id]), "{environment} {id:?}");
        }
    }
}

/// Objects without what differs between kustomize and Helm by design: namespace, hashes of names and contents, hooks.
fn comparable(objects: Vec<Value>) -> BTreeMap<Id, Value> {
    let mut objects = by_id(objects);
    let renamed: Vec<_> = objects
        .keys()
        .filter(|(kind, _)| kind == "ConfigMap")
        .map(|(_, name)| {
            // `api-config-5f4dcc3b5a` of kustomize is `api-config` of the chart.
            let plain = name.find("-config").map_or(name.as_str(), |at| &name[..at + "-config".len()]);
            (name.clone(), plain.to_owned())
        })
        .collect();
    let ids: Vec<_> = objects.keys().cloned().collect();
    for id in ids {
        let mut object = objects.remove(&id).unwrap();
        let metadata = object["metadata"].as_object_mut().unwrap();
        metadata.remove("namespace");
        for map in ["annotations", "labels"] {
            if let Some(map) = metadata.get_mut(map).and_then(Value::as_object_mut) {
                map.retain(|key, _| !key.starts_with("helm.sh/") && key != "sea/phase");
            }
        }
        metadata.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
        if id.0 == "ConfigMap" {
            metadata.remove("labels");
        }
        if let Some(template) = object.pointer_mut("/spec/template/metadata").and_then(Value::as_object_mut) {
            template.remove("annotations");
        }
        let mut text = object.to_string();
        for (name, plain) in &renamed {
            text = text.replace(&format!("\"{name}\""), &format!("\"{plain}\""));
        }
        text = text.replace(
            "\"migrate-config\"",
            if id.0 == "Job" { "\"api-config\"" } else { "\"migrate-config\"" },
        );
        let object: Value = serde_json::from_str(&text).unwrap();
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        objects.insert((id.0, name), object);
    }
    objects
}

#[test]
fn jobs_of_a_release_are_hooks_with_what_they_need() {
    let temp = tempfile::tempdir().unwrap();
    let home = write(temp.path(), &apps::own("shop"), &Options::default());
    let objects = parse(&helm(&chart(&home).unwrap(), &[]));
    let hook =
        |object: &Value, key: &str| object["metadata"]["annotations"][format!("helm.sh/{key}")].clone();
    let hooks: Vec<_> = objects
        .iter()
        .filter(|object| !hook(object, "hook").is_null())
        .map(|object| {
            let (kind, name) = (object["kind"].clone(), object["metadata"]["name"].clone());
            let parts = [kind, name, hook(object, "hook"), hook(object, "hook-weight")];
            parts.map(|part| part.as_str().unwrap().to_owned()).join(" ")
        })
        .collect();
    insta::assert_snapshot!(hooks.join("\n"));
}

#[test]
fn what_values_cannot_say_is_told() {
    let losses = |name: &str| {
        let output = apps::own(name).generate(&[find("helm").unwrap()]);
        let own = output
            .losses
            .into_iter()
            .filter(|loss| loss.subject == "environments.production" || loss.subject == "jobs");
        own.map(|loss| loss.subject).collect::<Vec<_>>()
    };
    assert_eq!(losses("fleet"), ["environments.production", "jobs"]);
    assert_eq!(losses("shop"), ["jobs"]);
}

#[test]
fn text_of_the_model_is_no_template() {
    let temp = tempfile::tempdir().unwrap();
    let home = write(temp.path(), &apps::own("fleet"), &Options::default());
    let objects = by_id(parse(&helm(&chart(&home).unwrap(), &[])));
    let id = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    assert_eq!(objects[&id("ConfigMap", "api-config")]["data"]["TEMPLATE"], "{{ .Release.Name }}");
    let job = &objects[&id("CronJob", "api-job")];
    let command = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"][2];
    assert_eq!(
        command,
        "curl -fsS -H \"Authorization: ${STRIPE_KEY}\" \"http://notes:5000/{{all}}\" | tee /tmp/$$(date +%s)"
    );
}

#[test]
fn what_a_person_reads() {
    let files = apps::own("shop").generate(&[find("helm").unwrap()]).files;
    let shown =
        ["Chart.yaml", "values.yaml", "values-production.yaml", "services-api.yaml", "jobs-migrate.yaml"];
    let files = files.into_iter().filter(|file| shown.iter().any(|name| file.path.ends_with(name)));
    insta::assert_snapshot!(manifests::show(files));
}
