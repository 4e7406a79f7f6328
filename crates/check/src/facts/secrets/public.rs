//! Secrets in variables that a framework builds into what browsers download.

use std::sync::LazyLock;

use regex::bytes::Regex;
use seaworthy_detect::is_public;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::facts::secrets::scan;
use crate::file::{Role, SourceFile};
use crate::finding::Draft;

pub(super) const RULE: &str = "secret-in-public-variable";

pub(super) static FACT: FileFact = FileFact {
    rules: &[RULE],
    wants: |file| {
        !matches!(file.role, Role::Generated | Role::Test)
            && is_about_pages(file)
            && PREFIXES.iter().any(|prefix| file.has(prefix))
    },
    check,
};

/// Code of pages, and what their build is told.
fn is_about_pages(file: &SourceFile<'_>) -> bool {
    let name = file.name().to_ascii_lowercase();
    matches!(
        crate::file::extension(file.path),
        "js" | "jsx"
            | "ts"
            | "tsx"
            | "mjs"
            | "cjs"
            | "mts"
            | "cts"
            | "vue"
            | "svelte"
            | "astro"
            | "html"
            | "yml"
            | "yaml"
            | "toml"
            | "json"
            | "sh"
    ) || name.starts_with(".env")
        || name.ends_with(".env")
        || name.contains("dockerfile")
}

/// What the names of public variables start with.
const PREFIXES: [&str; 8] =
    ["VITE_", "NEXT_PUBLIC_", "REACT_APP_", "EXPO_PUBLIC_", "PUBLIC_", "GATSBY_", "VUE_APP_", "NG_APP_"];

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:VITE|NEXT_PUBLIC|REACT_APP|EXPO_PUBLIC|PUBLIC|NUXT_PUBLIC|GATSBY|VUE_APP|NG_APP)_[A-Z0-9_]+\b")
        .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
});

/// Providers whose keys spend money or read data, whoever holds them.
const PROVIDERS: [&str; 17] = [
    "OPENAI",
    "ANTHROPIC",
    "CLAUDE",
    "GEMINI",
    "GROQ",
    "MISTRAL",
    "DEEPSEEK",
    "OPENROUTER",
    "REPLICATE",
    "HUGGINGFACE",
    "ELEVENLABS",
    "SENDGRID",
    "RESEND",
    "MAILGUN",
    "TWILIO",
    "AIRTABLE",
    "PINECONE",
];

/// Names of public variables in a line.
pub(super) fn names(line: &str) -> impl Iterator<Item = &str> {
    NAME.find_iter(line.as_bytes()).filter_map(|found| line.get(found.range()))
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    if !context.is_shared(file.path) {
        return;
    }
    let mut told: Vec<&str> = Vec::new();
    for found in NAME.find_iter(file.text.as_bytes()) {
        let Some(name) = file.text.get(found.range()).filter(|name| is_public(name)) else { continue };
        if !is_for_servers(name) || told.contains(&name) {
            continue;
        }
        let line = scan::line_around(file.text, found.start());
        if is_comment(line) || scan::is_known(line) {
            continue;
        }
        told.push(name);
        let says = format!(
            "`{name}` is built into what browsers download, and its name says that only a server may know it"
        );
        sink.report_in(file, Draft::bytes(RULE, file.path, found.range()).says(says));
    }
}

/// The name is that of something only a server may know.
fn is_for_servers(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let has = |word: &str| words.contains(&word);
    let ends = |end: &str| name.ends_with(end);
    if has("ANON") || has("PUBLISHABLE") || ends("PUBLIC_KEY") || has("SITE") || has("SITEKEY") {
        return false;
    }
    let is_provider_key = PROVIDERS.iter().any(|provider| has(provider))
        && (ends("API_KEY") || ends("AUTH_TOKEN") || ends("_API_TOKEN"));
    is_provider_key
        || ["_SECRET", "_SECRET_KEY", "_PRIVATE_KEY", "_SERVICE_ROLE", "_SERVICE_ROLE_KEY", "_SERVICE_KEY"]
            .iter()
            .any(|end| ends(end))
        || [
            "_PASSWORD",
            "_PASSWD",
            "_SECRET_ACCESS_KEY",
            "_DATABASE_URL",
            "_MONGODB_URI",
            "_JWT_KEY",
            "_ADMIN_KEY",
        ]
        .iter()
        .any(|end| ends(end))
            && !has("FORGOT")
            && !has("RESET")
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "*", "/*", "<!--"].iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_only_a_server_may_know() {
        for name in [
            "VITE_OPENAI_API_KEY",
            "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY",
            "REACT_APP_JWT_SECRET",
            "EXPO_PUBLIC_STRIPE_SECRET_KEY",
            "VITE_DB_PASSWORD",
        ] {
            assert!(is_for_servers(name), "{name}");
        }
        for name in [
            "VITE_SUPABASE_ANON_KEY",
            "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY",
            "VITE_FIREBASE_API_KEY",
            "VITE_RECAPTCHA_SITE_KEY",
            "NEXT_PUBLIC_FORGOT_PASSWORD",
            "VITE_MAPBOX_ACCESS_TOKEN",
            "VITE_PASSWORD_MIN_LENGTH",
        ] {
            assert!(!is_for_servers(name), "{name}");
        }
    }
}
