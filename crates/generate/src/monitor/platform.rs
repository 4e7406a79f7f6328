//! What runs the containers of an environment, and so which exporters know of them.

use seaworthy_model::Name;

use super::metrics::{container, kube};
use crate::names::label;

/// What runs the containers of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    /// A Kubernetes cluster, with kube-state-metrics.
    Kubernetes {
        /// The namespace of the app.
        namespace: String,
    },
    /// Docker or Podman on a host, with cAdvisor and node-exporter.
    Containers {
        /// The Compose project.
        project: String,
    },
}

impl Platform {
    /// It is Kubernetes.
    pub(crate) fn is_kubernetes(&self) -> bool {
        matches!(self, Self::Kubernetes { .. })
    }

    /// Labels that select the containers of a service.
    pub(crate) fn containers(&self, service: &Name) -> String {
        let service = label(service.as_str(), 63);
        match self {
            Self::Kubernetes { namespace } => format!("namespace=\"{namespace}\",container=\"{service}\""),
            Self::Containers { project } => format!(
                "container_label_com_docker_compose_project=\"{project}\",container_label_com_docker_compose_service=\"{service}\""
            ),
        }
    }

    /// The label that tells one container from another.
    pub(crate) fn one(&self) -> &'static str {
        match self {
            Self::Kubernetes { .. } => "pod",
            Self::Containers { .. } => "id",
        }
    }

    /// The scrape job that knows how many containers there are.
    pub(crate) fn counter(&self) -> &'static str {
        match self {
            Self::Kubernetes { .. } => "kube-state-metrics",
            Self::Containers { .. } => "cadvisor",
        }
    }

    /// Containers of a service that are ready: 0 only when the exporter that would know of them answers, so that a dead
    /// exporter is not taken for a dead service.
    pub(crate) fn ready(&self, service: &Name) -> String {
        let containers = self.containers(service);
        let none = format!("0 * max(up{{job=\"{}\"}} == 1)", self.counter());
        match self {
            Self::Kubernetes { .. } => format!("sum({}{{{containers}}}) or {none}", kube::READY),
            Self::Containers { .. } => {
                format!("count(time() - {}{{{containers}}} < 60) or {none}", container::LAST_SEEN)
            }
        }
    }

    /// Restarts of a service within 15 minutes.
    pub(crate) fn restarts(&self, service: &Name) -> String {
        let containers = self.containers(service);
        match self {
            Self::Kubernetes { .. } => format!("sum(increase({}{{{containers}}}[15m]))", kube::RESTARTS),
            Self::Containers { .. } => format!("sum(changes({}{{{containers}}}[15m]))", container::STARTED),
        }
    }

    /// Something was killed for want of memory within 15 minutes.
    pub(crate) fn out_of_memory(&self, service: &Name) -> String {
        let containers = self.containers(service);
        match self {
            Self::Kubernetes { .. } => format!(
                "max(increase({}{{{containers}}}[15m]) > 0 and on (pod) {}{{{containers},reason=\"OOMKilled\"}} == 1)",
                kube::RESTARTS,
                kube::TERMINATED
            ),
            Self::Containers { .. } => {
                format!("max(increase({}{{{containers}}}[15m])) > 0", container::OOM)
            }
        }
    }

    /// The host of a service or resource, as others in the environment reach it.
    pub(crate) fn host(&self, name: &str) -> String {
        let name = label(name, 63);
        match self {
            Self::Kubernetes { namespace } => format!("{name}.{namespace}.svc"),
            Self::Containers { .. } => name,
        }
    }
}
