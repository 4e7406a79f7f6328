//! Compose files: what they start, and what of it would not hold in production.

mod access;
mod service;
mod start;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, name};
use crate::finding::{Draft, Edit};
use crate::mend::block;
use crate::rule::Severity;
pub(in crate::facts::infrastructure) use access::is_broad;
use service::{File, Service};

/// One look at a file serves every rule about it.
pub(super) static FACT: FileFact = FileFact {
    rules: &[
        "compose-database-published",
        "compose-privileged",
        "compose-broad-capability",
        "compose-host-network",
        "compose-docker-socket",
        "compose-default-password",
        "compose-no-restart",
        "compose-database-without-healthcheck",
        "compose-dependency-not-awaited",
        "compose-image-floating",
        "compose-source-mount",
        "compose-version-key",
        "compose-name-with-replicas",
        "compose-database-without-volume",
        "compose-development-settings",
        "compose-no-memory-limit",
        "compose-no-log-rotation",
    ],
    wants: |file| is_compose(file.name()) && !matches!(file.role, Role::Test | Role::Example),
    check,
};

/// By its name: `compose.yaml`, `docker-compose.prod.yml`, ...
pub(crate) fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| {
        ["docker-compose", "compose"].iter().any(|prefix| {
            stem.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        })
    })
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tier {
    /// Its name says so.
    Production,
    /// Nothing says what it is for, so that it will be used for everything.
    Unclear,
    /// Its name says so, or it mounts the code that is worked on.
    Development,
}

impl Tier {
    fn by_name(path: &str) -> Self {
        let is = |words: &[&str]| name(path).split(['.', '-', '_']).any(|part| words.contains(&part));
        if is(&["prod", "production", "deploy", "server", "swarm", "staging"]) {
            Self::Production
        } else if is(&["dev", "development", "override", "local", "test", "tests", "ci", "e2e"]) {
            Self::Development
        } else {
            Self::Unclear
        }
    }
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(root) = context.repository.document(file.path) else { return };
    let folder = file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let by_name = Tier::by_name(file.path);
    // What a file for production leaves out stands in the one it is laid over.
    let below = (by_name != Tier::Unclear)
        .then(|| {
            let names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
            context.repository.first_of(folder, names)
        })
        .flatten()
        .and_then(|path| context.repository.document(&path));
    let compose = File::new(&root, below.as_deref());
    let has_other = context
        .repository
        .files_in(folder)
        .any(|path| is_compose(name(path)) && Tier::by_name(path) == Tier::Production);
    let tier = match by_name {
        Tier::Unclear if compose.services.iter().any(service::mounts_its_code) || has_other => {
            Tier::Development
        }
        tier => tier,
    };
    let look = Look { file, sink, compose: &compose, tier };
    if let Some(entry) = root.entries().iter().find(|entry| &*entry.key == "version")
        && root.get("services").is_some()
    {
        let draft = Draft::line("compose-version-key", file.path, entry.line);
        sink.report_in(
            file,
            without_line(file, entry.line).map_or(draft.clone(), |edit| draft.mended_by(edit)),
        );
    }
    for service in &compose.services {
        access::check(&look, service);
        start::check(&look, service);
    }
}

/// The line goes, and the blank one behind it.
fn without_line(file: &SourceFile<'_>, line: u32) -> Option<Edit> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let mut start = 0;
    let mut lines = file.text.split_inclusive('\n');
    for skipped in lines.by_ref().take(index) {
        start += skipped.len();
    }
    let mut end = start + lines.next()?.len();
    if let Some(blank) = lines.next().filter(|next| next.trim().is_empty()) {
        end += blank.len();
    }
    Some(Edit { file: file.path.to_owned(), range: start..end, text: String::new() })
}

struct Look<'l> {
    file: &'l SourceFile<'l>,
    sink: &'l Sink<'l>,
    compose: &'l File<'l>,
    tier: Tier,
}

impl Look<'_> {
    fn report(&self, rule: &'static str, line: u32) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line));
    }

    fn say(&self, rule: &'static str, line: u32, weight: Severity, message: String) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line).weighs(weight).says(message));
    }

    /// The lines of a service that would mend what is missing in it.
    fn added(&self, service: &Service<'_>, lines: &[&str]) -> Option<Edit> {
        block::first_in(self.file.path, self.file.text, service.line, lines)
    }
}
