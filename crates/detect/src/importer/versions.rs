//! Versions of runtimes as other tools name them: variables, images, features, modules.

use seaworthy_model::{Confidence, Origin, Service};

use crate::draft::Draft;
use crate::repository::is_within;
use crate::version;

/// The runtime whose version a platform's variable sets.
pub(super) fn runtime_variable(name: &str) -> Option<&'static str> {
    Some(match name {
        "NODE_VERSION" => "node",
        "PYTHON_VERSION" => "python",
        "RUBY_VERSION" => "ruby",
        "GO_VERSION" => "go",
        "BUN_VERSION" => "bun",
        "ELIXIR_VERSION" => "elixir",
        "RUST_VERSION" | "RUSTUP_TOOLCHAIN" => "rust",
        "PHP_VERSION" => "php",
        "JAVA_VERSION" => "java",
        "HUGO_VERSION" => "hugo",
        "ZOLA_VERSION" => "zola",
        _ => return None,
    })
}

/// Proposes a version of the runtime that a service has; of another one it says nothing.
pub(super) fn propose_version(service: &mut Service, tool: &str, text: &str, origin: Origin) {
    let is_own = service.runtime.get().is_none_or(|known| known.name == tool);
    if is_own && let Some(runtime) = version::runtime(tool, text) {
        service.runtime.propose(runtime, origin);
    }
}

/// Proposes a version to every service within `dir` that runs on `tool`. A service whose runtime is not known
/// does not get one by this: what a machine for development holds need not be what the service runs on.
pub(super) fn propose_to_all(draft: &mut Draft, dir: &str, tool: &str, text: &str, origin: &Origin) {
    let Some(runtime) = version::runtime(tool, text) else { return };
    for known in &mut draft.services {
        let service = &mut known.service;
        if is_within(dir, service.path()) && service.runtime.get().is_some_and(|known| known.name == tool) {
            // Of a version said for every folder and one said for this folder the latter is meant.
            let is_nearer = service.runtime.all().iter().any(|evidence| {
                evidence.origin.rule == origin.rule && evidence.origin.confidence >= Confidence::Medium
            });
            if !is_nearer {
                service.runtime.propose(runtime.clone(), origin.clone());
            }
        }
    }
}

/// The runtime that a name in an image, feature or module means.
pub(super) fn runtime_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "node" | "nodejs" | "javascript-node" | "typescript-node" => "node",
        "python" | "python3" | "anaconda" | "miniconda" => "python",
        "go" | "golang" => "go",
        "rust" | "rust-stable" | "rust-toolchain" => "rust",
        "ruby" => "ruby",
        "php" => "php",
        "java" | "java-graalvm" | "jdk" => "java",
        "dotnet" => "dotnet",
        "elixir" => "elixir",
        "erlang" | "beam" => "erlang",
        "bun" => "bun",
        "deno" => "deno",
        "swift" => "swift",
        "dart" => "dart",
        "haskell" => "ghc",
        "crystal" => "crystal",
        "gleam" => "gleam",
        "zig" => "zig",
        _ => return None,
    })
}

/// The runtime and version of a language's image: `node:20-alpine`,
/// `mcr.microsoft.com/devcontainers/python:1-3.12-bookworm`.
pub(super) fn of_image(image: &str) -> Option<(&'static str, String)> {
    let image = image.split('@').next().unwrap_or(image);
    let (path, tag) = match image.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (image, ""),
    };
    let tool = runtime_of(path.rsplit('/').next().unwrap_or(path))?;
    let numbers = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    let mut parts = tag.split('-').filter(numbers);
    let first = parts.next()?;
    // Development images begin their tags with their own version: `1-20-bookworm`, `dev-3.12`.
    let version = if path.contains("devcontainers/") || path.contains("vscode/") {
        parts.next().unwrap_or(first)
    } else {
        first
    };
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    Some((tool, version[..end].trim_end_matches('.').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_languages() {
        for (image, found) in [
            ("node:20-alpine", Some(("node", "20"))),
            ("mcr.microsoft.com/devcontainers/typescript-node:1-22-bookworm", Some(("node", "22"))),
            ("mcr.microsoft.com/devcontainers/python:3.12", Some(("python", "3.12"))),
            ("docker.io/library/elixir:1.16.2-otp-26", Some(("elixir", "1.16.2"))),
            ("ubuntu:22.04", None),
            ("python", None),
        ] {
            let expected = found.map(|(tool, version)| (tool, version.to_owned()));
            assert_eq!(of_image(image), expected, "{image}");
        }
    }
}
