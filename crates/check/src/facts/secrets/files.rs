//! Files that are secrets by their names: keys, stores of keys, and what tools keep their credentials in.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::context::{Context, Sink};
use crate::facts::secrets::{evidence, scan};
use crate::facts::{Fact, FileFact};
use crate::file::{Role, SourceFile, extension, name};
use crate::finding::Draft;

const KEY_FILE: &str = "private-key-file";
const CREDENTIALS: &str = "credential-file-committed";
const STATE: &str = "terraform-state-committed";

pub(super) static FACT: Fact = Fact { rules: &[KEY_FILE, STATE], whole: false, check: by_name };
pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[CREDENTIALS],
    wants: |file| file.role == Role::App && pattern(file).is_some(),
    check: credentials,
};

fn by_name(context: &Context<'_>, sink: &Sink<'_>) {
    for path in context.repository.paths().iter().map(|path| &**path) {
        let is_key = is_key_file(path);
        let is_state = path.ends_with(".tfstate") || path.ends_with(".tfstate.backup");
        if !(is_key || is_state)
            || !context.is_shared(path)
            || matches!(SourceFile::new(path, "").role, Role::Test | Role::Example)
        {
            continue;
        }
        // Read as it is: a store of keys is no text.
        let text = context.repository.source(path);
        if is_state {
            if text
                .is_none_or(|text| text.contains("\"instances\"") || text.contains("\"outputs\": {\n    \""))
            {
                sink.report(Draft::file(STATE, path));
            }
        // A key that can be read is reported where it begins.
        } else if text.is_none_or(|text| !text.contains("PRIVATE KEY") && !text.trim().is_empty()) {
            sink.report(Draft::file(KEY_FILE, path));
        }
    }
}

fn is_key_file(path: &str) -> bool {
    let name = name(path);
    matches!(name, "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" | "wallet.dat" | "master.key")
        || matches!(
            extension(path),
            "p12" | "pfx" | "jks" | "ppk" | "keystore" | "p8" | "kdbx" | "mobileprovision"
        ) && !name.starts_with("debug.")
}

/// What a file of a tool's credentials says where it holds some, with the value as its group.
struct Format {
    is: fn(&SourceFile<'_>) -> bool,
    what: &'static str,
    line: Regex,
}

static FORMATS: LazyLock<[Format; 9]> = LazyLock::new(|| {
    let format = |is, what, line: &str| Format {
        is,
        what,
        line: Regex::new(line).unwrap_or_else(|error| unreachable!("the expression is a constant: {error}")),
    };
    [
        format(
            |file| file.name() == ".npmrc" || file.name() == ".yarnrc.yml",
            "the token of a package registry",
            r#"(?m-u)^\s*[^#;\s]*(?:_authToken|_password|_auth|npmAuthToken)["']?\s*[=:]\s*["']?([^\s"']{8,})"#,
        ),
        format(
            |file| file.name() == ".pypirc",
            "the password of a package registry",
            r"(?m-u)^\s*password\s*[=:]\s*(\S{6,})",
        ),
        format(
            |file| matches!(file.name(), ".netrc" | "_netrc"),
            "the password of a machine",
            r"(?-u)\bpassword\s+(\S{4,})",
        ),
        format(
            |file| file.name() == ".git-credentials",
            "the password of a source host",
            r"(?-u)https?://[^:\s]+:([^@\s]{4,})@",
        ),
        format(
            |file| {
                file.path.ends_with(".docker/config.json")
                    || file.name() == ".dockercfg"
                    || file.name() == ".dockerconfigjson"
            },
            "the login of an image registry",
            r#"(?-u)"auth"\s*:\s*"([A-Za-z0-9+/=]{12,})""#,
        ),
        format(
            |file| {
                matches!(extension(file.path), "yml" | "yaml" | "conf" | "" | "config")
                    && file.has("current-context")
                    && file.has("clusters")
            },
            "the way into a Kubernetes cluster",
            r#"(?m-u)^\s*(?:client-key-data|token|password)\s*:\s*["']?([A-Za-z0-9+/=._-]{12,})"#,
        ),
        format(
            |file| file.name() == ".htpasswd",
            "the hash of a password",
            r"(?m-u)^[^:#\s]+:(\$(?:apr1|2[aby]|5|6)\$\S{20,}|\{SHA\}\S{20,})",
        ),
        format(
            |file| matches!(file.name(), ".pgpass" | "pgpass.conf"),
            "the password of a database",
            r"(?m-u)^[^#:\s]+:[^:]*:[^:]*:[^:]*:(\S{4,})",
        ),
        format(
            |file| {
                extension(file.path) == "json" && file.has("\"client_secret\"") && file.has("\"token_uri\"")
            },
            "the secret of an OAuth client",
            r#"(?-u)"client_secret"\s*:\s*"([A-Za-z0-9_-]{20,})""#,
        ),
    ]
});

fn pattern(file: &SourceFile<'_>) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.is)(file))
}

fn credentials(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    if !context.is_shared(file.path) {
        return;
    }
    let Some(format) = pattern(file) else { return };
    for found in format.line.captures_iter(file.text.as_bytes()) {
        let Some(range) = found.get(1).map(|group| group.range()) else { continue };
        let Some(value) = file.text.get(range.clone()) else { continue };
        let is_login = format.what.starts_with("the login") && value.len() < 20;
        if evidence::is_placeholder(value)
            || is_login
            || scan::is_known(scan::line_around(file.text, range.start))
        {
            continue;
        }
        let says = format!("{} is in this file", format.what);
        sink.report_in(file, Draft::bytes(CREDENTIALS, file.path, range.clone()).hiding(range).says(says));
    }
}
