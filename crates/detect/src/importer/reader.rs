//! Reading one file of another tool: every value with its origin, every key that the model cannot hold noted.

use seaworthy_model::quantity::{Bytes, Duration};
use seaworthy_model::{Field, JobTrigger, Name, Origin, Place, Warning};

use crate::document::Node;
use crate::draft::Draft;
use crate::repository::Repository;

/// The keys that only people, editors and the file's own tool look at.
const PRESENTATIONAL: [&str; 15] = [
    "$schema",
    "name",
    "description",
    "keywords",
    "logo",
    "repository",
    "website",
    "version",
    "schema",
    "public",
    "github",
    "hidden",
    "customizations",
    "title",
    "comment",
];

/// A file that is being read.
pub(super) struct Reader<'a> {
    title: &'static str,
    pub(super) file: &'a str,
    unheld: Vec<(String, u32)>,
}

impl<'a> Reader<'a> {
    /// `title` is what people call the file.
    pub(super) fn new(title: &'static str, file: &'a str) -> Self {
        Self { title, file, unheld: Vec::new() }
    }

    /// The origin of a value that the file says.
    pub(super) fn origin(&self, what: &str, line: u32) -> Origin {
        let rule = format!("{} {what}", self.title);
        Origin::imported(rule.trim_end().to_owned()).at(self.place(line))
    }

    /// The origin of a conclusion from the file that need not hold where the app runs.
    pub(super) fn hint(&self, what: &str, line: u32) -> Origin {
        let rule = format!("{} {what}", self.title);
        Origin::detected(rule.trim_end().to_owned()).at(self.place(line)).guess()
    }

    pub(super) fn place(&self, line: u32) -> Place {
        Place::line(self.file, line)
    }

    /// Notes a key that the model cannot hold.
    pub(super) fn leave(&mut self, key: impl Into<String>, line: u32) {
        self.unheld.push((key.into(), line));
    }

    /// Notes every key of a table that is not among the `held` ones.
    pub(super) fn check(&mut self, node: &Node, prefix: &str, held: &[&str]) {
        for entry in node.entries() {
            let key = &*entry.key;
            let is_known = held.contains(&key) || prefix.is_empty() && PRESENTATIONAL.contains(&key);
            if !is_known && !entry.node.is_null() && !key.starts_with("x-") {
                self.leave(dotted(prefix, key), entry.line);
            }
        }
    }

    /// Proposes the text under `key`, when there is one.
    pub(super) fn text(&self, field: &mut Field<String>, node: &Node, key: &str) {
        self.text_in("", field, node, key);
    }

    /// Proposes the text under `key` of the table `prefix`.
    pub(super) fn text_in(&self, prefix: &str, field: &mut Field<String>, node: &Node, key: &str) {
        if let Some(found) = node.get(key)
            && let Some(text) = command(found)
        {
            field.propose(text, self.origin(&dotted(prefix, key), found.line));
        }
    }

    /// Proposes a build command; an installation at its beginning is told apart.
    pub(super) fn build(&self, service: &mut seaworthy_model::Service, node: &Node, key: &str) {
        let Some(found) = node.get(key) else { return };
        let Some(text) = command(found) else { return };
        let (install, build) = split_install(&text);
        if !install.is_empty() {
            service.install.propose(install, self.origin(key, found.line));
        }
        if !build.is_empty() {
            service.build.propose(build, self.origin(key, found.line));
        }
    }

    /// Adds what runs before a release.
    pub(super) fn release(&self, draft: &mut Draft, index: usize, run: String, what: &str, line: u32) {
        let name = if is_migration(&run) { "migrate" } else { "release" };
        let origin = self.origin(what, line);
        Self::job(draft, name, Some(index), run, origin.clone()).on.propose(JobTrigger::Release, origin);
    }

    /// Adds a job that runs as a service does.
    pub(super) fn job<'d>(
        draft: &'d mut Draft,
        name: &str,
        index: Option<usize>,
        run: String,
        origin: Origin,
    ) -> &'d mut seaworthy_model::Job {
        let service = index.map(|index| &draft.services[index]);
        let path = service.map_or(".".to_owned(), |service| service.service.path().to_owned());
        let of = service.and_then(|service| service.names.get().cloned());
        let job = draft.jobs.entry(Name::from_text(name)).or_default();
        job.run.propose(run, origin.clone());
        job.path.propose(path, origin.clone());
        if let Some(of) = of {
            job.service.propose(of, origin);
        }
        job
    }

    /// Says which keys were left out, once.
    pub(super) fn finish(self, draft: &mut Draft) {
        if self.unheld.is_empty() {
            return;
        }
        let mut keys: Vec<&str> = self.unheld.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut lines: Vec<u32> = self.unheld.iter().map(|(_, line)| *line).collect();
        lines.sort_unstable();
        lines.dedup();
        draft.warnings.push(Warning::new(
            "not-imported",
            format!("{} says more than the model holds: {}", self.file, keys.join(", ")),
            lines.into_iter().map(|line| Place::line(self.file, line)),
        ));
    }
}

