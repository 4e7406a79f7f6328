//! Files that describe how an app runs.

use seaworthy_detect::is_manifest;

/// A description of how the app runs: one file, or the manifests of one folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Compose(String),
    Kubernetes(String),
    Dockerfile(String),
    Platform(String),
    EnvExample(String),
}

impl Source {
    pub(super) fn of(file: &str) -> Option<Self> {
        let name = file.rsplit('/').next().unwrap_or(file);
        let folder = file.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        Some(match name {
            _ if is_yaml && (name.contains("compose")) => Self::Compose(file.to_owned()),
            "fly.toml" | "render.yaml" | "railway.json" | "railway.toml" | "app.json" | "vercel.json"
            | "netlify.toml" | "Procfile" | "heroku.yml" => Self::Platform(file.to_owned()),
            _ if name.starts_with("Dockerfile") || name.ends_with(".Dockerfile") => {
                Self::Dockerfile(file.to_owned())
            }
            _ if name.starts_with(".env") || name.ends_with(".env") || name == "env.example" => {
                Self::EnvExample(file.to_owned())
            }
            _ if is_yaml && is_manifest(file) => Self::Kubernetes(folder),
            _ => return None,
        })
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Compose(name)
            | Self::Kubernetes(name)
            | Self::Dockerfile(name)
            | Self::Platform(name)
            | Self::EnvExample(name) => name,
        }
    }

    /// It hands variables to what it runs.
    pub(super) fn is_deployment(&self) -> bool {
        matches!(self, Self::Compose(_) | Self::Kubernetes(_) | Self::Platform(_))
    }

    /// It describes the whole app, not one service of it.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Compose(_) | Self::Kubernetes(_))
    }

    /// It need not hold this variable: a Dockerfile sets what is the same everywhere.
    pub(super) fn is_partial(&self, key: &str) -> bool {
        match self {
            // What is kept in the dashboard of a platform stands in no file.
            Self::Dockerfile(_) | Self::Platform(_) => true,
            Self::EnvExample(_) => key.starts_with("npm_"),
            Self::Compose(_) | Self::Kubernetes(_) => false,
        }
    }
}
