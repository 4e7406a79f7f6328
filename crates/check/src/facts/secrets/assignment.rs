//! Secrets that have no format of their own: a name that says so, and a value that was drawn by chance.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use ast_grep_language::SupportLang;
use regex::bytes::Regex;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::facts::secrets::{evidence, public, scan};
use crate::file::{Role, SourceFile, extension};
use crate::finding::Draft;

const SECRET: &str = "hard-coded-secret";
const PASSWORD: &str = "hard-coded-password";

pub(super) static FACT: FileFact = FileFact { rules: &[SECRET, PASSWORD], wants, check };

/// Longer lines are data.
const LONGEST: usize = 600;

static KEYWORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build([
            "secret",
            "pass",
            "token",
            "api_key",
            "apikey",
            "api-key",
            "credential",
            "private_key",
            "privatekey",
            "access_key",
            "accesskey",
            "encryption_key",
            "encryptionkey",
            "pwd",
            "auth_key",
            "authkey",
        ])
        .unwrap_or_else(|error| unreachable!("a few short texts make an automaton: {error}"))
});

/// `name = "value"`, `name: 'value'`, `"name" => "value"`, `name := "value"`, `("name", "value")` is not one.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?-u)([A-Za-z_][A-Za-z0-9_.-]{0,60})["'\])]{0,2}(?:\s{0,3}:\s{0,3}[A-Za-z]{3,12})?\s{0,8}(?:=>|:=|=|:)\s{0,4}["'`]([^"'`\r\n]{6,200})["'`]"#,
    )
});

/// `name: value` and `name=value` of configuration files.
static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    regex(r#"(?-u)^\s*(?:-\s+)?([A-Za-z_][A-Za-z0-9_.-]{0,60})\s{0,8}[:=]\s{0,4}([^\s"'`#]{6,200})\s*$"#)
});

fn regex(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
}

/// Code and configuration of the app. What has a rule of its own (env files, Compose, pipelines, Dockerfiles, Terraform)
/// and what is text for people is not looked at.
fn wants(file: &SourceFile<'_>) -> bool {
    if file.role != Role::App || is_for_practice(file.path) {
        return false;
    }
    file.language.is_some()
        || matches!(
            extension(file.path),
            "vue"
                | "svelte"
                | "html"
                | "rs"
                | "kt"
                | "kts"
                | "swift"
                | "dart"
                | "ex"
                | "exs"
                | "scala"
                | "sh"
                | "ipynb"
        )
        || is_configuration(file)
}

/// Seeds, mocks and stories sign in people who do not exist; catalogues of translations name fields.
fn is_for_practice(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.split(['/', '.', '-', '_']).any(|part| {
        matches!(
            part,
            "seed"
                | "seeds"
                | "seeder"
                | "seeders"
                | "mock"
                | "mocks"
                | "fixture"
                | "factories"
                | "stories"
                | "locales"
                | "locale"
                | "i18n"
                | "lang"
                | "translations"
                | "messages"
                | "swagger"
                | "openapi"
                | "postman"
                | "dev"
                | "development"
                | "local"
                | "test"
                | "example"
                | "sample"
        )
    })
}

fn is_configuration(file: &SourceFile<'_>) -> bool {
    let name = file.name().to_ascii_lowercase();
    match extension(file.path) {
        "properties" | "ini" | "conf" | "cfg" | "toml" => true,
        "json" => {
            name.contains("config")
                || name.contains("settings")
                || name.contains("secret")
                || name.contains("credential")
        }
        "yml" | "yaml" => {
            !name.contains("compose")
                && !file.path.contains(".github/")
                && !name.contains("-ci.")
                && !name.contains("pipelines")
                && !file.path.contains(".circleci/")
                && !file.has("apiVersion:")
        }
        _ => false,
    }
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let mut last = usize::MAX;
    for keyword in KEYWORDS.find_iter(file.text) {
        let line = scan::line_around(file.text, keyword.start());
        let start = line.as_ptr() as usize - file.text.as_ptr() as usize;
        if start == last || line.len() > LONGEST {
            continue;
        }
        last = start;
        if !context.is_shared(file.path) {
            return;
        }
        if is_documentation(file, line, start) {
            continue;
        }
        let found = QUOTED
            .captures_iter(line.as_bytes())
            .chain(is_configuration(file).then(|| PLAIN.captures(line.as_bytes())).flatten());
        for captures in found {
            let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            let (Some(name), Some(text)) = (line.get(name.range()), line.get(value.range())) else {
                continue;
            };
            if let Some(rule) = judged(name, text, line, file) {
                report(file, sink, rule, name, start + value.start()..start + value.end());
            }
        }
    }
}

/// A line of a documentation comment, or of a text over several lines, in which Python is documented.
fn is_documentation(file: &SourceFile<'_>, line: &str, start: usize) -> bool {
    let is_within = |quotes: &str| file.text[..start].matches(quotes).count() % 2 == 1;
    line.trim_start().starts_with("* ")
        || line.trim_start().starts_with("///")
        || file.language == Some(SupportLang::Python) && (is_within("\"\"\"") || is_within("'''"))
}

fn report(file: &SourceFile<'_>, sink: &Sink<'_>, rule: &'static str, name: &str, range: Range<usize>) {
    let says = format!("the value of `{name}` is written here, and everyone with the repository can read it");
    sink.report_in(file, Draft::bytes(rule, file.path, range.clone()).hiding(range).says(says));
}

/// The rule that a name and its value break.
fn judged(name: &str, value: &str, line: &str, file: &SourceFile<'_>) -> Option<&'static str> {
    let name = evidence::snake(name);
    let is_code = file.language.is_some();
    if !evidence::names_secret(&name)
        || evidence::is_filled_in_later(value)
        || is_code && is_signing(&name, line)
        || value.contains("://")
        || value.contains(' ')
        || public::names(line).next().is_some()
        || scan::is_known(line)
    {
        return None;
    }
    let last = name.rsplit('_').next().unwrap_or_default();
    if name.contains("PASSW") || matches!(last, "PWD" | "PASS") {
        return evidence::is_password(value).then_some(PASSWORD);
    }
    // Keys that pages may show, whose own rules have judged them.
    let is_public =
        ["AIza", "eyJ", "pk_", "sb_publishable_", "pub"].iter().any(|start| value.starts_with(start));
    (!is_public && evidence::is_random(value)).then_some(SECRET)
}

/// What signs sessions and tokens has a rule of its own.
fn is_signing(name: &str, line: &str) -> bool {
    matches!(name, "SECRET" | "SECRET_KEY" | "SECRET_KEY_BASE" | "KEY" | "KEYS")
        || ["JWT", "SESSION", "COOKIE", "SIGNING", "NEXTAUTH"].iter().any(|word| name.contains(word))
        || line.contains("process.env.") && line.contains("||")
        || line.contains("??")
        || line.contains("getenv(")
        || line.contains("environ.get(")
        || line.contains("ENV.fetch(")
}
