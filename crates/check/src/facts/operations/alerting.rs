//! Alerts that reach nobody, or tell them nothing.

use seaworthy_detect::document::Node;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, extension};
use crate::finding::Draft;

const NOWHERE: &str = "alert-goes-nowhere";
const SILENT: &str = "alert-without-runbook";

pub(super) static FACT: FileFact = FileFact {
    rules: &[NOWHERE, SILENT],
    wants: |file| {
        matches!(extension(file.path), "yml" | "yaml")
            && !matches!(file.role, Role::Test | Role::Example)
            && (file.has("receivers:") && file.has("route:") || file.has("alert:") && file.has("groups:"))
            && !file.has("{{-")
    },
    check,
};

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(document) = context.repository.document(file.path) else { return };
    // As a file of its own, or within a PrometheusRule.
    let groups = document.get("groups").or_else(|| document.at(&["spec", "groups"]));
    for rule in
        groups.into_iter().flat_map(Node::items).filter_map(|group| group.get("rules")).flat_map(Node::items)
    {
        let Some(name) = rule.get("alert").and_then(Node::text) else { continue };
        let has_severity = rule.at(&["labels", "severity"]).is_some();
        let annotations = rule.get("annotations");
        let has_runbook = ["runbook_url", "runbook", "dashboard"]
            .iter()
            .any(|key| annotations.is_some_and(|node| node.get(key).is_some()));
        let lacks = match (has_severity, has_runbook) {
            (true, true) => continue,
            (true, false) => "what to do about it",
            (false, true) => "how urgent it is",
            (false, false) => "how urgent it is nor what to do about it",
        };
        let says = format!("`{name}` does not say {lacks}");
        sink.report_in(file, Draft::line(SILENT, file.path, rule.line).says(says));
    }
    let Some(default) = document.at(&["route", "receiver"]).and_then(Node::text) else { return };
    for receiver in document.get("receivers").into_iter().flat_map(Node::items) {
        let is_default = receiver.get("name").and_then(Node::text) == Some(default);
        if is_default
            && receiver
                .entries()
                .iter()
                .all(|entry| !entry.key.ends_with("_configs") || entry.node.items().is_empty())
        {
            sink.report_in(file, Draft::line(NOWHERE, file.path, receiver.line));
        }
    }
}
