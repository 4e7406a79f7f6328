//! Jobs of which it is known that they only read the repository: what they use and run is on a list.

use super::Look;
use super::model::Job;
use crate::facts::infrastructure::shell::{Simple, commands};

/// Actions that take from the repository and give nothing back to it.
const READERS: [&str; 17] = [
    "actions/cache",
    "actions/cache/restore",
    "actions/cache/save",
    "actions/checkout",
    "actions/download-artifact",
    "actions/setup-dotnet",
    "actions/setup-go",
    "actions/setup-java",
    "actions/setup-node",
    "actions/setup-python",
    "actions/upload-artifact",
    "astral-sh/setup-uv",
    "dtolnay/rust-toolchain",
    "oven-sh/setup-bun",
    "pnpm/action-setup",
    "ruby/setup-ruby",
    "swatinem/rust-cache",
];

/// Words of scripts that send something somewhere.
const SENDING: [&str; 8] = ["commit", "deploy", "lerna", "publish", "push", "release", "upload", "version"];

/// The workflow does without any right but to read the code: nothing in it is given the token, and no job can use the one
/// that a checkout leaves.
pub(super) fn needs_no_rights(look: &Look<'_>) -> bool {
    let text = look.file.text.to_ascii_lowercase();
    !["token", "tojson", "secrets["].iter().any(|word| text.contains(word))
        && look.workflow.jobs.iter().all(|job| job.node.get("uses").is_none() && is_job(job))
}

/// Every step of the job is one that does nothing to the repository, and needs git for nothing.
pub(super) fn is_job(job: &Job<'_>) -> bool {
    job.steps.iter().all(|step| {
        let is_reader = step.uses.is_none_or(|(uses, _)| {
            let name = uses.split('@').next().unwrap_or(uses).to_ascii_lowercase();
            READERS.contains(&name.as_str())
                && step.with("submodules").is_none()
                && step.with("lfs").is_none()
        });
        is_reader && step.run.is_none_or(|(script, _)| commands(script, true).iter().all(is_command))
    })
}

/// A tool that builds or tests, told nothing that sends.
fn is_command(command: &Simple) -> bool {
    const TOOLS: [&str; 30] = [
        "black", "bundle", "cargo", "cd", "composer", "corepack", "dotnet", "echo", "eslint", "flake8", "go",
        "gradle", "mkdir", "mvn", "mypy", "node", "npm", "npx", "php", "pip", "pip3", "pnpm", "poetry",
        "prettier", "pytest", "ruff", "tox", "uv", "vitest", "yarn",
    ];
    let is_tool = TOOLS.contains(&command.program())
        || matches!(command.program(), "python" | "python3")
            && command.arguments().first().is_some_and(|word| word == "-m");
    let words = command.words.iter().map(|word| word.to_ascii_lowercase());
    is_tool
        && !words
            .into_iter()
            .any(|word| word == "git" || SENDING.iter().any(|sending| word.contains(sending)))
}
