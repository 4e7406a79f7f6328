//! What the configuration files of build tools and frameworks say: ports, output folders, rendering modes.

use seaworthy_model::{Kind, Origin, Place};

use crate::document::Node;
use crate::framework::has_file;
use crate::language::runtime_files::find_in;
use crate::pattern::Pattern;
use crate::project::{Project, Proxied, at};
use crate::repository::Repository;

/// Files whose `server.port` (or the like) is the development server's.
const PORT_FILES: [(&str, &str); 7] = [
    (
        "vite.config.*",
        r"\bserver\s*:\s*\{[^}]*?\bport\s*:\s*(?:Number\(|parseInt\()?(?:process\.env\.\w+\s*(?:\|\||\?\?)\s*)?(\d{2,5})\b",
    ),
    ("nuxt.config.*", r"\bdevServer\s*:\s*\{[^}]*?\bport\s*:\s*(\d{2,5})\b"),
    ("astro.config.*", r"\bserver\s*:\s*\{[^}]*?\bport\s*:\s*(\d{2,5})\b"),
    ("vue.config.*", r"\bdevServer\s*:\s*\{[^}]*?\bport\s*:\s*(\d{2,5})\b"),
    ("webpack.config.*", r"\bdevServer\s*:\s*\{[^}]*?\bport\s*:\s*(\d{2,5})\b"),
    ("rsbuild.config.*", r"\bserver\s*:\s*\{[^}]*?\bport\s*:\s*(\d{2,5})\b"),
    ("app.config.*", r"\bserver\s*:\s*\{[^}]*?\bport\s*:\s*(\d{2,5})\b"),
];

pub(super) fn propose(repo: &Repository, project: &mut Project, framework: &str) {
    // A server with a bundler beside it listens where its own code says.
    let is_served_by_tool = !matches!(project.service.kind.get(), Some(Kind::Web | Kind::Worker))
        || matches!(framework, "sveltekit" | "nuxt" | "tanstack-start" | "react-router" | "remix" | "astro");
    if is_served_by_tool {
        for (file, pattern) in PORT_FILES {
            if let Some(path) = has_file(repo, project, file)
                && let Some((port, place)) = find_in(repo, &path, pattern)
                && let Ok(port) = port.parse()
            {
                project
                    .service
                    .port
                    .propose(port, Origin::detected("the development server's configuration").at(place));
            }
        }
    }
    match framework {
        "vite" => vite(repo, project),
        "next" => next(repo, project),
        "astro" => astro(repo, project),
        "sveltekit" => sveltekit(project),
        "angular" => angular(repo, project),
        "react-router" => react_router(repo, project),
        _ => {}
    }
}

fn static_site(project: &mut Project, dir: &str, origin: &Origin) {
    project.service.kind.propose(Kind::Static, origin.clone());
    project.service.static_dir.propose(dir.to_owned(), origin.clone());
    project.service.start.retain(|evidence| evidence.origin.confidence > seaworthy_model::Confidence::Low);
    // A better-founded kind replaces the framework's usual one.
    project.service.kind.retain(|evidence| evidence.value == Kind::Static);
}

fn vite(repo: &Repository, project: &mut Project) {
    proxied(repo, project);
    if let Some(path) = has_file(repo, project, "vite.config.*")
        && let Some((dir, place)) = find_in(
            repo,
            &path,
            r#"\boutDir\s*:\s*(?:path\.resolve\([^)]*?,\s*)?["'`](?:\./)?([\w./-]+)["'`]"#,
        )
    {
        project.service.static_dir.propose(dir, Origin::detected("Vite build.outDir").at(place));
    }
}

