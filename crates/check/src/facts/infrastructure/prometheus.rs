//! Alert rules of Prometheus.

use seaworthy_detect::document::{Node, parse_yaml_stream};

use crate::facts::FileFact;
use crate::file::{Role, extension};
use crate::finding::Draft;

/// Rules in files of Prometheus, and in the operator's `PrometheusRule`.
pub(super) static FACT: FileFact = FileFact {
    rules: &[
        "prometheus-alert-without-for",
        "prometheus-alert-without-severity",
        "prometheus-alert-without-runbook",
    ],
    wants: |file| {
        matches!(extension(file.path), "yaml" | "yml")
            && file.has("alert:")
            && file.has("expr:")
            && file.has("groups:")
            && !matches!(file.role, Role::Test | Role::Example)
    },
    check: |_, file, sink| {
        let say = |rule: &'static str, line: u32, message: String| {
            sink.report_in(file, Draft::line(rule, file.path, line).says(message));
        };
        for document in parse_yaml_stream(file.text).unwrap_or_default() {
            let groups = document.get("groups").or_else(|| document.at(&["spec", "groups"]));
            let rules =
                groups.map(Node::items).unwrap_or_default().iter().filter_map(|group| group.get("rules"));
            for rule in rules.flat_map(Node::items) {
                let Some(alert) = rule.get("alert").and_then(Node::text) else { continue };
                // What is missing, or has stood for a time in its own expression, needs no waiting.
                let expression = rule.get("expr").and_then(Node::text).unwrap_or_default();
                let waits = expression.contains('[') || expression.contains("absent");
                if rule.get("for").is_none() && !waits {
                    say(
                        "prometheus-alert-without-for",
                        rule.line,
                        format!("`{alert}` fires at a single bad sample"),
                    );
                }
                if rule.at(&["labels", "severity"]).is_none() && rule.at(&["labels", "priority"]).is_none() {
                    say(
                        "prometheus-alert-without-severity",
                        rule.line,
                        format!("nothing says who is woken by `{alert}`"),
                    );
                }
                let notes = rule.get("annotations").map(Node::entries).unwrap_or_default();
                if !notes.iter().any(|note| note.key.contains("runbook") || note.key.contains("playbook")) {
                    say(
                        "prometheus-alert-without-runbook",
                        rule.line,
                        format!("`{alert}` does not say what to do"),
                    );
                }
            }
        }
    },
};
