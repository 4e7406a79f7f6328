//! The actions that workflows use, each pinned to the commit that its tag named when it was written down here. A tag can be
//! moved by whoever owns it; a commit cannot. Dependabot and Renovate know this form and propose newer ones.

use crate::print::Node;

/// An action: its name, the tag, and the commit.
pub(super) struct Action {
    name: &'static str,
    tag: &'static str,
    commit: &'static str,
}

const fn action(name: &'static str, tag: &'static str, commit: &'static str) -> Action {
    Action { name, tag, commit }
}

pub(super) const CHECKOUT: Action =
    action("actions/checkout", "v5.0.0", "08c6903cd8c0fde910a37f88322edcfb5dd907a8");
pub(super) const CACHE: Action =
    action("actions/cache", "v4.2.3", "5a3ec84eff668545956fd18022155c47e93e2684");
pub(super) const NODE: Action =
    action("actions/setup-node", "v4.4.0", "49933ea5288caeca8642d1e84afbd3f7d6820020");
pub(super) const PYTHON: Action =
    action("actions/setup-python", "v5.6.0", "a26af69be951a213d495a4c3e4e4022e16d87065");
pub(super) const GO: Action =
    action("actions/setup-go", "v5.5.0", "d35c59abb061a4a6fb18e82ac0862c26744d6ab5");
pub(super) const JAVA: Action =
    action("actions/setup-java", "v4.7.1", "c5195efecf7bdfc987ee8bae7a71cb8b11521c00");
pub(super) const SARIF: Action =
    action("github/codeql-action/upload-sarif", "v3.28.18", "ff0a06e83cb2de871e5a09832bc6a81e7276941f");
pub(super) const AWS: Action =
    action("aws-actions/configure-aws-credentials", "v4.2.1", "b47578312673ae6fa5b5096b330d9fbac3d116df");
pub(super) const GOOGLE: Action =
    action("google-github-actions/auth", "v2.1.10", "ba79af03959ebeac9769e648f473a284504d9193");

impl Action {
    /// What a step's `uses` says.
    pub(super) fn uses(&self) -> Node {
        Node::from(format!("{}@{}", self.name, self.commit)).comment(self.tag)
    }
}