fn dotted(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// A command as one shell text, whether it is written as a text or as a list of words.
pub(super) fn command(node: &Node) -> Option<String> {
    let text = match node.items() {
        [] => node.text()?.trim().to_owned(),
        words => {
            let words: Vec<String> = words.iter().filter_map(Node::scalar).collect();
            words.iter().map(|word| super::compose::quoted(word)).collect::<Vec<_>>().join(" ")
        }
    };
    let text = super::compose::unwrapped(&text);
    (!text.is_empty()).then_some(text)
}

/// A time in the ways platforms write one: `30s`, `1m30s`, or a number of seconds.
pub(super) fn seconds(node: &Node) -> Option<Duration> {
    let text = node.scalar()?;
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_millis(seconds.saturating_mul(1_000))),
        Err(_) => Duration::parse(&text).ok(),
    }
}

/// A size as platforms write one, who say `MB` and mean 1024 × 1024 bytes.
pub(super) fn binary_size(text: &str) -> Option<Bytes> {
    let lower = text.trim().to_ascii_lowercase();
    let number = lower.trim_end_matches("ib").trim_end_matches('b').trim_end_matches(['m', 'g', 'k']);
    let unit = match lower[number.len()..].chars().next() {
        Some('g') => "Gi",
        Some('k') => "Ki",
        _ => "Mi",
    };
    Bytes::parse(&format!("{}{unit}", number.trim())).ok()
}

/// The command brings a database to its schema.
pub(super) fn is_migration(command: &str) -> bool {
    ["migrate", "migration", "alembic upgrade", "db push", "db:prepare", "Release.migrate", "goose up"]
        .iter()
        .any(|word| command.contains(word))
}

/// Beginnings of commands that only install dependencies.
const INSTALLS: [&str; 30] = [
    "npm ci",
    "npm install",
    "npm i",
    "yarn",
    "yarn install",
    "yarn --frozen-lockfile",
    "pnpm i",
    "pnpm install",
    "bun install",
    "bun i",
    "pip install",
    "pip3 install",
    "python -m pip install",
    "poetry install",
    "uv sync",
    "uv pip install",
    "pipenv install",
    "bundle install",
    "bundle config",
    "bundle",
    "composer install",
    "mix deps.get",
    "mix local.hex",
    "mix local.rebar",
    "go mod download",
    "corepack enable",
    "dotnet restore",
    "npm --version",
    "gem install",
    "mix setup.deps",
];

/// A build command as its installing beginning and the rest: `npm ci && npm run build`.
pub(super) fn split_install(command: &str) -> (String, String) {
    if command.contains(['\n', '|']) || command.contains(';') {
        return (String::new(), command.to_owned());
    }
    let parts: Vec<&str> = command.split("&&").map(str::trim).collect();
    let installs = |part: &str| {
        INSTALLS.iter().any(|known| match part.strip_prefix(known) {
            // A bare `yarn` installs; `yarn build` does not.
            Some(rest) if matches!(*known, "yarn" | "bundle") => rest.is_empty(),
            Some(rest) => rest.is_empty() || rest.starts_with(' '),
            None => false,
        })
    };
    let count = parts.iter().take_while(|part| installs(part)).count();
    (parts[..count].join(" && "), parts[count..].join(" && "))
}

/// The folder that a Dockerfile builds: its own, where that holds a project; `docker/Dockerfile` and the like
/// build what is around them.
pub(super) fn built_folder(repo: &Repository, dir: &str, dockerfile: &str) -> Option<String> {
    let path = crate::repository::resolve(dir, dockerfile)?;
    let folder = crate::repository::parent(&path);
    let is_project = crate::language::own_manifest(repo, folder).is_some();
    (folder != dir && is_project).then(|| folder.to_owned())
}

/// Paths of a name that belong to the app, in the order of folders.
pub(super) fn files(repo: &Repository, names: &[&str]) -> Vec<String> {
    let found = names.iter().flat_map(|name| repo.named(name));
    found.filter(|path| !crate::language::is_aside(path)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_told_from_the_build() {
        for (command, install, build) in [
            ("npm ci && npm run build", "npm ci", "npm run build"),
            ("pip install -r requirements.txt", "pip install -r requirements.txt", ""),
            ("yarn && yarn build", "yarn", "yarn build"),
            ("yarn build", "", "yarn build"),
            ("npm run build", "", "npm run build"),
            ("", "", ""),
        ] {
            assert_eq!(split_install(command), (install.to_owned(), build.to_owned()), "{command}");
        }
    }

    #[test]
    fn sizes_are_binary() {
        for (text, size) in [("512mb", "512Mi"), ("1gb", "1Gi"), ("256", "256Mi"), ("2GB", "2Gi")] {
            assert_eq!(binary_size(text).map(|size| size.to_string()).as_deref(), Some(size), "{text}");
        }
        assert_eq!(binary_size("much"), None);
    }
}
