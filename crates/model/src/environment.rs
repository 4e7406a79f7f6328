//! Where an app runs.

use serde::Serialize;

use crate::quantity::{Duration, Percent};
use crate::{Field, Name, SecretSource};

/// An environment: `local`, `staging`, `production`, ...
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// What runs it.
    pub engine: Field<EngineKind>,
    /// The machine, for the host engine: `ssh://user@host`; this machine when absent.
    pub host: Field<String>,
    /// The public domain.
    pub domain: Field<String>,
    /// The kubeconfig context, for Kubernetes.
    pub context: Field<String>,
    /// The namespace, for Kubernetes.
    pub namespace: Field<String>,
    /// The environment that a release must have passed before.
    pub after: Field<Name>,
    /// How a release takes over.
    pub strategy: Field<Strategy>,
    /// A shell command that tries a new release before it gets any traffic.
    pub smoke: Field<String>,
    /// How long web sockets and event streams of the release before may go on.
    pub drain: Field<Duration>,
    /// Where the values of secrets come from, asked in this order; the age file of the repository when absent.
    pub secrets: Field<Vec<SecretSource>>,
}

/// What runs an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// Processes on this machine or one reached by SSH.
    Host,
    /// A Kubernetes cluster.
    Kubernetes,
}

/// How a release takes over from the one before.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Instance by instance.
    Rolling,
    /// All at once, with the old one kept warm.
    BlueGreen {
        /// How long the old release stays warm.
        watch: Option<Duration>,
    },
    /// A growing share of the traffic, judged at every step.
    Canary {
        /// The shares, rising, the last of them 100 %.
        steps: Vec<Percent>,
        /// How long the old release stays warm after promotion.
        watch: Option<Duration>,
    },
}
