//! `develop.watch`: what a changed file leads to.

use seaworthy_model::WatchAction;

use super::flavour::Project;
use crate::print::Node;
use crate::{Instance, join, node};

/// What is written while an app runs or is built, and says nothing new.
const IGNORED: [&str; 8] =
    ["node_modules/", ".git/", "__pycache__/", ".venv/", "dist/", "build/", "target/", "tests/"];

/// The rules of a service: those of the model, else that a changed file is copied where programs are read as they are,
/// and builds the image anew where they are built.
pub(super) fn rules(project: &Project<'_>, instance: &Instance<'_>) -> Option<Node> {
    let image = project.images.get(instance.name)?;
    let here =
        |path: &str| format!("./{}", join(instance.path(), path)).replace("./.", ".").replace("//", "/");
    let folder = if instance.path() == "." { ".".to_owned() } else { format!("./{}", instance.path()) };
    let mut rules = Vec::new();
    for rule in instance.service.watch.get().into_iter().flatten() {
        let syncs =
            matches!(rule.action, WatchAction::Sync | WatchAction::SyncRestart | WatchAction::SyncExec);
        let path = rule.path.trim_start_matches("./");
        // Compose watches files and folders, and takes no patterns.
        let path = path.split('*').next().unwrap_or(path).trim_end_matches('/');
        let target = rule.target.clone().or_else(|| syncs.then(|| format!("{}/{path}", image.folder)));
        rules.push(Node::map([
            ("path", Some(Node::from(if path.is_empty() { folder.clone() } else { here(path) }))),
            ("action", Some(Node::from(action(rule.action)))),
            ("target", target.map(|target| Node::from(target.trim_end_matches('/')))),
            ("ignore", Node::list(rule.ignore.iter().map(String::as_str)).filled()),
            ("exec", rule.exec.as_deref().map(|command| node!({ "command": command }))),
        ]));
    }
    if rules.is_empty() {
        for file in &image.manifests {
            rules.push(node!({ "path": (format!("./{}", join(&image.build.context, file)).replace("./.", ".")), "action": "rebuild" }));
        }
        let ignore = Node::flow(IGNORED);
        rules.push(if image.is_interpreted {
            node!({ "path": folder, "action": "sync+restart", "target": (image.folder.as_str()), "ignore": ignore })
        } else {
            node!({ "path": folder, "action": "rebuild", "ignore": ignore })
        });
    }
    Some(Node::List(rules))
}

fn action(action: WatchAction) -> &'static str {
    match action {
        WatchAction::Restart => "restart",
        WatchAction::Rebuild => "rebuild",
        WatchAction::Sync => "sync",
        WatchAction::SyncRestart => "sync+restart",
        WatchAction::SyncExec => "sync+exec",
    }
}
