//! PHP: Composer projects, WordPress, and folders of plain pages.

mod composer;
mod laravel;
mod symfony;

use seaworthy_model::{Kind, Origin, PortSetting, Runtime};

use super::{Language, is_aside, manifests, runtime_files};
use crate::framework::Chosen;
use crate::project::{Project, Role, at_file};
use crate::repository::{Repository, is_within, parent, relative};
use crate::source::Facts;

pub(crate) struct Php;

impl Language for Php {
    fn family(&self) -> &'static str {
        "php"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut projects: Vec<Project> =
            manifests(repo, "composer.json").filter_map(|path| composer::read(repo, path)).collect();
        // Bundled plugins and themes of a WordPress site are part of the site.
        let sites: Vec<String> = wordpress_sites(repo);
        projects.retain(|project| !project.dir.contains("wp-content/"));
        for dir in sites.into_iter().chain(plain_site(repo)) {
            if !projects.iter().any(|project| is_within(&project.dir, &dir)) {
                let manifest =
                    ["index.php", "wp-config.php", "wp-config-sample.php", "wp-load.php", "public/index.php"];
                let manifest = repo.first_of(&dir, manifest).unwrap_or_else(|| dir.clone());
                projects.push(Project::new(&dir, "php", &manifest));
            }
        }
        projects.into_iter().map(|project| complete(repo, project)).collect()
    }

    fn read_config(&self, repo: &Repository, project: &Project, facts: &mut Facts) {
        if project.has("laravel/framework") {
            laravel::read_config(repo, project, facts);
        }
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, facts: &Facts) {
        let pages = [
            "artisan",
            "public/index.php",
            "web/index.php",
            "index.php",
            "bin/console",
            "spark",
            "yii",
            "html/index.php",
        ];
        let has_page = repo.first_of(&project.dir, pages).is_some() && project.role != Role::Library
            || repo.first_of(&project.dir, ["artisan", "public/index.php"]).is_some();
        let has_loop = project.role == Role::Unknown && facts.entry("loop").is_some();
        if has_page || has_loop && script(repo, project, facts).is_some() {
            project.role = Role::Application;
        }
        if is_wordpress(repo, &project.dir)
            || project.first_dependency(["roots/wordpress", "johnpbloch/wordpress"]).is_some()
        {
            // WordPress runs on nothing else, and its configuration need not be in the repository.
            let place = Some(project.place());
            let dependency = crate::project::Dependency { place, dev: false };
            project.dependencies.entry("wordpress".to_owned()).or_insert(dependency);
        }
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        match framework {
            "laravel" => laravel::propose(repo, project, facts),
            "codeigniter" => {
                serve(project, "php spark serve --host 0.0.0.0 --port ${PORT:-8080}", "spark is there");
            }
            "cakephp" => serve(project, "bin/cake server -H 0.0.0.0 -p ${PORT:-8765}", "bin/cake is there"),
            "yii" => serve(project, "php yii serve 0.0.0.0 --port=${PORT:-8080}", "yii is there"),
            _ => {
                built_in_server(repo, project, facts, framework);
                if framework == "symfony" {
                    symfony::propose(repo, project);
                }
            }
        }
    }
}

/// A framework's own server, in development and, for want of another in the repository, where it runs.
fn serve(project: &mut Project, command: &str, rule: &'static str) {
    let origin = || at_file(rule, &project.manifest);
    let dev =
        command.replace(" --host 0.0.0.0", "").replace(" -H 0.0.0.0", "").replace("serve 0.0.0.0", "serve");
    let service = &mut project.service;
    service.dev.propose(dev, origin());
    service.start.propose(command.to_owned(), origin().guess());
    service.port_setting.propose(PortSetting::Env("PORT".to_owned()), origin().likely());
}

