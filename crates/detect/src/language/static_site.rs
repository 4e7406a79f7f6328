//! Static sites: pages that are served as they are, and the generators that have a manifest of their own
//! (Hugo, Zola, Jekyll without a Gemfile, mdBook).

use seaworthy_model::{Kind, Origin, PortSetting, Runtime};

use super::{Language, manifests, own_manifest, runtime_files};
use crate::document::Node;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, join, parent, upwards};

pub(crate) struct StaticSite;

impl Language for StaticSite {
    fn family(&self) -> &'static str {
        "static"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut projects = generated(repo);
        if projects.is_empty() {
            projects.extend(plain(repo));
        }
        projects
    }
}

/// Folders that hold a site by convention, the likeliest first; the root itself is asked before.
const FOLDERS: [&str; 9] = ["public", "site", "www", "dist", "html", "web", "static", "docs", "build"];

/// Pages without anything that builds them.
fn plain(repo: &Repository) -> Vec<Project> {
    if own_manifest(repo, ".").is_some() {
        return Vec::new();
    }
    if repo.has("index.html") {
        return vec![pages(".", "index.html", ".")];
    }
    let is_known = |path: &str| super::is_manifest(crate::repository::file_name(path));
    if !repo.paths().iter().any(|path| is_known(path)) {
        let found = FOLDERS.iter().find(|folder| repo.has(&join(folder, "index.html")));
        return found.map(|folder| pages(".", &join(folder, "index.html"), folder)).into_iter().collect();
    }
    // Beside other projects: a folder of its own, outside of any of them.
    let mut found: Vec<Project> = Vec::new();
    for path in manifests(repo, "index.html") {
        let dir = parent(path);
        let is_apart = upwards(dir).all(|dir| own_manifest(repo, dir).is_none());
        let is_nested = found.iter().any(|known| crate::repository::is_within(&known.dir, dir));
        let is_documentation =
            dir.split('/').any(|part| matches!(part, "docs" | "doc" | "coverage" | "reports"));
        if is_apart && !is_nested && !is_documentation && dir.matches('/').count() < 2 {
            // `client/public/index.html` is the site of `client`.
            let folder = dir.rsplit('/').next().unwrap_or(dir);
            if FOLDERS[..4].contains(&folder) && dir.contains('/') {
                found.push(pages(parent(dir), path, folder));
            } else {
                found.push(pages(dir, path, "."));
            }
        }
    }
    found
}

fn pages(dir: &str, index: &str, folder: &str) -> Project {
    let mut project = Project::new(dir, "static", index);
    let origin = || at_file("index.html and nothing that builds it", index);
    project.role = Role::Application;
    project.service.kind.propose(Kind::Static, origin());
    project.service.language.propose("html".to_owned(), origin());
    project.service.static_dir.propose(folder.to_owned(), origin());
    project
}

/// A generator: how its site is recognised is in [`generated`], the rest is here.
struct Generator {
    name: &'static str,
    title: &'static str,
    build: &'static str,
    dev: &'static str,
    output: &'static str,
    port: u16,
}

const HUGO: Generator = Generator {
    name: "hugo",
    title: "Hugo",
    build: "hugo --minify",
    dev: "hugo server --port ${PORT:-1313}",
    output: "public",
    port: 1313,
};
const ZOLA: Generator = Generator {
    name: "zola",
    title: "Zola",
    build: "zola build",
    dev: "zola serve --port ${PORT:-1111}",
    output: "public",
    port: 1111,
};
const JEKYLL: Generator = Generator {
    name: "jekyll",
    title: "Jekyll",
    build: "jekyll build",
    dev: "jekyll serve --port ${PORT:-4000}",
    output: "_site",
    port: 4000,
};
const MDBOOK: Generator = Generator {
    name: "mdbook",
    title: "mdBook",
    build: "mdbook build",
    dev: "mdbook serve --port ${PORT:-3000}",
    output: "book",
    port: 3000,
};

