//! The collector's configuration. No registry has a collector, so it is held against a table of the components that it
//! uses, with the keys that their documentation has.

use seaworthy_detect::document::{Format, Node, parse};
use seaworthy_generate::find;

use crate::apps;

/// Component, and its keys. From the README of each in
/// <https://github.com/open-telemetry/opentelemetry-collector> (`receiver/otlpreceiver`, `processor/batchprocessor`,
/// `processor/memorylimiterprocessor`, `exporter/otlphttpexporter`) and
/// <https://github.com/open-telemetry/opentelemetry-collector-contrib> (`processor/resourceprocessor`,
/// `processor/attributesprocessor`, `exporter/prometheusexporter`, `extension/healthcheckextension`).
const KEYS: [(&str, &str, &[&str]); 8] = [
    ("receivers", "otlp", &["protocols"]),
    (
        "processors",
        "memory_limiter",
        &["check_interval", "limit_percentage", "spike_limit_percentage", "limit_mib"],
    ),
    ("processors", "resource", &["attributes"]),
    ("processors", "attributes", &["actions", "include", "exclude"]),
    ("processors", "batch", &["send_batch_size", "send_batch_max_size", "timeout"]),
    (
        "exporters",
        "prometheus",
        &["endpoint", "resource_to_telemetry_conversion", "metric_expiration", "namespace", "const_labels"],
    ),
    (
        "exporters",
        "otlphttp",
        &["endpoint", "headers", "sending_queue", "retry_on_failure", "compression", "tls"],
    ),
    ("extensions", "health_check", &["endpoint", "path"]),
];

#[test]
fn components_and_their_keys_are_known_and_pipelines_use_what_is_there() {
    for sample in apps::all() {
        let output = sample.generate(&[find("otel").unwrap()]);
        let file = &output.files[0];
        let root = parse(Format::Yaml, &file.text).unwrap();
        for kind in ["receivers", "processors", "exporters", "extensions"] {
            for component in root.get(kind).unwrap().entries() {
                let (_, _, keys) = KEYS
                    .iter()
                    .find(|(known, name, _)| *known == kind && *name == &*component.key)
                    .unwrap_or_else(|| panic!("{}: {kind} has no {}", sample.name, component.key));
                for key in component.node.entries() {
                    assert!(
                        keys.contains(&&*key.key),
                        "{}: {} has no {}",
                        sample.name,
                        component.key,
                        key.key
                    );
                }
            }
        }
        let pipelines = root.at(&["service", "pipelines"]).unwrap();
        let mut used = Vec::new();
        for pipeline in pipelines.entries() {
            assert!(matches!(&*pipeline.key, "metrics" | "traces" | "logs"));
            for kind in ["receivers", "processors", "exporters"] {
                for name in pipeline.node.get(kind).unwrap().texts() {
                    assert!(root.at(&[kind, name]).is_some(), "{}: there is no {name}", sample.name);
                    used.push(name.to_owned());
                }
            }
            let first = pipeline.node.get("processors").unwrap().texts()[0].to_owned();
            assert_eq!(first, "memory_limiter", "what is taken in is bounded first");
        }
        for kind in ["receivers", "processors", "exporters"] {
            for component in root.get(kind).map(Node::entries).unwrap() {
                assert!(used.contains(&component.key.to_string()), "{} is in no pipeline", component.key);
            }
        }
        assert_eq!(output.losses.len(), 1, "where traces go is said to be unknown");
    }
}

#[test]
fn the_file_of_the_shop() {
    let output = apps::own("shop").generate(&[find("otel").unwrap()]);
    insta::assert_snapshot!(output.files[0].text);
}
