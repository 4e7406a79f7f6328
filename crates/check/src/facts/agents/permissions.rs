//! Coding agents that may run anything without being asked about.

use seaworthy_detect::document::Node;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::SourceFile;
use crate::finding::Draft;

const RULE: &str = "agent-allows-everything";

pub(super) static FACT: FileFact = FileFact {
    rules: &[RULE],
    wants: |file| {
        [
            ".claude/settings.json",
            ".claude/settings.local.json",
            ".codex/config.toml",
            ".gemini/settings.json",
            ".cursor/cli.json",
            ".vscode/settings.json",
            "opencode.json",
            ".qwen/settings.json",
        ]
        .iter()
        .any(|end| {
            file.path == *end
                || file.path.ends_with(end) && file.path[..file.path.len() - end.len()].ends_with('/')
        })
    },
    check,
};

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(document) = context.repository.document(file.path) else { return };
    let report = |line: u32, what: &str| {
        sink.report_in(
            file,
            Draft::line(RULE, file.path, line).says(format!("{what}, whatever the command is")),
        );
    };
    let allowed = document.at(&["permissions", "allow"]).or_else(|| document.at(&["tools", "allowed"]));
    for item in allowed.into_iter().flat_map(Node::items) {
        if let Some(text) = item.text().filter(|text| is_everything(text)) {
            report(item.line, &format!("`{text}` lets the agent run commands without asking"));
        }
    }
    let settings: [(&[&str], &str); 8] = [
        (&["permissions", "defaultMode"], "bypassPermissions"),
        (&["sandbox_mode"], "danger-full-access"),
        (&["approvalMode"], "yolo"),
        (&["general", "defaultApprovalMode"], "yolo"),
        (&["permission", "bash"], "allow"),
        (&["permission"], "allow"),
        (&["chat.tools.autoApprove"], "true"),
        (&["chat.tools.global.autoApprove"], "true"),
    ];
    for (keys, value) in settings {
        if let Some(node) = document.at(keys).filter(|node| node.scalar().as_deref() == Some(value)) {
            report(node.line, &format!("`{}: {value}` lets the agent act without asking", keys.join(".")));
        }
    }
}

fn is_everything(permission: &str) -> bool {
    let plain = permission.replace(' ', "");
    matches!(
        plain.as_str(),
        "*" | "Bash"
            | "Bash(*)"
            | "Bash(*:*)"
            | "Bash(:*)"
            | "Shell(*)"
            | "Shell"
            | "run_shell_command"
            | "Bash(sudo:*)"
            | "Bash(bash:*)"
            | "Bash(sh:*)"
    )
}
