//! The target `kubernetes`, judged by kustomize, the schemas of Kubernetes, yamllint and checkov.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::{Deployment, Options, Output, Target, find};
use seaworthy_model::Kind;
use seaworthy_model::placeholder::{Placeholder, Template};
use serde_json::{Value, json};

use crate::apps::{self, Sample};
use crate::manifests::{self, by_id, each, kustomize, parse, validate};
use crate::validators;

/// What checkov wants and a user's own configuration would leave out, with the reason.
const SKIPPED: [(&str, &str); 4] = [
    ("CKV_K8S_15", "tags of releases never move: what a node has needs no second pull"),
    ("CKV_K8S_21", "a base has no namespace: its overlays have"),
    ("CKV_K8S_35", "apps read their environment: the model knows secrets as variables"),
    ("CKV_K8S_43", "a release puts its digests in; files in a repository cannot know them"),
];

fn target() -> &'static Target {
    find("kubernetes").unwrap()
}

/// What a project can choose, all of it.
fn options() -> Options {
    Options {
        registry: Some("ghcr.io/acme".to_owned()),
        ingress: true,
        secret_store: Some("vault".to_owned()),
    }
}

/// Writes an app's files and gives the folders that kustomize builds.
fn write(dir: &Path, sample: &Sample, output: &Output) -> Vec<PathBuf> {
    let home = validators::write(dir, sample, output).join("deploy/kubernetes");
    let overlays = fs::read_dir(home.join("overlays")).into_iter().flatten();
    let mut folders: Vec<_> = overlays.map(|entry| entry.unwrap().path()).collect();
    folders.extend(home.join("base").is_dir().then(|| home.join("base")));
    folders.sort();
    folders
}

/// Builds the folders into files of `into`, named after app and folder.
fn build(folders: &[(String, PathBuf)], into: &Path) {
    fs::create_dir_all(into).unwrap();
    each(folders, |(name, folder)| {
        let environment = folder.file_name().unwrap().to_str().unwrap();
        fs::write(into.join(format!("{name}-{environment}.yaml")), kustomize(folder)).unwrap();
    });
}

#[test]
fn every_object_of_every_app_is_one_that_kubernetes_accepts() {
    let temp = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    for sample in apps::all() {
        let output = sample.generate(&[target()]);
        let built = write(&temp.path().join("plain"), &sample, &output);
        folders.extend(built.into_iter().map(|folder| (sample.name.clone(), folder)));
        // Options change few kinds of objects: the apps with environments have them all.
        if !sample.environments.is_empty() {
            let output = sample.generate_with(&[target()], &options());
            let built = write(&temp.path().join("chosen"), &sample, &output);
            folders.extend(built.into_iter().map(|folder| (format!("{}-chosen", sample.name), folder)));
        }
    }
    assert!(folders.len() > 150, "{} folders are too few", folders.len());
    build(&folders, &temp.path().join("built"));
    validate(&temp.path().join("built"));

    let lint = "{extends: default, rules: {line-length: disable}}";
    let (fine, text) = validators::run(
        Command::new(validators::tool("yamllint"))
            .args(["--strict", "-d", lint])
            .args([temp.path().join("plain"), temp.path().join("chosen")]),
    );
    assert!(fine, "{text}");
}

#[test]
fn checkov_finds_nothing_that_is_not_meant() {
    let temp = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    let mut seen = BTreeSet::new();
    for sample in apps::all() {
        for (variant, options) in [("plain", Options::default()), ("chosen", options())] {
            let output = sample.generate_with(&[target()], &options);
            // Checkov takes minutes for all apps: those do that have an object unlike those before.
            let shapes = output
                .files
                .iter()
                .filter(|file| file.path.ends_with(".yaml"))
                .flat_map(|file| parse(&file.text))
                .map(|object| shape(&object));
            if shapes.filter(|shape| seen.insert(shape.clone())).count() > 0 {
                let built = write(&temp.path().join(variant), &sample, &output);
                folders
                    .extend(built.into_iter().map(|folder| (format!("{}-{variant}", sample.name), folder)));
            }
        }
    }
    build(&folders, &temp.path().join("built"));
    let skipped = SKIPPED.map(|(check, _)| check).join(",");
    let (fine, text) = validators::run(
        Command::new(validators::tool("checkov"))
            .args(["--framework", "kubernetes", "--compact", "--quiet", "--skip-download"])
            .args(["--skip-check", &skipped, "--directory"])
            .arg(temp.path().join("built")),
    );
    assert!(fine, "{text}");
}

