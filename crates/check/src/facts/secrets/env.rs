//! `.env` files: those that are committed, those that could be, and the examples for others.

use globset::Glob;
use seaworthy_detect::document::parse_env;

use crate::context::{Context, Sink};
use crate::facts::secrets::{detector, evidence, scan};
use crate::facts::{Fact, FileFact};
use crate::file::{Role, SourceFile, name};
use crate::finding::{Draft, Edit};

pub(crate) const COMMITTED: &str = "env-file-committed";
const EXAMPLE: &str = "env-example-with-secret";
const NOT_IGNORED: &str = "env-file-not-ignored";

pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[COMMITTED, EXAMPLE],
    wants: |file| file.role != Role::Test && kind(file.path).is_some(),
    check,
};

pub(super) static FACT: Fact = Fact { rules: &[NOT_IGNORED], whole: true, check: ignored };

/// What an env file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It is read when the app runs.
    Real,
    /// It shows others what to set.
    Example,
}

/// By its name; `None` for other files, and for those that tests or a machine of their own read.
fn kind(path: &str) -> Option<Kind> {
    let name = name(path);
    let rest = name.strip_prefix(".env").or_else(|| name.strip_suffix(".env"))?;
    if !rest.is_empty() && !name.starts_with(".env.") && !name.ends_with(".env") {
        return None;
    }
    let words: Vec<&str> = rest.split(['.', '-', '_']).collect();
    let is = |known: &[&str]| words.iter().any(|word| known.contains(word));
    if is(&["example", "sample", "template", "dist", "defaults", "default", "tpl", "schema"]) {
        Some(Kind::Example)
    } else if is(&["test", "testing", "ci", "vault", "keys", "d"]) {
        None
    } else {
        Some(Kind::Real)
    }
}

/// Names of the variables whose values are secrets.
pub(crate) fn secrets(text: &str) -> Vec<(String, u32, String)> {
    parse_env(text)
        .into_iter()
        .filter(|line| {
            let value = line.value.as_str();
            let is_set = value.len() >= 6 && !evidence::is_placeholder(value);
            evidence::is_secret_value(&line.name, value)
                || evidence::names_secret(&line.name) && is_set && !value.contains("://")
                || !detector::find(value).is_empty()
        })
        .map(|line| (line.name, line.line, line.value))
        .collect()
}

/// It is an env file that an app reads when it runs.
pub(crate) fn is_real(path: &str) -> bool {
    kind(path) == Some(Kind::Real)
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    if !context.is_shared(file.path) {
        return;
    }
    match kind(file.path) {
        Some(Kind::Real) => {
            let names: Vec<String> =
                secrets(file.text).into_iter().map(|(name, _, _)| format!("`{name}`")).collect();
            if let Some(first) = names.first() {
                let others = match names.len() - 1 {
                    0 => String::new(),
                    1 => " and one other".to_owned(),
                    count => format!(" and {count} others"),
                };
                let says = format!("git has this file, and with it the value of {first}{others}");
                sink.report_in(file, Draft::file(COMMITTED, file.path).says(says));
            }
        }
        Some(Kind::Example) => {
            for line in parse_env(file.text) {
                // Keys of a known format are reported as what they are.
                if evidence::names_secret(&line.name)
                    && evidence::is_random(&line.value)
                    && !scan::is_known(&line.value)
                {
                    let says =
                        format!("`{}` looks like a value that is in use, not like an example", line.name);
                    sink.report_in(file, scan::hidden(EXAMPLE, file, line.line, &line.value).says(says));
                }
            }
        }
        None => {}
    }
}

/// Packages that read `.env`.
const READERS: [&str; 7] = [
    "dotenv",
    "python-dotenv",
    "dotenvy",
    "dotenv-rails",
    "vlucas/phpdotenv",
    "godotenv",
    "pydantic-settings",
];

/// A repository whose app reads `.env` and whose git would take one.
fn ignored(context: &Context<'_>, sink: &Sink<'_>) {
    let repository = context.repository;
    let is_used = repository
        .paths()
        .iter()
        .any(|path| kind(path) == Some(Kind::Example) && !path.contains("node_modules"))
        || context
            .manifests
            .iter()
            .any(|manifest| READERS.iter().any(|reader| manifest.dependencies.contains_key(*reader)));
    if !is_used {
        return;
    }
    let is_ignored = repository
        .named(".gitignore")
        .any(|path| repository.text(path).is_some_and(|text| text.lines().any(ignores_env)));
    if !is_ignored {
        let text = repository.has(".gitignore").then(|| repository.text(".gitignore"));
        let place = if text.is_some() { ".gitignore" } else { "." };
        let edit = match text {
            Some(Some(text)) => {
                let line = if text.is_empty() || text.ends_with('\n') { ".env\n" } else { "\n.env\n" };
                Some((text.len(), line))
            }
            // What cannot be read is not added to.
            Some(None) => None,
            None => Some((0, ".env\n")),
        };
        let edit = edit.map(|(end, line)| Edit {
            file: ".gitignore".to_owned(),
            range: end..end,
            text: line.to_owned(),
        });
        sink.report(Draft::file(NOT_IGNORED, place).mended_if(edit));
    }
}

/// A line of a `.gitignore` that keeps `.env` out.
fn ignores_env(line: &str) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', '!']) {
        return false;
    }
    let last = line.trim_end_matches('/').rsplit('/').next().unwrap_or(line);
    last == ".env" || Glob::new(last).is_ok_and(|glob| glob.compile_matcher().is_match(".env"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_files_are_told_by_their_names() {
        for path in [".env", "api/.env.local", ".env.production", "prod.env"] {
            assert_eq!(kind(path), Some(Kind::Real), "{path}");
        }
        for path in [".env.example", ".env.sample", ".env.production.example", "example.env", ".env-template"]
        {
            assert!(matches!(kind(path), Some(Kind::Example) | None), "{path}");
        }
        for path in [".env.test", ".envrc", "environment", "src/env.ts"] {
            assert_eq!(kind(path), None, "{path}");
        }
    }

    #[test]
    fn lines_of_gitignore_that_keep_env_files_out() {
        for line in [".env", ".env*", "*.env", "/.env", "**/.env", "api/.env"] {
            assert!(ignores_env(line), "{line}");
        }
        for line in ["# .env", "!.env", ".env.local", "node_modules", ""] {
            assert!(!ignores_env(line), "{line}");
        }
    }
}
