//! Health routes that are files: Next, Nuxt, SvelteKit, Remix, Astro, `TanStack` Start.

use crate::health::{self, Sort};
use crate::project::{Project, at_file};
use crate::repository::{Repository, relative};

/// Proposes probes for files that serve a health path.
pub(super) fn propose(repo: &Repository, project: &mut Project, framework: &str) {
    const BY_FILE: [&str; 9] = [
        "next",
        "nuxt",
        "sveltekit",
        "remix",
        "react-router",
        "astro",
        "tanstack-start",
        "solid-start",
        "qwik",
    ];
    if !BY_FILE.contains(&framework) {
        return;
    }
    let routes: Vec<(String, &str)> = repo
        .under(&project.dir)
        .iter()
        .filter_map(|path| Some((route(relative(&project.dir, path))?, &**path)))
        .filter(|(route, _)| health::sort(route).is_some())
        .collect();
    for (route, path) in routes {
        let sort = health::sort(&route).unwrap_or(Sort::Health);
        health::propose(&mut project.service, &route, sort, &at_file("a route file serves it", path));
    }
}

/// The path that a file serves: `app/api/health/route.ts` serves `/api/health`.
fn route(path: &str) -> Option<String> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let (stem, extension) = path.rsplit_once('.')?;
    if !matches!(extension, "ts" | "js" | "tsx" | "jsx" | "mjs") {
        return None;
    }
    let route = if let Some(rest) = stem.strip_prefix("app/") {
        // Next's app router, or Remix's flat files.
        match (rest.strip_suffix("/route"), rest.strip_prefix("routes/")) {
            (Some(folder), _) => folder.to_owned(),
            (None, Some(flat)) => flat.replace('.', "/").replace("_index", ""),
            _ => return None,
        }
    } else if let Some(rest) = stem.strip_prefix("pages/") {
        if !rest.starts_with("api/") && extension != "ts" {
            return None;
        }
        rest.to_owned()
    } else if let Some(rest) =
        stem.strip_prefix("server/routes/").or_else(|| stem.strip_prefix("server/middleware/"))
    {
        rest.trim_end_matches(".get").to_owned()
    } else if stem.starts_with("server/api/") {
        stem.trim_start_matches("server/").trim_end_matches(".get").to_owned()
    } else if let Some(rest) = stem.strip_prefix("routes/") {
        let rest = rest.strip_suffix("/+server").unwrap_or(rest);
        rest.replace('.', "/")
    } else {
        return None;
    };
    let route = route.trim_end_matches("/index");
    // Route groups such as `(public)` are no part of the path.
    let parts: Vec<&str> = route.split('/').filter(|part| !part.starts_with('(')).collect();
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn files_and_their_routes() {
        for (file, path) in [
            ("app/api/health/route.ts", Some("/api/health")),
            ("src/app/(public)/healthz/route.js", Some("/healthz")),
            ("pages/api/health.ts", Some("/api/health")),
            ("src/routes/health/+server.ts", Some("/health")),
            ("server/api/health.get.ts", Some("/api/health")),
            ("server/routes/healthz.ts", Some("/healthz")),
            ("app/routes/healthcheck.tsx", Some("/healthcheck")),
            ("app/routes/api.health.ts", Some("/api/health")),
            ("src/lib/health.ts", None),
            ("app/health/page.tsx", None),
        ] {
            assert_eq!(route(file).as_deref(), path, "{file}");
        }
    }
}
