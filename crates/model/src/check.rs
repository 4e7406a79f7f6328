//! What a project wants to be checked.

use crate::Field;

/// Choices about `sea check`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    /// Folders, files and patterns of what is no part of the app, relative to the repository.
    pub exclude: Field<Vec<String>>,
}
