//! Whether the repository deploys anything: a prototype is not asked for alerts.

use seaworthy_detect::Manifest;
use seaworthy_model::{Kind, Service};

use crate::context::Context;
use crate::file::{Role, SourceFile, extension, name};

/// An app with services that some file deploys.
pub(super) struct Deployed<'c> {
    pub(super) context: &'c Context<'c>,
}

impl<'c> Deployed<'c> {
    /// `None` for libraries, static sites and prototypes.
    pub(super) fn find(context: &'c Context<'c>) -> Option<Self> {
        let is_run = |service: &Service| matches!(service.kind.get(), Some(Kind::Web | Kind::Worker));
        if !context.app.services.values().any(is_run) {
            return None;
        }
        context.repository.paths().iter().any(|path| deploys(path)).then_some(Self { context })
    }

    /// Services that keep running.
    pub(super) fn processes(&self) -> usize {
        let is_run = |service: &&Service| matches!(service.kind.get(), Some(Kind::Web | Kind::Worker));
        self.context.app.services.values().filter(is_run).count()
    }

    /// Some project depends on a package whose name contains one of these.
    pub(super) fn depends_on(&self, packages: &[&str]) -> bool {
        let has = |manifest: &Manifest| {
            manifest.dependencies.keys().any(|name| {
                let name = name.to_ascii_lowercase();
                packages.iter().any(|package| name.contains(package))
            })
        };
        self.context.manifests.iter().any(has)
    }

    /// Every project has its dependencies listed where they can be read.
    pub(super) fn knows_dependencies(&self) -> bool {
        self.context.manifests.iter().any(|manifest| !manifest.dependencies.is_empty())
    }

    /// A path holds one of these words, whatever its capitals.
    pub(super) fn has_path(&self, words: &[&str]) -> bool {
        self.context.repository.paths().iter().any(|path| {
            let path = path.to_ascii_lowercase();
            words.iter().any(|word| path.contains(word))
        })
    }

    /// A text that people or pipelines read holds one of these words.
    pub(super) fn is_written(&self, files: impl Fn(&str) -> bool, words: &[&str]) -> bool {
        let repository = self.context.repository;
        repository.paths().iter().filter(|path| files(path)).any(|path| {
            repository.source(path).is_some_and(|text| {
                let text = text.to_ascii_lowercase();
                words.iter().any(|word| text.contains(word))
            })
        })
    }
}

/// The file brings the app somewhere.
pub(super) fn deploys(path: &str) -> bool {
    let name = name(path);
    let is_yaml = matches!(extension(path), "yml" | "yaml");
    if matches!(SourceFile::new(path, "").role, Role::Test | Role::Example) {
        return false;
    }
    matches!(
        name,
        "fly.toml"
            | "render.yaml"
            | "render.yml"
            | "Procfile"
            | "vercel.json"
            | "app.yaml"
            | "serverless.yml"
            | "railway.json"
            | "railway.toml"
            | "Chart.yaml"
            | "kustomization.yaml"
            | "skaffold.yaml"
            | "captain-definition"
            | "apprunner.yaml"
            | "heroku.yml"
            | "cloudbuild.yaml"
            | "copilot.yml"
    ) || is_yaml
        && (name.contains("compose") && name.contains("prod") || is_pipeline(path) && name.contains("deploy"))
        || is_yaml && path.split('/').any(|part| matches!(part, "k8s" | "kubernetes" | "helm" | "manifests"))
        || path.ends_with("config/deploy.yml")
        || name.starts_with("deploy.") && extension(path) == "sh"
        || name == "Dockerfile"
}

/// A file of a CI system.
pub(super) fn is_pipeline(path: &str) -> bool {
    path.starts_with(".github/workflows/")
        || path.starts_with(".circleci/")
        || path.starts_with(".buildkite/")
        || path.starts_with(".woodpecker")
        || path.starts_with(".forgejo/workflows/")
        || path.starts_with(".gitea/workflows/")
        || path.starts_with(".gitlab/")
        || matches!(
            path,
            ".gitlab-ci.yml"
                | ".travis.yml"
                | "azure-pipelines.yml"
                | "bitbucket-pipelines.yml"
                | "Jenkinsfile"
                | ".drone.yml"
                | "cloudbuild.yaml"
                | "buildspec.yml"
                | "appveyor.yml"
                | ".cirrus.yml"
                | "codemagic.yaml"
        )
}

/// What people read about the whole: not the documents of each part.
pub(super) fn is_document(path: &str) -> bool {
    let is_near =
        path.matches('/').count() <= 2 && (!path.contains('/') || path.to_ascii_lowercase().contains("doc"));
    is_near
        && matches!(extension(path), "md" | "mdx" | "rst" | "txt" | "adoc")
        && !path.to_ascii_lowercase().contains("changelog")
}

/// A script or pipeline that deploys.
pub(super) fn is_script(path: &str) -> bool {
    is_pipeline(path)
        || matches!(extension(path), "sh")
        || matches!(
            name(path),
            "Makefile"
                | "justfile"
                | "Justfile"
                | "Taskfile.yml"
                | "package.json"
                | "Rakefile"
                | "fabfile.py"
        )
}
