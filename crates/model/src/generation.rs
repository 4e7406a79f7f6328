//! What a project wants of derived files.

use crate::{Field, Name};

/// Choices that derived files depend on and that nothing else in the model says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generation {
    /// The targets that `sea generate` makes when none is named.
    pub targets: Field<Vec<Name>>,
    /// Where images are pushed to, before their name: `ghcr.io/acme`.
    pub registry: Field<String>,
    /// Kubernetes: a plain Ingress instead of the Gateway API's `HTTPRoute`.
    pub ingress: Field<bool>,
    /// Kubernetes: the store of the External Secrets operator that secrets come from.
    pub secret_store: Field<String>,
}