/// What an object is made of, without the texts in it that differ from app to app: what checks look at.
fn shape(object: &Value) -> String {
    fn walk(value: &Value, path: &str, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                // Names that people chose are no part of it.
                let is_free = [".labels", ".matchLabels", ".annotations", ".data"]
                    .iter()
                    .any(|end| path.ends_with(end));
                if !is_free {
                    fields.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}"), into));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}[]"), into)),
            Value::Bool(value) => {
                into.insert(format!("{path}={value}"));
            }
            _ => {
                into.insert(path.to_owned());
            }
        }
    }
    let mut paths = BTreeSet::new();
    walk(object, "", &mut paths);
    format!("{} {paths:?}", object["kind"])
}

#[test]
fn an_overlay_says_what_is_different_in_its_environment_and_no_more() {
    for name in ["shop", "fleet"] {
        let sample = apps::own(name);
        let temp = tempfile::tempdir().unwrap();
        write(temp.path(), &sample, &sample.generate(&[target()]));
        for (environment, app) in &sample.environments {
            let overlay =
                temp.path().join(name).join("deploy/kubernetes/overlays").join(environment.as_str());
            if !overlay.exists() {
                continue;
            }
            let built = by_id(parse(&kustomize(&overlay)));
            // The same app, had it never been anything else: its base has no patches.
            let mut alone =
                Sample::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps").join(name));
            alone.app = app.clone();
            alone.environments.retain(|known, _| known == environment);
            let output = alone.generate(&[target()]);
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), &alone, &output);
            let overlay = dir.path().join(name).join("deploy/kubernetes/overlays").join(environment.as_str());
            let expected = by_id(parse(&kustomize(&overlay)));
            // In one the model's environment differs from the base, in the other only the environment's own facts do.
            let patches = output.files.iter().filter(|file| file.path.contains("/patches/"));
            for file in patches {
                assert!(parse(&file.text).iter().all(|patch| patch["kind"] == "HTTPRoute"), "{}", file.text);
            }
            assert_eq!(built.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (id, object) in &built {
                assert_eq!(sorted(object), sorted(&expected[id]), "{name} {environment} {id:?}");
            }
        }
    }
}

/// As JSON of many lines, so that a difference can be read.
fn sorted(object: &Value) -> String {
    serde_json::to_string_pretty(object).unwrap()
}

#[test]
fn network_policies_allow_the_edges_of_the_model_and_no_other() {
    let mut count = 0;
    for sample in apps::all() {
        let output = sample.generate(&[target()]);
        let objects: Vec<_> = output
            .files
            .iter()
            .filter(|file| file.path.contains("/base/"))
            .flat_map(|file| parse(&file.text))
            .filter(|object| object["kind"] == "NetworkPolicy")
            .collect();
        let pods = |peer: &Value| {
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"].as_str().map(str::to_owned)
        };
        let mut outward = BTreeSet::new();
        let mut inward = BTreeSet::new();
        for policy in &objects {
            let name = policy["metadata"]["name"].as_str().unwrap();
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            if policy["spec"]["podSelector"] == json!({}) {
                assert!(["default-deny", "allow-dns"].contains(&name));
                continue;
            }
            let port = |rule: &Value| rule["ports"][0]["port"].as_u64();
            for rule in list(&policy["spec"]["egress"]) {
                let to = list(&rule["to"]);
                let target = pods(&to[0]).unwrap_or_else(|| "outside".to_owned());
                let port = if target == "outside" { None } else { port(&rule) };
                // Mail and an object store are both outside, by ports of their own.
                let is_outside = target == "outside";
                assert!(outward.insert((name.to_owned(), target, port)) || is_outside);
            }
            for rule in list(&policy["spec"]["ingress"]) {
                let from = list(&rule["from"]);
                let source = from.first().and_then(pods).unwrap_or_else(|| "anywhere".to_owned());
                assert!(inward.insert((source, name.to_owned(), port(&rule))));
            }
        }
        let (mut expected_out, mut expected_in) = (BTreeSet::new(), BTreeSet::new());
        for (from, to, port) in edges(&sample) {
            if to != "outside" {
                expected_in.insert((from.clone(), to.clone(), port));
            }
            count += 1;
            expected_out.insert((from, to, port));
        }
        let deployment = Deployment::of(&sample.app);
        for instance in deployment.instances.iter().filter(|instance| instance.is_public()) {
            let port = instance.port.map(u64::from);
            expected_in.insert(("anywhere".to_owned(), instance.name.to_string(), port));
        }
        assert_eq!(outward, expected_out, "{}", sample.name);
        assert_eq!(inward, expected_in, "{}", sample.name);
    }
    assert!(count > 100, "{count} edges are too few");
}