/// The paths that Vite's server passes on to an API. A target that is a variable is taken to be the one address
/// of this machine in the file, where there is exactly one.
fn proxied(repo: &Repository, project: &mut Project) {
    let Some(path) = has_file(repo, project, "vite.config.*") else { return };
    let Some(text) = repo.text(&path) else { return };
    let Some(start) = Pattern::new(r"\bproxy\s*[:=]\s*\{").find(&text) else { return };
    let table = text.get(start.whole().end..).unwrap_or_default();
    let address = Pattern::new(r"https?://(?:localhost|127\.0\.0\.1):(\d{2,5})");
    let only = {
        let mut ports: Vec<&str> = address.find_all(&text).map(|found| found.text(1)).collect();
        ports.dedup();
        if ports.len() == 1 { ports.pop() } else { None }
    };
    let entry = Pattern::new(r#"["'`]\^?(/[\w/-]*)["'`]\s*:\s*(\{[^}]*\}|[^,\n}]+)"#);
    let lines = crate::document::Lines::new(&text);
    let offset = text.len() - table.len();
    for found in entry.find_all(table) {
        let port = address.find(found.text(2)).map(|found| found.text(1)).or(only);
        if let Some(port) = port.and_then(|port| port.parse().ok()) {
            let place = Place::line(&path, lines.line(offset + found.whole().start));
            project.proxied.push(Proxied { path: found.text(1).to_owned(), port, place });
        }
    }
}

fn next(repo: &Repository, project: &mut Project) {
    if let Some(path) = has_file(repo, project, "next.config.*")
        && let Some((_, place)) = find_in(repo, &path, r#"\boutput\s*:\s*["'](export)["']"#)
    {
        static_site(project, "out", &Origin::detected("Next.js output: export").at(place));
    }
}

fn astro(repo: &Repository, project: &mut Project) {
    let adapter = project.first_dependency([
        "@astrojs/node",
        "@astrojs/vercel",
        "@astrojs/netlify",
        "@astrojs/cloudflare",
    ]);
    let server = has_file(repo, project, "astro.config.*")
        .and_then(|path| find_in(repo, &path, r#"\boutput\s*:\s*["'](server|hybrid)["']"#))
        .map(|(_, place)| place)
        .or_else(|| adapter.and_then(|(_, dependency)| dependency.place.clone()));
    if let Some(place) = server {
        let origin = Origin::detected("Astro renders on the server").at(place);
        let service = &mut project.service;
        service.kind.retain(|_| false);
        service.kind.propose(Kind::Web, origin.clone());
        service.static_dir.retain(|_| false);
        service.start.propose("node ./dist/server/entry.mjs".to_owned(), origin.guess());
    }
}

fn sveltekit(project: &mut Project) {
    if let Some(dependency) = project.dependency("@sveltejs/adapter-static") {
        let place = dependency.place.clone().unwrap_or_else(|| project.place());
        static_site(project, "build", &Origin::detected("depends on @sveltejs/adapter-static").at(place));
    }
}

fn react_router(repo: &Repository, project: &mut Project) {
    if let Some(path) = has_file(repo, project, "react-router.config.*")
        && let Some((_, place)) = find_in(repo, &path, r"\bssr\s*:\s*(false)\b")
    {
        static_site(project, "build/client", &Origin::detected("React Router ssr: false").at(place));
    }
}

fn angular(repo: &Repository, project: &mut Project) {
    let Some(path) = repo.first_of(&project.dir, ["angular.json"]) else { return };
    let Some(document) = repo.document(&path) else { return };
    let projects = document.get("projects").map(Node::entries).unwrap_or_default();
    let Some(entry) =
        projects.iter().find(|entry| entry.node.get("projectType").and_then(Node::text) != Some("library"))
    else {
        return;
    };
    let targets = entry.node.get("architect").or_else(|| entry.node.get("targets"));
    let build = targets.and_then(|targets| targets.get("build"));
    let options = build.and_then(|build| build.get("options"));
    let output = options.and_then(|options| options.get("outputPath"));
    let is_esbuild = build
        .and_then(|build| build.get("builder"))
        .and_then(Node::text)
        .is_some_and(|builder| builder.ends_with(":application"));
    let base = output.and_then(|node| node.text().or_else(|| node.get("base")?.text()));
    let base = base.map_or_else(|| format!("dist/{}", entry.key), str::to_owned);
    let dir = if is_esbuild { format!("{base}/browser") } else { base };
    let line = output.map_or(entry.line, |node| node.line);
    project.service.static_dir.propose(dir, at("angular.json outputPath", &path, line));
    if let Some(ssr) =
        options.and_then(|options| options.get("ssr")).filter(|node| !matches!(node.bool(), Some(false)))
    {
        let service = &mut project.service;
        service.kind.retain(|_| false);
        service.kind.propose(Kind::Web, at("angular.json ssr", &path, ssr.line));
        service.static_dir.retain(|_| false);
    }
    if let Some(port) = targets.and_then(|targets| targets.at(&["serve", "options", "port"]))
        && let Some(number) = port.integer().and_then(|port| u16::try_from(port).ok())
    {
        project.service.port.propose(number, at("angular.json serve port", &path, port.line));
    }
}
