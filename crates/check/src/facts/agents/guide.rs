//! What coding agents are told about the repository: whether there is a guide, and whether it is true.

use std::sync::LazyLock;

use regex::bytes::Regex;
use seaworthy_model::Kind;

use crate::context::{Context, Sink};
use crate::facts::{Fact, FileFact};
use crate::file::{Role, SourceFile, extension, name};
use crate::finding::Draft;

const MISSING: &str = "agent-guide-missing";
const WRONG: &str = "agent-guide-contradicts";

pub(super) static FACT: Fact = Fact { rules: &[MISSING], whole: true, check: missing };
pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[WRONG],
    wants: |file| is_guide(file.path) && file.role != Role::Test,
    check: contradictions,
};

/// A file that agents read before they work.
pub(super) fn is_guide(path: &str) -> bool {
    matches!(
        name(path),
        "AGENTS.md"
            | "AGENT.md"
            | "CLAUDE.md"
            | "GEMINI.md"
            | ".cursorrules"
            | ".windsurfrules"
            | ".clinerules"
            | "CONVENTIONS.md"
            | ".goosehints"
            | ".roorules"
    ) || path.ends_with(".github/copilot-instructions.md")
        || path.ends_with(".junie/guidelines.md")
        || path.contains(".cursor/rules/")
        || path.contains(".github/instructions/")
        || path.contains(".windsurf/rules/")
}

fn missing(context: &Context<'_>, sink: &Sink<'_>) {
    let is_app = context.app.services.values().any(|service| service.kind.get() != Some(&Kind::Job));
    if is_app && !context.repository.paths().iter().any(|path| is_guide(path)) {
        sink.report(Draft::file(MISSING, "."));
    }
}

/// A command in a guide: its tool and what it is to run.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:(npm|pnpm|yarn|bun) run ([A-Za-z0-9:_.-]+)|(make|just) ([a-z][A-Za-z0-9_-]*)|(npm|pnpm|yarn|bun) (?:install|ci|add)\b)")
        .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
});

/// A path in backticks that names a file.
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)`(?:\./)?([A-Za-z0-9_@.-]+(?:/[A-Za-z0-9_@.-]+)+\.[a-z]{1,5})(?::[0-9]+)?`")
        .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
});

fn contradictions(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let mut is_block = false;
    let mut offset = 0;
    for line in file.text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
            continue;
        }
        // What must not be done, and what is only an example, may name what is not there.
        let lower = line.to_ascii_lowercase();
        if ["don't", "do not", "never", "instead of", "not ", "e.g.", "for example", "such as"]
            .iter()
            .any(|word| lower.contains(word))
        {
            continue;
        }
        for found in COMMAND.captures_iter(line.as_bytes()) {
            let Some(range) = found.get(0).map(|all| all.range()) else { continue };
            if !(is_block || is_quoted(line, range.start)) {
                continue;
            }
            let part = |index: usize| found.get(index).and_then(|group| line.get(group.range()));
            let says = match (part(1), part(2), part(3), part(4), part(5)) {
                (Some(_), Some(script), ..) => no_script(context, file.path, script),
                (_, _, Some(tool), Some(target), _) => no_target(context, tool, target),
                (_, _, _, _, Some(tool)) => other_manager(context, tool),
                _ => None,
            };
            if let Some(says) = says {
                let range = start + range.start..start + range.end;
                sink.report_in(file, Draft::bytes(WRONG, file.path, range).says(says));
            }
        }
        let is_about_new = ["create", "add ", "new ", "generate", "write ", "put ", "example", "like "]
            .iter()
            .any(|word| lower.contains(word));
        if is_about_new || is_block {
            continue;
        }
        for found in PATH.captures_iter(line.as_bytes()) {
            let Some(group) = found.get(1) else { continue };
            let Some(path) = line.get(group.range()) else { continue };
            if is_missing(context, file.path, path) {
                let range = start + group.start()..start + group.end();
                sink.report_in(
                    file,
                    Draft::bytes(WRONG, file.path, range).says(format!("`{path}` is not in the repository")),
                );
            }
        }
    }
}

