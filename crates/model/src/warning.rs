//! What a person should know about a plan.

use std::borrow::Cow;

use serde::Serialize;

use crate::Place;

/// Something odd that was met on the way: a contradiction, a file that could not be read, a value that the
/// model cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Warning {
    /// A stable code, such as `version-conflict`.
    pub code: Cow<'static, str>,
    /// One sentence: what was seen and what follows from it.
    pub message: String,
    /// Every place that takes part, most telling first.
    pub places: Vec<Place>,
}

impl Warning {
    /// A warning at some places.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        places: impl IntoIterator<Item = Place>,
    ) -> Self {
        Self { code: code.into(), message: message.into(), places: places.into_iter().collect() }
    }
}
