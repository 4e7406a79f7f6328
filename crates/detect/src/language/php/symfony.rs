//! Symfony: its Messenger worker and the variables its configuration names.

use seaworthy_model::{Field, Kind, Origin};

use crate::language::runtime_files::find_in;
use crate::project::{Project, companion_of};
use crate::repository::{Repository, join};

/// Adds the worker of every asynchronous Messenger transport.
pub(super) fn propose(repo: &Repository, project: &mut Project) {
    if !project.has("symfony/messenger") {
        return;
    }
    let path = join(&project.dir, "config/packages/messenger.yaml");
    // `failed` keeps what went wrong and `sync` is no queue: what messages are routed to is consumed.
    let Some((transport, place)) = find_in(
        repo,
        &path,
        r"(?m)^\s+transports:\s*\n(?:\s*#[^\n]*\n|\s+(?:failed|sync):[^\n]*\n)*\s+(\w+):",
    ) else {
        return;
    };
    if matches!(transport.as_str(), "failed" | "sync") {
        return;
    }
    let origin = Origin::detected("a Messenger transport").at(place);
    let mut worker = companion_of(&project.service);
    worker.framework = Field::default();
    worker.framework.propose("symfony-messenger".to_owned(), origin.clone());
    worker.kind.propose(Kind::Worker, origin.clone());
    worker.start.propose(format!("php bin/console messenger:consume {transport}"), origin);
    project.companions.push(("worker".to_owned(), worker));
}