/// The edges of a model, read from it by other means than the target does.
fn edges(sample: &Sample) -> BTreeSet<(String, String, Option<u64>)> {
    let deployment = Deployment::of(&sample.app);
    let mut edges = BTreeSet::new();
    let add = |edges: &mut BTreeSet<_>, from: &str, to: &str| {
        if let Some(service) = deployment.instances.iter().find(|one| one.name.as_str() == to) {
            if let Some(port) = service.port {
                edges.insert((from.to_owned(), to.to_owned(), Some(u64::from(port))));
            }
        } else if let Some(backing) = deployment.backings.iter().find(|one| one.name.as_str() == to) {
            match (backing.kind, &backing.image) {
                ("sqlite", _) => {}
                ("smtp" | "s3", _) | (_, None) => {
                    edges.insert((from.to_owned(), "outside".to_owned(), None));
                }
                (_, Some(_)) => {
                    edges.insert((from.to_owned(), to.to_owned(), backing.port().map(u64::from)));
                }
            }
        }
    };
    for instance in deployment.instances.iter().filter(|one| one.kind != Kind::Static) {
        instance.needs.iter().for_each(|to| add(&mut edges, instance.name.as_str(), to.as_str()));
        // It asks the cluster's API.
        if sample.name == "fleet" && instance.name.as_str() == "operator" {
            edges.insert(("operator".to_owned(), "outside".to_owned(), None));
        }
    }
    for task in &deployment.tasks {
        let Some(runner) = deployment.image_of(task) else { continue };
        let clashes = deployment.instances.iter().any(|one| one.name == task.name)
            || deployment.backings.iter().any(|one| one.name == task.name);
        let from = if clashes { format!("{}-job", task.name) } else { task.name.to_string() };
        runner.needs.iter().for_each(|to| add(&mut edges, &from, to.as_str()));
        for (placeholder, _) in Template::parse(task.run).unwrap_or_default().placeholders() {
            if let Placeholder::Service { name, .. } | Placeholder::Resource { name, .. } = placeholder {
                add(&mut edges, &from, name.as_str());
            }
        }
    }
    edges
}

#[test]
fn a_variable_names_only_what_stands_before_it() {
    let mut composed = 0;
    for sample in apps::all() {
        for file in sample.generate(&[target()]).files.iter().filter(|file| file.path.ends_with(".yaml")) {
            for object in parse(&file.text) {
                for container in containers(&object) {
                    let mut known = BTreeSet::new();
                    for entry in container["env"].as_array().into_iter().flatten() {
                        let name = entry["name"].as_str().unwrap_or_default();
                        let value = entry["value"].as_str().unwrap_or_default().replace("$$(", "");
                        for part in value.split("$(").skip(1) {
                            let part = part.split(')').next().unwrap();
                            assert!(known.contains(part), "{}: {name} names {part}", sample.name);
                            composed += 1;
                        }
                        assert!(
                            name.is_empty() || known.insert(name.to_owned()),
                            "{}: {name} twice",
                            sample.name
                        );
                    }
                }
            }
        }
    }
    assert!(composed > 40, "{composed} variables are too few");
}

fn containers(object: &Value) -> impl Iterator<Item = &Value> {
    let pods = [&object["spec"]["template"], &object["spec"]["jobTemplate"]["spec"]["template"]];
    pods.into_iter().flat_map(|pod| pod["spec"]["containers"].as_array().into_iter().flatten())
}