/// `php -S`: what every PHP can do by itself.
fn built_in_server(repo: &Repository, project: &mut Project, facts: &Facts, framework: &str) {
    let public = ["public", "web", "html", "htdocs", "docroot", "www", "webroot", "public_html"]
        .iter()
        .find_map(|dir| repo.first_of(&project.dir, [format!("{dir}/index.php").as_str()]));
    let index = public.clone().or_else(|| repo.first_of(&project.dir, ["index.php"]));
    let Some(index) = index else {
        if let Some((path, origin)) = script(repo, project, facts).filter(|_| framework.is_empty()) {
            if facts.entry("loop").is_some() {
                project.service.kind.propose(Kind::Worker, origin.clone());
            }
            project.service.start.propose(format!("php {}", relative(&project.dir, &path)), origin);
        } else if framework == "wordpress" {
            wordpress_server(project);
        }
        return;
    };
    if project.role == Role::Library {
        return;
    }
    let folder = public.as_deref().map(|path| relative(&project.dir, parent(path)));
    // A page that answers for every path is a router; without one unknown paths are files that are not there.
    let root = folder.map(|folder| format!(" -t {folder}")).unwrap_or_default();
    let origin = || at_file(format!("{} is there", relative(&project.dir, &index)), &index);
    let service = &mut project.service;
    service.dev.propose(format!("php -S localhost:${{PORT:-8000}}{root}"), origin().likely());
    service.start.propose(format!("php -S 0.0.0.0:${{PORT:-8000}}{root}"), origin().guess());
    service.kind.propose(Kind::Web, origin().likely());
    service.port.propose(8000, Origin::detected("the port of its start command").guess());
    service.port_setting.propose(PortSetting::Env("PORT".to_owned()), origin().likely());
}

fn wordpress_server(project: &mut Project) {
    let origin = || at_file("a WordPress site", &project.manifest);
    let service = &mut project.service;
    service.dev.propose("wp server --port=${PORT:-8000}".to_owned(), origin().guess());
    service.start.propose("wp server --host=0.0.0.0 --port=${PORT:-8000}".to_owned(), origin().guess());
    service.port_setting.propose(PortSetting::Env("PORT".to_owned()), origin().likely());
}

/// A script that is meant to be run by itself.
fn script(repo: &Repository, project: &Project, facts: &Facts) -> Option<(String, Origin)> {
    let usual = [
        "worker.php",
        "bot.php",
        "main.php",
        "run.php",
        "consumer.php",
        "server.php",
        "bin/worker.php",
        "src/worker.php",
    ];
    let path = repo.first_of(&project.dir, usual)?;
    let origin = match facts.entries.iter().find(|entry| entry.place.file == path) {
        Some(entry) => Origin::detected("the usual entry point").at(entry.place.clone()).likely(),
        None => at_file("the usual entry point", &path).guess(),
    };
    Some((path, origin))
}

fn complete(repo: &Repository, mut project: Project) -> Project {
    let (dir, manifest) = (project.dir.clone(), project.manifest.clone());
    let origin = || at_file("PHP is there", &manifest);
    let service = &mut project.service;
    service.language.propose("php".to_owned(), origin());
    runtime_files::propose_pinned(repo, &dir, "php", &[], &[".php-version"], service);
    service.runtime.propose(Runtime::new("php", None), origin().guess());
    project
}

/// Folders that hold a WordPress site without Composer.
fn wordpress_sites(repo: &Repository) -> Vec<String> {
    let mut dirs: Vec<String> = ["wp-config.php", "wp-config-sample.php", "wp-load.php"]
        .iter()
        .flat_map(|name| manifests(repo, name))
        .map(|path| parent(path).to_owned())
        .chain(
            repo.paths()
                .iter()
                .filter(|path| !is_aside(path))
                .filter_map(|path| path.split_once("wp-content/").map(|(dir, _)| dir.trim_end_matches('/')))
                .map(|dir| if dir.is_empty() { ".".to_owned() } else { dir.to_owned() }),
        )
        .collect();
    dirs.sort();
    dirs.dedup();
    dirs
}

fn is_wordpress(repo: &Repository, dir: &str) -> bool {
    repo.first_of(dir, ["wp-config.php", "wp-config-sample.php", "wp-load.php"]).is_some()
        || repo.has_dir(&crate::repository::join(dir, "wp-content"))
}

/// Without any manifest: the folder of the topmost `index.php`, unless it is part of a theme.
fn plain_site(repo: &Repository) -> Option<String> {
    let index = manifests(repo, "index.php").min_by_key(|path| (path.matches('/').count(), path.len()))?;
    let dir = parent(index);
    let is_theme = repo
        .first_of(dir, ["style.css"])
        .and_then(|path| repo.text(&path))
        .is_some_and(|text| text.contains("Theme Name:"));
    let dir = match dir.rsplit_once('/').unwrap_or((".", dir)) {
        (above, "public" | "web" | "html" | "htdocs" | "www" | "public_html") => above,
        _ => dir,
    };
    (!is_theme && !index.contains("wp-content/")).then(|| dir.to_owned())
}
