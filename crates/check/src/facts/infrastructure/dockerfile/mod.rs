//! Dockerfiles: what is built, what it runs as, and how that starts.

mod base;
mod command;
mod copy;
mod packages;
mod run;
mod stage;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile};
use crate::finding::{Draft, Edit};
use stage::Image;

/// One look at a Dockerfile serves every rule about it.
pub(super) static FACT: FileFact = FileFact {
    rules: &[
        "docker-base-floating",
        "docker-base-not-pinned",
        "docker-runs-as-root",
        "docker-shell-form-command",
        "docker-several-commands",
        "docker-package-manager-as-init",
        "docker-no-healthcheck",
        "docker-expose-out-of-range",
        "docker-relative-workdir",
        "docker-python-buffered",
        "docker-node-env",
        "docker-apt-prompts",
        "docker-apt-recommends",
        "docker-apt-lists",
        "docker-apt-upgrade",
        "docker-apt-update-alone",
        "docker-apk-cache",
        "docker-sudo",
        "docker-npm-install",
        "docker-pip-cache",
        "docker-pip-unpinned",
        "docker-download-piped-to-shell",
        "docker-world-writable",
        "docker-add-for-copy",
        "docker-copy-before-install",
        "docker-no-dockerignore",
        "docker-copies-env-file",
        "docker-dev-dependencies",
        "docker-build-tools-in-image",
    ],
    wants: |file| is_dockerfile(file.name()) && is_shipped(file),
    check,
};

/// By its name.
pub(crate) fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".dockerignore") {
        return false;
    }
    lower == "dockerfile"
        || lower == "containerfile"
        || lower.starts_with("dockerfile.")
        || lower.ends_with(".dockerfile")
}

/// Not one for tests or for work on the code.
fn is_shipped(file: &SourceFile<'_>) -> bool {
    let name = file.name().to_ascii_lowercase();
    let is_for_work = name
        .split(['.', '-', '_'])
        .any(|part| matches!(part, "dev" | "development" | "local" | "test" | "ci"));
    !matches!(file.role, Role::Test | Role::Example)
        && !is_for_work
        && !file.path.split('/').any(|part| part == ".devcontainer")
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Ok(parsed) = parse_dockerfile::parse(file.text) else { return };
    let image = Image::new(&parsed);
    let look = Look { context, file, sink, image: &image };
    base::check(&look);
    command::check(&look);
    run::check(&look);
    packages::check(&look);
    copy::check(&look);
}

/// What a group of rules looks at, and where it reports.
struct Look<'l, 't> {
    context: &'l Context<'l>,
    file: &'l SourceFile<'l>,
    sink: &'l Sink<'l>,
    image: &'l Image<'l, 't>,
}

impl Look<'_, '_> {
    fn report(&self, rule: &'static str, span: &std::ops::Range<usize>) {
        self.sink.report_in(self.file, Draft::bytes(rule, self.file.path, span.clone()));
    }

    fn say(&self, rule: &'static str, span: &std::ops::Range<usize>, message: String) {
        self.sink.report_in(self.file, Draft::bytes(rule, self.file.path, span.clone()).says(message));
    }

    /// The same with a change that mends it: `text` in the place of `range`.
    fn mend(
        &self,
        rule: &'static str,
        span: &std::ops::Range<usize>,
        range: std::ops::Range<usize>,
        text: &str,
    ) {
        let edit = Edit { file: self.file.path.to_owned(), range, text: text.to_owned() };
        let draft = Draft::bytes(rule, self.file.path, span.clone());
        self.sink.report_in(self.file, draft.mended_by(edit));
    }

    /// The same with an option put behind a word of a command; without where the word cannot be found as it stands.
    fn add_option(&self, rule: &'static str, span: &std::ops::Range<usize>, verb: &str, option: &str) {
        let text = self.file.text.get(span.clone()).unwrap_or_default();
        let found = text.match_indices(verb).find(|(at, _)| {
            let is_blank = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
            *at > 0 && is_blank(text.as_bytes().get(at - 1)) && is_blank(text.as_bytes().get(at + verb.len()))
        });
        match found {
            Some((at, _)) => {
                let end = span.start + at + verb.len();
                self.mend(rule, span, end..end, &format!(" {option}"));
            }
            None => self.report(rule, span),
        }
    }
}
