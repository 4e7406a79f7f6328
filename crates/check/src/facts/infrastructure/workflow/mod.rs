//! GitHub's workflows: what they run, with whose words and whose rights.

mod action;
mod harmless;
mod job;
mod model;
mod script;

use seaworthy_detect::document::Node;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::SourceFile;
use crate::finding::Draft;
use crate::mend::block;
use crate::rule::Severity;
use model::Workflow;

/// One look at a workflow serves every rule about it.
pub(super) static FACT: FileFact = FileFact {
    rules: &[
        "actions-unpinned",
        "actions-untrusted-checkout",
        "actions-template-injection",
        "actions-no-permissions",
        "actions-write-all",
        "actions-persisted-credentials",
        "actions-self-hosted-pull-request",
        "actions-secrets-inherit",
        "actions-retired-runner",
        "actions-removed-command",
        "actions-retired-action",
        "actions-no-timeout",
        "actions-no-concurrency",
        "actions-cache-in-release",
        "actions-secret-in-script",
        "actions-deploy-untested",
        "actions-ignored-failure",
        "actions-unknown-needs",
        "actions-insecure-commands",
        "actions-spoofable-actor",
    ],
    wants: |file| is_workflow(file.path),
    check,
};

/// In the folder that GitHub reads.
fn is_workflow(path: &str) -> bool {
    path.strip_prefix(".github/workflows/")
        .is_some_and(|name| !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml")))
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(root) = context.repository.document(file.path) else { return };
    let workflow = Workflow::new(&root);
    let look = Look { file, sink, workflow: &workflow };
    rights(&look, &root);
    for job in &workflow.jobs {
        job::check(&look, job);
        for step in &job.steps {
            action::check(&look, job, step);
            script::check(&look, job, step);
        }
    }
}

struct Look<'l> {
    file: &'l SourceFile<'l>,
    sink: &'l Sink<'l>,
    workflow: &'l Workflow<'l>,
}

impl Look<'_> {
    fn report(&self, rule: &'static str, line: u32) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line));
    }

    fn say(&self, rule: &'static str, line: u32, message: String) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line).says(message));
    }

    fn weigh(&self, rule: &'static str, line: u32, weight: Severity, message: String) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line).weighs(weight).says(message));
    }

    /// The first line from `line` on that has this text: a script's key stands above its lines.
    fn line_of(&self, text: &str, line: u32) -> u32 {
        let skipped = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
        let found = self.file.text.lines().skip(skipped).position(|one| one.contains(text));
        found.and_then(|by| u32::try_from(by).ok()).map_or(line, |by| line + by)
    }
}

/// What the token of the workflow may do.
fn rights(look: &Look<'_>, root: &Node) {
    let all = |node: &Node| node.get("permissions").is_some_and(|node| node.text() == Some("write-all"));
    if let Some(permissions) = root.get("permissions").filter(|_| all(root)) {
        look.report("actions-write-all", permissions.line);
    }
    for job in &look.workflow.jobs {
        if let Some(permissions) = job.node.get("permissions").filter(|_| all(job.node)) {
            look.report("actions-write-all", permissions.line);
        }
    }
    let says_nothing = root.get("permissions").is_none()
        && look
            .workflow
            .jobs
            .iter()
            .any(|job| job.node.get("permissions").is_none() && !job.steps.is_empty());
    if says_nothing && let Some(jobs) = root.entries().iter().find(|entry| &*entry.key == "jobs") {
        let edit = harmless::needs_no_rights(look)
            .then(|| {
                let lines = ["permissions:", "  contents: read", ""];
                block::before(look.file.path, look.file.text, jobs.line, &lines)
            })
            .flatten();
        let draft = Draft::line("actions-no-permissions", look.file.path, jobs.line);
        look.sink.report_in(look.file, draft.mended_if(edit));
    }
}
