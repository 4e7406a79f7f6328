//! GitHub Actions and GitLab CI: the versions that the tests run on, and the databases they need.

use std::collections::BTreeMap;

use seaworthy_model::Confidence;

use super::reader::Reader;
use super::{process, versions};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, parent};
use crate::resource;

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    let is_workflow = |path: &&str| parent(path).ends_with(".github/workflows");
    let yaml = repo.with_extension("yml").chain(repo.with_extension("yaml"));
    let paths: Vec<String> = yaml.filter(is_workflow).map(str::to_owned).collect();
    for path in paths {
        if let Some(document) = repo.document(&path) {
            workflow(draft, &Reader::new("GitHub Actions", &path), &document);
        }
    }
    if let Some(path) = repo.first_of(".", [".gitlab-ci.yml"])
        && let Some(document) = repo.document(&path)
    {
        gitlab(draft, &Reader::new("GitLab CI", &path), &document);
    }
}

/// Actions that set up a runtime: the action, the runtime, the inputs that hold its version.
const SETUPS: [(&str, &str, &[&str]); 18] = [
    ("actions/setup-node", "node", &["node-version"]),
    ("actions/setup-python", "python", &["python-version"]),
    ("astral-sh/setup-uv", "python", &["python-version"]),
    ("actions/setup-go", "go", &["go-version"]),
    ("actions/setup-java", "java", &["java-version"]),
    ("actions/setup-dotnet", "dotnet", &["dotnet-version"]),
    ("ruby/setup-ruby", "ruby", &["ruby-version"]),
    ("shivammathur/setup-php", "php", &["php-version"]),
    ("erlef/setup-beam", "elixir", &["elixir-version"]),
    ("erlef/setup-beam", "gleam", &["gleam-version"]),
    ("oven-sh/setup-bun", "bun", &["bun-version"]),
    ("denoland/setup-deno", "deno", &["deno-version"]),
    ("dart-lang/setup-dart", "dart", &["sdk"]),
    ("crystal-lang/install-crystal", "crystal", &["crystal"]),
    ("swift-actions/setup-swift", "swift", &["swift-version"]),
    ("haskell-actions/setup", "ghc", &["ghc-version"]),
    ("subosito/flutter-action", "flutter", &["flutter-version"]),
    ("mlugg/setup-zig", "zig", &["version"]),
];

fn workflow(draft: &mut Draft, reader: &Reader<'_>, document: &Node) {
    for job in document.get("jobs").map(Node::entries).unwrap_or_default() {
        let matrix = matrix(&job.node);
        let dir = working_directory(&job.node).or_else(|| working_directory(document)).unwrap_or(".");
        let dir = dir.trim_start_matches("./").trim_end_matches('/');
        let dir = if dir.is_empty() { "." } else { dir };
        for step in job.node.get("steps").map(Node::items).unwrap_or_default() {
            let Some(action) = step.get("uses").and_then(Node::text) else { continue };
            let action = action.split('@').next().unwrap_or(action);
            for (known, tool, inputs) in SETUPS {
                if known == action
                    && let Some(input) = inputs.iter().find_map(|input| step.at(&["with", input]))
                    && let Some(version) = resolved(input, &matrix)
                {
                    let name = action.rsplit('/').next().unwrap_or(action);
                    let origin = reader.hint(name, input.line).with_confidence(Confidence::Medium);
                    versions::propose_to_all(draft, dir, tool, &version, &origin);
                }
            }
        }
        for entry in job.node.get("services").map(Node::entries).unwrap_or_default() {
            if let Some(image) = entry.node.get("image").or(Some(&entry.node)) {
                need(draft, reader, image);
            }
        }
    }
}

fn working_directory(node: &Node) -> Option<&str> {
    node.at(&["defaults", "run", "working-directory"])?.text()
}

/// The values of a job's matrix that have only one.
fn matrix(job: &Node) -> BTreeMap<String, String> {
    let entries = job.at(&["strategy", "matrix"]).map(Node::entries).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| match entry.node.items() {
            [only] => Some((entry.key.to_string(), only.scalar()?)),
            _ => None,
        })
        .collect()
}

/// The version that an input says. Several of them (a matrix, a list) are what a library is tested with, and
/// say nothing about what runs.
fn resolved(input: &Node, matrix: &BTreeMap<String, String>) -> Option<String> {
    let text = input.scalar()?;
    let text = text.trim();
    match text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")) {
        Some(expression) => matrix.get(expression.trim().strip_prefix("matrix.")?).cloned(),
        None if text.contains('\n') => None,
        None => Some(text.to_owned()),
    }
}

/// A database that the tests need is one that the app needs, of about that version.
fn need(draft: &mut Draft, reader: &Reader<'_>, image: &Node) {
    if let (Some(kind), version) = resource::of_image(image.text().unwrap_or_default()) {
        process::need(draft, kind, version.as_deref(), &reader.hint("service image", image.line));
    }
}

fn gitlab(draft: &mut Draft, reader: &Reader<'_>, document: &Node) {
    // Every job may have its own image; keys that begin with a dot are templates for jobs.
    let jobs = document.entries().iter().map(|entry| &entry.node).filter(|node| node.is_map());
    for node in std::iter::once(document).chain(jobs) {
        if let Some(image) = node.get("image") {
            let text = image.text().or_else(|| image.get("name")?.text()).unwrap_or_default();
            if let Some((tool, version)) = versions::of_image(text) {
                let origin = reader.hint("image", image.line).with_confidence(Confidence::Medium);
                versions::propose_to_all(draft, ".", tool, &version, &origin);
            }
        }
        for service in node.get("services").map(Node::items).unwrap_or_default() {
            let image = service.get("name").unwrap_or(service);
            need(draft, reader, image);
        }
    }
}
