//! An environment variable of a service.

use crate::{Field, Place};

/// What is known about one environment variable of one service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variable {
    /// What the model hands to the service: a literal or a text with placeholders. Never a secret in clear.
    pub value: Field<String>,
    /// What the code falls back to, or an example file suggests; never recorded for a secret.
    pub default: Field<String>,
    /// The code reads it without a fallback.
    pub required: bool,
    /// Its value must not be seen: by its name (`..._SECRET`, `..._TOKEN`) or by declaration.
    pub secret: bool,
    /// It is built into what browsers download (`VITE_`, `NEXT_PUBLIC_`, ...).
    pub public: bool,
    /// Where the code reads it.
    pub used_at: Vec<Place>,
    /// Where a file declares it (`.env.example`, Compose, ...).
    pub declared_at: Vec<Place>,
    /// Where a file gives it a value in clear, of those where it is declared.
    pub written_at: Vec<Place>,
}