/// An odd number of backticks stands before it.
fn is_quoted(line: &str, at: usize) -> bool {
    line.as_bytes()[..at].split(|byte| *byte == b'`').count() % 2 == 0
}

fn no_script(context: &Context<'_>, guide: &str, script: &str) -> Option<String> {
    let mut manifests =
        context.manifests.iter().filter(|manifest| manifest.path.ends_with("package.json")).peekable();
    manifests.peek()?;
    // Whose scripts are meant a sentence may say: any project's will do.
    let is_known = manifests.any(|manifest| manifest.scripts.contains_key(script));
    let script = script.trim_end_matches('.');
    (!is_known && !context.manifests.iter().any(|manifest| manifest.scripts.contains_key(script))).then(
        || format!("`{}` tells agents to run the script `{script}`, which no package.json has", name(guide)),
    )
}

fn no_target(context: &Context<'_>, tool: &str, target: &str) -> Option<String> {
    let names: &[&str] = if tool == "make" {
        &["Makefile", "makefile", "GNUmakefile"]
    } else {
        &["justfile", "Justfile", ".justfile"]
    };
    let repository = context.repository;
    let texts: Vec<_> = names
        .iter()
        .flat_map(|name| repository.named(name))
        .filter_map(|path| repository.text(path))
        .collect();
    // "make sure" is a command only where there is something to make.
    if texts.is_empty() || texts.iter().any(|text| text.contains("include ") || text.contains("%:")) {
        return None;
    }
    let is_there = texts.iter().any(|text| {
        text.lines().any(|line| {
            line.strip_prefix(['@'])
                .unwrap_or(line)
                .strip_prefix(target)
                .is_some_and(|rest| rest.starts_with([':', ' ']) && rest.contains(':'))
                || line.split(':').next().is_some_and(|targets| {
                    targets.split_whitespace().any(|one| one == target) && line.contains(':')
                })
        })
    });
    (!is_there).then(|| format!("`{tool} {target}` is asked for, and there is no such target"))
}

/// The lockfile says which package manager the repository is installed with.
fn other_manager(context: &Context<'_>, tool: &str) -> Option<String> {
    let locks = [
        ("npm", ["package-lock.json", "npm-shrinkwrap.json"]),
        ("pnpm", ["pnpm-lock.yaml", "pnpm-workspace.yaml"]),
        ("yarn", ["yarn.lock", ".yarnrc.yml"]),
        ("bun", ["bun.lock", "bun.lockb"]),
    ];
    let has = |files: &[&str; 2]| files.iter().any(|file| context.repository.named(file).next().is_some());
    let used: Vec<&str> = locks.iter().filter(|(_, files)| has(files)).map(|(name, _)| *name).collect();
    match used.as_slice() {
        [one] if *one != tool => {
            Some(format!("dependencies are installed with {one} here, as its lockfile says, not with {tool}"))
        }
        _ => None,
    }
}

/// A file that would be there if the guide were true: of a kind that people write, in a folder that exists.
fn is_missing(context: &Context<'_>, guide: &str, path: &str) -> bool {
    const WRITTEN: [&str; 21] = [
        "js", "jsx", "ts", "tsx", "mjs", "py", "go", "rb", "php", "java", "cs", "rs", "md", "sql", "yml",
        "yaml", "toml", "css", "vue", "sh", "html",
    ];
    let repository = context.repository;
    let dir = guide.rsplit_once('/').map_or("", |(dir, _)| dir);
    let beside = if dir.is_empty() { path.to_owned() } else { format!("{dir}/{path}") };
    let file = SourceFile::new(path, "");
    WRITTEN.contains(&extension(path))
        && file.role != Role::Generated
        && !path.starts_with(['@', '.'])
        && !["node_modules", "http", "www.", "NNN", "XXX", "foo", "your", "my-"].iter().any(|word| path.contains(word))
        && !repository.has(path)
        && !repository.has(&beside)
        // Named from some other folder.
        && !repository.paths().iter().any(|known| known.ends_with(&format!("/{path}")))
        && !path.split('/').next().is_some_and(|first| first.contains('.'))
}
