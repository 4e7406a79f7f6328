//! Pages of file-routed front ends that no link leads to.

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::{extension, name};
use crate::finding::Draft;
use crate::modules::unit::syntax;
use crate::modules::{is_configuration, mentioned};

const UNLINKED: &str = "route-unlinked";

pub(super) static FACT: Fact = Fact { rules: &[UNLINKED], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let mut pages: Vec<(&str, String)> = Vec::new();
    for manifest in context.manifests.iter().filter(|manifest| manifest.family == "javascript") {
        let has = |package: &str| manifest.dependencies.contains_key(package);
        for path in context.repository.under(&manifest.dir) {
            let inner = if manifest.dir == "." {
                path
            } else {
                path.strip_prefix(&*manifest.dir).unwrap_or(path).trim_start_matches('/')
            };
            let route = if has("next") {
                next(inner)
            } else if has("@sveltejs/kit") {
                inner
                    .strip_prefix("src/routes/")
                    .and_then(|rest| rest.strip_suffix("/+page.svelte"))
                    .map(str::to_owned)
            } else if has("astro") {
                inner
                    .strip_prefix("src/pages/")
                    .and_then(|rest| rest.strip_suffix(".astro"))
                    .map(|rest| rest.trim_end_matches("/index").to_owned())
            } else {
                None
            };
            let Some(route) = route else { continue };
            let parts: Vec<&str> =
                route.split('/').filter(|part| !part.starts_with('(') && !part.is_empty()).collect();
            // Pages with parameters are linked to by computed addresses, some are known by name to whoever calls them.
            let is_special = parts.is_empty()
                || parts.iter().any(|part| {
                    part.starts_with(['[', '@', '_', ':'])
                        || matches!(
                            *part,
                            "api"
                                | "auth"
                                | "callback"
                                | "404"
                                | "500"
                                | "index"
                                | "sitemap"
                                | "rss"
                                | "offline"
                                | "manifest"
                                | "embed"
                                | "success"
                                | "cancel"
                                | "verify"
                                | "reset-password"
                                | "unsubscribe"
                                | "privacy"
                                | "terms"
                        )
                });
            if !is_special {
                pages.push((path, format!("/{}", parts.join("/"))));
            }
        }
    }
    let needles: Vec<String> = pages.iter().map(|(_, route)| route.clone()).collect();
    // `/about` in an import of `../app/about` is no link: what follows the address ends a text, or starts its query.
    let quoted: Vec<String> = needles
        .iter()
        .flat_map(|route| ["\"", "'", "`", "?", "#", "/"].map(|end| format!("{route}{end}")))
        .collect();
    let found = mentioned(context, &quoted, |path| {
        syntax(path).is_some() || (is_configuration(path) && extension(path) != "md")
    });
    for (index, (path, route)) in pages.iter().enumerate() {
        if !found[index * 6..index * 6 + 6].iter().any(|found| *found) {
            sink.report(Draft::file(UNLINKED, *path).says(format!("nothing links to `{route}`")));
        }
    }
}

/// The route of a page of Next.js, in either router.
fn next(inner: &str) -> Option<String> {
    let inner = inner.strip_prefix("src/").unwrap_or(inner);
    if let Some(rest) = inner.strip_prefix("app/") {
        return name(rest)
            .starts_with("page.")
            .then(|| rest.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned()));
    }
    let rest = inner.strip_prefix("pages/")?;
    let (stem, ending) = rest.rsplit_once('.')?;
    matches!(ending, "tsx" | "jsx" | "js" | "ts")
        .then(|| stem.trim_end_matches("/index").trim_end_matches("index").to_owned())
}
