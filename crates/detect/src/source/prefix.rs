//! What stands before the paths of routes in the same file: route groups and controllers.

use crate::pattern::Found;

/// A prefix of routes.
pub(super) struct Prefix {
    /// The router it is for; every route that follows without one.
    name: Option<String>,
    /// The router that it is made of, which may have a prefix itself.
    on: Option<String>,
    path: String,
    end: usize,
}

impl Prefix {
    /// The prefix that a match of a prefix pattern is.
    pub(super) fn of(found: &Found<'_>) -> Option<Self> {
        let text = |group: &str| found.name(group).map(|found| found.text.to_owned());
        let class = text("class").unwrap_or_default().to_lowercase();
        let path = text("path")?.replace("[controller]", &class);
        Some(Self { name: text("name"), on: text("on"), path, end: found.whole().end })
    }

    /// The path of a route at `start`, with all that stands before it. Routers that name each other end at `depth`.
    pub(super) fn before(prefixes: &[Self], on: Option<&str>, start: usize, path: &str, depth: u8) -> String {
        let known = prefixes
            .iter()
            .filter(|prefix| prefix.end <= start && (prefix.name.is_none() || prefix.name.as_deref() == on));
        let Some(prefix) = known.max_by_key(|prefix| prefix.end).filter(|_| depth < 4) else {
            return path.to_owned();
        };
        let joined = format!("/{}/{}", prefix.path.trim_matches('/'), path.trim_start_matches('/'));
        match &prefix.on {
            Some(on) => Self::before(prefixes, Some(on), prefix.end - 1, &joined, depth + 1),
            None => joined,
        }
    }
}
