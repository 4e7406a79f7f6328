//! A secret that an app needs.

use crate::{Field, Name};

/// What is known about a secret: what it is for, never what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Secret {
    /// What it is for and where to get it.
    pub description: Field<String>,
    /// The environments that need it; all when absent.
    pub environments: Field<Vec<Name>>,
}
