//! The commands by which people and agents learn whether a change holds: tests and linters.

use crate::context::{Context, Sink};
use crate::facts::agents::guide;
use crate::facts::{Fact, FileFact};
use crate::file::{Role, SourceFile, extension, language, name};
use crate::finding::Draft;

const NO_TESTS: &str = "no-tests";
const PLACEHOLDER: &str = "test-script-placeholder";
const NO_LINT: &str = "lint-script-missing";
const IGNORED: &str = "test-failure-ignored";

pub(super) static FACT: Fact = Fact { rules: &[NO_TESTS, PLACEHOLDER, NO_LINT], whole: true, check };
pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[IGNORED],
    wants: |file| {
        file.role == Role::App
            && (name(file.path) == "package.json"
                || matches!(
                    name(file.path),
                    "Makefile" | "justfile" | ".gitlab-ci.yml" | "Jenkinsfile" | "tox.ini"
                )
                || matches!(extension(file.path), "yml" | "yaml")
                    && (file.path.contains(".github/") || file.path.contains(".circleci/")))
    },
    check: ignored,
};

/// Files of code below which a repository is an experiment.
const FEW: usize = 3;

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let repository = context.repository;
    if context.app.services.is_empty() {
        return;
    }
    let mut code = 0;
    let mut has_tests = false;
    for path in repository.paths() {
        let is_other = matches!(
            extension(path),
            "rs" | "ex" | "exs" | "kt" | "scala" | "swift" | "dart" | "feature" | "bats"
        );
        match SourceFile::new(path, "").role {
            Role::Test if language(path).is_some() || is_other => has_tests = true,
            Role::App if language(path).is_some() && !name(path).contains(".config.") => code += 1,
            _ => {}
        }
        // Tests of Rust and Elixir's doctests stand beside the code.
        has_tests = has_tests
            || is_other
                && repository
                    .source(path)
                    .is_some_and(|text| text.contains("#[test]") || text.contains("#[tokio::test]"));
    }
    if code >= FEW && !has_tests {
        sink.report(Draft::file(NO_TESTS, "."));
    }
    for manifest in context.manifests.iter().filter(|manifest| manifest.path.ends_with("package.json")) {
        if let Some(script) = manifest.scripts.get("test").filter(|script| is_placeholder(script)) {
            let says = format!("`npm test` runs `{script}`: it tells nothing about the code");
            let text = repository.text(&manifest.path);
            let line = text.and_then(|text| {
                (1_u32..).zip(text.lines()).find(|(_, line)| line.contains("\"test\"")).map(|(at, _)| at)
            });
            sink.report(Draft::line(PLACEHOLDER, manifest.path.clone(), line.unwrap_or(1)).says(says));
        }
    }
    lint(context, sink, code);
}

fn is_placeholder(script: &str) -> bool {
    let script = script.trim();
    script.contains("no test specified")
        || matches!(script, "" | "true" | "exit 0" | ":")
        || script.starts_with("echo ") && !script.contains("&& n") && !script.contains("test:")
}

/// Files that say how code is to look, whatever runs the tool.
const LINTERS: [&str; 24] = [
    ".eslintrc",
    "eslint.config",
    "biome.json",
    ".oxlintrc",
    "deno.json",
    "ruff.toml",
    ".flake8",
    ".pylintrc",
    "setup.cfg",
    "tox.ini",
    ".golangci",
    ".rubocop",
    "phpstan",
    "phpcs",
    "pint.json",
    ".pre-commit-config",
    "lefthook",
    "checkstyle",
    "pmd.xml",
    ".editorconfig",
    "standard.json",
    ".xo-config",
    "clippy.toml",
    "trunk.yaml",
];

fn lint(context: &Context<'_>, sink: &Sink<'_>, code: usize) {
    let repository = context.repository;
    let is_set =
        repository.paths().iter().any(|path| LINTERS.iter().any(|linter| name(path).starts_with(linter)));
    let is_run = context.manifests.iter().any(|manifest| {
        manifest.scripts.iter().any(|(name, text)| {
            name.contains("lint")
                || ["eslint", "biome", "oxlint", "tsc --noEmit", "standard", "xo"]
                    .iter()
                    .any(|tool| text.contains(tool))
        }) || ["ruff", "flake8", "pylint", "rubocop", "eslint", "standard", "xo", "@biomejs/biome"]
            .iter()
            .any(|tool| manifest.dependencies.contains_key(*tool))
    });
    let is_in_pyproject = repository.named("pyproject.toml").any(|path| {
        repository.text(path).is_some_and(|text| {
            ["[tool.ruff", "[tool.pylint", "[tool.flake8", "[tool.mypy", "[tool.pyright"]
                .iter()
                .any(|tool| text.contains(tool))
        })
    });
    // The formatter and `vet` come with Go; only the two languages whose tools have to be chosen are asked for one.
    let manifest = context.manifests.iter().find(|manifest| {
        matches!(manifest.family, "javascript" | "python") && !manifest.dependencies.is_empty()
    });
    if let Some(manifest) = manifest.filter(|_| code >= FEW && !is_set && !is_run && !is_in_pyproject) {
        sink.report(Draft::file(NO_LINT, manifest.path.clone()));
    }
}

/// Lines that run tests and go on whatever they say.
fn ignored(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    const RUNNERS: [&str; 16] = [
        "npm test",
        "npm run test",
        "pnpm test",
        "yarn test",
        "bun test",
        "pytest",
        "jest",
        "vitest",
        "mocha",
        "rspec",
        "go test",
        "cargo test",
        "phpunit",
        "playwright test",
        "manage.py test",
        "make test",
    ];
    if guide::is_guide(file.path) {
        return;
    }
    for (number, line) in (1_u32..).zip(file.text.lines()) {
        let is_test = RUNNERS.iter().find_map(|runner| line.find(runner).map(|at| &line[at..]));
        let Some(rest) = is_test else { continue };
        // Only what belongs to that command.
        let own = rest.split(['\n', ';']).next().unwrap_or(rest);
        let goes_on =
            ["|| true", "|| exit 0", "|| :", "|| echo", "||true"].iter().any(|way| own.contains(way));
        if goes_on && !line.trim_start().starts_with('#') {
            sink.report_in(file, Draft::line(IGNORED, file.path, number));
        }
    }
    if !file.path.contains(".github/workflows/") || !file.has("continue-on-error: true") {
        return;
    }
    // A step: from its dash to the next.
    let mut step: Vec<(u32, &str)> = Vec::new();
    let lines = (1_u32..).zip(file.text.lines()).chain(std::iter::once((0, "- ")));
    for (number, line) in lines {
        if line.trim_start().starts_with("- ") {
            let has =
                |words: &[&str]| step.iter().any(|(_, line)| words.iter().any(|word| line.contains(word)));
            if has(&["continue-on-error: true"]) && has(&RUNNERS) {
                let line = step.iter().find(|(_, line)| line.contains("continue-on-error: true"));
                sink.report_in(file, Draft::line(IGNORED, file.path, line.map_or(1, |(number, _)| *number)));
            }
            step.clear();
        }
        step.push((number, line));
    }
}
