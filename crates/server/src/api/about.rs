//! What answers here: an app under development or a host. The dashboard shows pages by it.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Json;

/// What answers here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Serves {
    /// `sea up`: an app.
    App,
    /// `sea serve`: a host.
    Host,
}

/// What answers here, and in which version.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct About {
    /// What it is.
    serves: Serves,
    /// The version of `sea`.
    version: &'static str,
}

impl About {
    pub(crate) const fn of(serves: Serves) -> Json<Self> {
        Json(Self { serves, version: env!("CARGO_PKG_VERSION") })
    }
}

pub(super) async fn about() -> Json<About> {
    About::of(Serves::App)
}