fn generated(repo: &Repository) -> Vec<Project> {
    let mut found = Vec::new();
    for name in ["hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json"] {
        found.extend(manifests(repo, name).map(|path| site(repo, &HUGO, path, "publishDir")));
    }
    for name in ["config.toml", "config.yaml", "config.yml"] {
        for path in manifests(repo, name) {
            let has_dir = |name: &str| repo.has_dir(&join(parent(path), name));
            // Many a tool calls its configuration so, and not all of it is well-formed.
            if !["content", "templates", "themes", "layouts"].iter().any(|name| has_dir(name)) {
                continue;
            }
            let Some(document) = repo.document(path) else { continue };
            let has = |key: &str| document.get(key).is_some();
            // Both call it config.toml: Hugo says `baseURL`, Zola `base_url`.
            if has("base_url") && (has_dir("content") || has_dir("templates")) {
                found.push(site(repo, &ZOLA, path, "output_dir"));
            } else if (has("baseURL") || has("baseurl") || has("theme"))
                && (has_dir("content") || has_dir("themes") || has_dir("layouts"))
            {
                found.push(site(repo, &HUGO, path, "publishDir"));
            }
        }
    }
    for path in manifests(repo, "_config.yml") {
        let dir = parent(path);
        let has_pages = ["_posts", "_layouts", "_includes"].iter().any(|name| repo.has_dir(&join(dir, name)))
            || repo.first_of(dir, ["index.md", "index.html"]).is_some();
        if has_pages && repo.first_of(dir, ["Gemfile"]).is_none() {
            found.push(site(repo, &JEKYLL, path, "destination"));
        }
    }
    for path in manifests(repo, "book.toml") {
        found.push(site(repo, &MDBOOK, path, "build-dir"));
    }
    if found.is_empty() {
        return found;
    }
    // The handbook of a program is no part of it.
    let is_program = repo.paths().iter().any(|path| super::is_manifest(crate::repository::file_name(path)));
    found.retain(|project| {
        let folder = project.dir.rsplit('/').next().unwrap_or_default();
        !is_program || !matches!(folder, "docs" | "doc" | "book" | "guide" | "documentation")
    });
    found
}

fn site(repo: &Repository, generator: &Generator, path: &str, output: &str) -> Project {
    let mut project = Project::new(parent(path), "static", path);
    project.role = Role::Application;
    let origin = || at_file(format!("{} is there", crate::repository::file_name(path)), path);
    let convention = |what: &str| Origin::detected(format!("{} {what}", generator.title)).guess();
    let service = &mut project.service;
    service.kind.propose(Kind::Static, origin());
    service.framework.propose(generator.name.to_owned(), origin());
    service.language.propose("markdown".to_owned(), origin());
    service.build.propose(generator.build.to_owned(), origin());
    service.dev.propose(generator.dev.to_owned(), origin());
    service.port.propose(generator.port, convention("default port"));
    service.port_setting.propose(PortSetting::Env("PORT".to_owned()), convention("is given its port"));
    service.static_dir.propose(generator.output.to_owned(), convention("output folder"));
    let document = repo.document(path);
    let said = document.as_ref().and_then(|document| {
        document.get(output).or_else(|| document.at(&["build", output])).map(|node| (node.text(), node.line))
    });
    if let Some((Some(folder), line)) = said {
        let folder = folder.trim_start_matches("./").to_owned();
        service.static_dir.propose(folder, at(format!("{} {output}", generator.title), path, line));
    }
    if let Some(document) = document {
        let name = document.get("title").or_else(|| document.at(&["book", "title"])).and_then(Node::text);
        project.name = name.filter(|name| name.is_ascii()).map(str::to_owned);
    }
    let tool = if generator.name == "jekyll" { "ruby" } else { generator.name };
    runtime_files::propose(repo, parent(path), tool, &["gohugo"], &[], &mut project.service);
    project.service.runtime.propose(Runtime::new(tool, None), origin().guess());
    if generator.name == "jekyll" {
        let origin = at_file("no Gemfile says which Jekyll", path).guess();
        project.service.install.propose("gem install jekyll".to_owned(), origin);
    }
    project
}
