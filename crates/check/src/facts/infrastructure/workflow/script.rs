//! Scripts of steps.

use seaworthy_detect::document::Node;

use super::Look;
use super::model::{Job, Step, is_test};
use crate::finding::{Draft, Edit};
use crate::mend::block;
use crate::rule::Severity;

pub(super) fn check(look: &Look<'_>, job: &Job<'_>, step: &Step<'_>) {
    let scripts = [
        step.run,
        step.with("script")
            .filter(|_| step.is("actions/github-script"))
            .and_then(|node| Some((node.text()?, node.line))),
    ];
    for (script, line) in scripts.into_iter().flatten() {
        for expression in expressions(script) {
            let inside = expression.trim();
            if is_of_strangers(inside) && !job.refuses_forks(step) {
                let weight = if look.workflow.is_open() { Severity::Critical } else { Severity::High };
                let message = format!("whoever writes `{inside}` writes a part of this script");
                look.weigh("actions-template-injection", look.line_of(expression, line), weight, message);
            } else if inside.starts_with("secrets.") && step.run.is_some() {
                look.report("actions-secret-in-script", look.line_of(expression, line));
            }
        }
    }
    if let Some((script, line)) = step.run {
        for command in ["::set-output", "::save-state", "::set-env", "::add-path"] {
            if script.contains(command) {
                let line = look.line_of(command, line);
                let edit = is_posix(look, job, step).then(|| to_file(look, line)).flatten();
                let draft = Draft::line("actions-removed-command", look.file.path, line);
                let says = format!("`{command}` is no longer meant to work");
                look.sink.report_in(look.file, draft.says(says).mended_if(edit));
            }
        }
        for one in script.lines().filter(|one| is_test(one)) {
            let ignores =
                ["|| true", "|| exit 0", "|| echo", "||true", "|| :"].iter().any(|end| one.contains(end));
            if ignores {
                look.report("actions-ignored-failure", look.line_of(one.trim(), line));
            }
        }
        let goes_on = step.node.entries().iter().find(|entry| &*entry.key == "continue-on-error");
        if let Some(entry) = goes_on.filter(|entry| entry.node.bool() == Some(true) && is_test(script)) {
            look.report("actions-ignored-failure", entry.line);
        }
    }
}

/// Its script is read by a shell that knows `>>` and `"$NAME"`.
fn is_posix(look: &Look<'_>, job: &Job<'_>, step: &Step<'_>) -> bool {
    let runner = job.node.get("runs-on").and_then(Node::text).unwrap_or_default();
    let is_unix = ["ubuntu-", "macos-"].iter().any(|prefix| runner.starts_with(prefix));
    let says_shell = step.node.get("shell").is_some()
        || [job.node, look.workflow.root].iter().any(|node| node.at(&["defaults", "run", "shell"]).is_some());
    is_unix && !says_shell
}

/// `echo "::set-output name=KEY::VALUE"`, alone on its line, as a line for the file that took its place. A value that may have
/// several lines is written otherwise, and left to a person.
fn to_file(look: &Look<'_>, line: u32) -> Option<Edit> {
    let (start, line) = block::nth(look.file.text, line)?;
    let at = line.find("echo \"::")?;
    let is_alone = matches!(line[..at].trim(), "" | "run:" | "- run:");
    let inside = line[at..].trim_end().strip_prefix("echo \"::")?.strip_suffix('"')?;
    let (command, value) = inside.split_once("::")?;
    if !is_alone || value.is_empty() || value.contains(['"', '`', '%', '(', '{', '\\']) {
        return None;
    }
    let (command, key) =
        command.split_once(" name=").map_or((command, None), |(name, key)| (name, Some(key)));
    let is_name = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let text = match (command, key) {
        ("set-output", Some(key)) if is_name(key) => format!("echo \"{key}={value}\" >> \"$GITHUB_OUTPUT\""),
        ("save-state", Some(key)) if is_name(key) => format!("echo \"{key}={value}\" >> \"$GITHUB_STATE\""),
        ("set-env", Some(key)) if is_name(key) => format!("echo \"{key}={value}\" >> \"$GITHUB_ENV\""),
        ("add-path", None) => format!("echo \"{value}\" >> \"$GITHUB_PATH\""),
        _ => return None,
    };
    let range = start + at..start + line.trim_end().len();
    Some(Edit { file: look.file.path.to_owned(), range, text })
}

/// What stands between `${{` and `}}`.
fn expressions(text: &str) -> impl Iterator<Item = &str> {
    text.split("${{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0))
}

/// A text that anyone can choose who opens an issue, writes a comment or names a branch.
fn is_of_strangers(expression: &str) -> bool {
    const TEXTS: [&str; 17] = [
        "github.head_ref",
        "github.event.issue.title",
        "github.event.issue.body",
        "github.event.comment.body",
        "github.event.review.body",
        "github.event.review_comment.body",
        "github.event.discussion.title",
        "github.event.discussion.body",
        "github.event.pull_request.title",
        "github.event.pull_request.body",
        "github.event.pull_request.head.ref",
        "github.event.pull_request.head.label",
        "github.event.head_commit.message",
        "github.event.head_commit.author",
        "github.event.workflow_run.head_branch",
        "github.event.workflow_run.head_commit.message",
        "github.event.workflow_run.display_title",
    ];
    // A comparison or `contains` gives true or false, which is no text of theirs.
    let is_text = !expression.contains("==")
        && !expression.contains("!=")
        && !expression.starts_with("contains(")
        && !expression.starts_with("startsWith(")
        && !expression.starts_with("toJSON(")
        && !expression.starts_with("toJson(");
    is_text && TEXTS.iter().any(|text| expression.contains(text))
}
