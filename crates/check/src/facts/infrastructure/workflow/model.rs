//! A workflow as its rules see it.

use seaworthy_detect::document::Node;

/// What starts it, and what it does.
pub(super) struct Workflow<'w> {
    pub(super) root: &'w Node,
    pub(super) jobs: Vec<Job<'w>>,
}

/// One job.
pub(super) struct Job<'w> {
    pub(super) id: &'w str,
    pub(super) line: u32,
    pub(super) node: &'w Node,
    pub(super) steps: Vec<Step<'w>>,
}

/// One step.
pub(super) struct Step<'w> {
    pub(super) node: &'w Node,
    /// The action that it uses, and the line that says so.
    pub(super) uses: Option<(&'w str, u32)>,
    /// The script that it runs, and the line of its key.
    pub(super) run: Option<(&'w str, u32)>,
}

impl<'w> Workflow<'w> {
    pub(super) fn new(root: &'w Node) -> Self {
        let entries = root.get("jobs").map(Node::entries).unwrap_or_default();
        let jobs = entries
            .iter()
            .map(|entry| Job {
                id: &entry.key,
                line: entry.line,
                node: &entry.node,
                steps: entry
                    .node
                    .get("steps")
                    .map(Node::items)
                    .unwrap_or_default()
                    .iter()
                    .map(Step::new)
                    .collect(),
            })
            .collect();
        Self { root, jobs }
    }

    /// It is started by this event.
    pub(super) fn is_on(&self, event: &str) -> bool {
        let Some(on) = self.root.get("on") else { return false };
        on.texts().contains(&event) || on.get(event).is_some()
    }

    /// It is started by what strangers can do, and has the repository's secrets.
    pub(super) fn is_open(&self) -> bool {
        ["pull_request_target", "issues", "issue_comment", "discussion", "discussion_comment", "workflow_run"]
            .iter()
            .any(|event| self.is_on(event))
    }

    /// It makes what others install.
    pub(super) fn is_release(&self) -> bool {
        self.is_on("release") || self.root.at(&["on", "push", "tags"]).is_some()
    }
}

impl<'w> Job<'w> {
    /// It puts something where users reach it.
    pub(super) fn deploys(&self) -> bool {
        let is_named = !self.id.contains("doc")
            && self
                .id
                .split(['-', '_'])
                .any(|part| matches!(part, "deploy" | "deployment" | "release" | "publish"));
        let runs = self.scripts().any(|script| {
            [
                "kubectl apply",
                "helm upgrade",
                "flyctl deploy",
                "fly deploy",
                "vercel --prod",
                "vercel deploy",
                "serverless deploy",
                "cdk deploy",
                "terraform apply",
                "railway up",
                "netlify deploy",
                "docker stack deploy",
                "gcloud run deploy",
                "npm run deploy",
                "firebase deploy",
            ]
            .iter()
            .any(|command| script.contains(command))
        });
        !self.steps.is_empty() && (is_named || runs || self.node.get("environment").is_some())
    }

    /// A condition of it, or of the step, lets only the repository's own branches through.
    pub(super) fn refuses_forks(&self, step: &Step<'_>) -> bool {
        const MARKS: [&str; 5] = [
            "workflow_run.event",
            "head_repository",
            "head.repo.full_name",
            "head.repo.fork",
            "head.repo.owner",
        ];
        [self.node, step.node]
            .iter()
            .filter_map(|node| node.get("if")?.text())
            .any(|condition| MARKS.iter().any(|mark| condition.contains(mark)))
    }

    /// It runs tests.
    pub(super) fn tests(&self) -> bool {
        self.scripts().any(is_test)
    }

    pub(super) fn scripts(&self) -> impl Iterator<Item = &'w str> {
        self.steps.iter().filter_map(|step| Some(step.run?.0))
    }

    pub(super) fn needs(&self) -> Vec<&'w Node> {
        match self.node.get("needs") {
            Some(node) if node.is_list() => node.items().iter().collect(),
            Some(node) => vec![node],
            None => Vec::new(),
        }
    }
}

impl<'w> Step<'w> {
    fn new(node: &'w Node) -> Self {
        let get = |key: &str| {
            let entry = node.entries().iter().find(|entry| &*entry.key == key)?;
            Some((entry.node.text()?, entry.line))
        };
        Self { node, uses: get("uses"), run: get("run") }
    }

    /// It uses this action, whatever version.
    pub(super) fn is(&self, action: &str) -> bool {
        self.uses.is_some_and(|(uses, _)| uses.split('@').next() == Some(action))
    }

    pub(super) fn with(&self, key: &str) -> Option<&'w Node> {
        self.node.at(&["with", key])
    }
}

/// A script runs tests.
pub(super) fn is_test(script: &str) -> bool {
    [
        "npm test",
        "npm t ",
        "npm run test",
        "yarn test",
        "pnpm test",
        "pnpm run test",
        "pytest",
        "go test",
        "cargo test",
        "cargo nextest",
        "bundle exec rspec",
        "rails test",
        "mvn test",
        "mvn verify",
        "gradlew test",
        "phpunit",
        "dotnet test",
        "vitest",
        "jest",
        "playwright test",
        "mix test",
        "bun test",
        "manage.py test",
        "tox",
        "make test",
    ]
    .iter()
    .any(|command| script.contains(command))
}