#[test]
fn secrets_are_listed_and_never_told() {
    for sample in apps::all() {
        for options in [Options::default(), options()] {
            let output = sample.generate_with(&[target()], &options);
            let objects = output
                .files
                .iter()
                .filter(|file| file.path.ends_with(".yaml"))
                .flat_map(|file| parse(&file.text));
            let mut keys = BTreeSet::new();
            let mut fetched = BTreeSet::new();
            for object in objects {
                assert_ne!(object["kind"], "Secret", "{}", sample.name);
                for entry in object["spec"]["data"].as_array().into_iter().flatten() {
                    fetched.insert(entry["secretKey"].as_str().unwrap().to_owned());
                }
                for container in containers(&object) {
                    for entry in container["env"].as_array().into_iter().flatten() {
                        let from = &entry["valueFrom"]["secretKeyRef"];
                        if from.is_object() && (options.secret_store.is_none() || from["optional"] != true) {
                            keys.insert(from["key"].as_str().unwrap().to_owned());
                        }
                    }
                }
            }
            let example = output.files.iter().find(|file| file.path.ends_with("secrets.env.example"));
            let listed: BTreeSet<_> = example
                .iter()
                .flat_map(|file| file.text.lines())
                .filter_map(|line| line.strip_suffix('=').map(|key| key.trim_start_matches('#').to_owned()))
                .collect();
            let told = if options.secret_store.is_some() { fetched } else { listed };
            assert_eq!(told, keys, "{}", sample.name);
        }
    }
}

#[test]
fn only_what_asks_the_api_of_the_cluster_has_a_token_and_a_role() {
    let output = apps::own("fleet").generate(&[target()]);
    let objects: Vec<_> = output
        .files
        .iter()
        .filter(|file| file.path.contains("/base/"))
        .flat_map(|file| parse(&file.text))
        .collect();
    let roles = objects.iter().filter(|object| object["kind"] == "Role");
    let names: Vec<_> = roles.map(|role| role["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["operator"]);
    for object in &objects {
        let account = &object["automountServiceAccountToken"];
        let pod = &object["spec"]["template"]["spec"]["automountServiceAccountToken"];
        assert!(account.is_null() || account == false, "{object}");
        assert!(pod.is_null() || *pod == (object["metadata"]["name"] == "operator"), "{object}");
    }
}

#[test]
fn everything_without_words_is_told() {
    let output = apps::own("fleet").generate(&[target()]);
    let losses: Vec<_> = output
        .losses
        .iter()
        .map(|loss| format!("{}: {} -> {}", loss.subject, loss.lost, loss.instead))
        .collect();
    insta::assert_snapshot!(losses.join("\n"));
    let output = apps::own("fleet").generate_with(&[target()], &options());
    let subjects: BTreeMap<_, _> =
        output.losses.iter().map(|loss| (loss.subject.as_str(), loss.instead.as_str())).collect();
    assert!(subjects["secrets"].contains("ExternalSecret"), "{subjects:?}");
    assert!(subjects["routes"].contains("TLS Secret"), "{subjects:?}");
    let losses = apps::own("shop").generate(&[target()]).losses;
    let told = |subject: &str| losses.iter().any(|loss| loss.subject == subject);
    let seed = apps::example("artist-dashboard").generate(&[target()]).losses;
    assert!(seed.iter().any(|loss| loss.subject == "jobs.seed.path"), "db/seed.py is in no image");
    assert!(told("environments.production.strategy") && told("db.backup") && told("mailer.depends_on"));
}

#[test]
fn what_a_person_reads() {
    let all = |sample: &Sample, part: &str| {
        let files = sample.generate(&[target()]).files.into_iter();
        manifests::show(files.filter(|file| file.path.contains(part)))
    };
    insta::assert_snapshot!("artist_dashboard_base", all(&apps::example("artist-dashboard"), "kubernetes"));
    insta::assert_snapshot!("shop_overlays", all(&apps::own("shop"), "/overlays/"));
    insta::assert_snapshot!("fleet_overlays", all(&apps::own("fleet"), "/overlays/"));
}
