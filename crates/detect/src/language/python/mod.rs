//! Python: pip, uv, poetry, pdm, pipenv and conda.

mod django;
mod entry;
mod manifest;
mod settings;

use seaworthy_model::{Kind, Origin, Runtime};

use super::{Language, manifests, runtime_files};
use crate::framework::Chosen;
use crate::project::{Project, Role, at_file};
use crate::repository::{Repository, file_name, parent};
use crate::source::Facts;

pub(crate) use settings::read as settings_reads;

pub(crate) struct Python;

impl Language for Python {
    fn family(&self) -> &'static str {
        "python"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut dirs: Vec<String> = Vec::new();
        let files = [
            "pyproject.toml",
            "requirements.txt",
            "Pipfile",
            "environment.yml",
            "environment.yaml",
            "setup.py",
            "manage.py",
        ];
        let manifests_named = files.iter().flat_map(|name| manifests(repo, name));
        for path in manifests_named.chain(manifests(repo, "requirements.in")) {
            let dir = parent(path);
            // `requirements/base.txt` and the like belong to the folder above.
            let dir = if dir == "requirements" || dir.ends_with("/requirements") { parent(dir) } else { dir };
            if !dirs.iter().any(|known| known == dir) {
                dirs.push(dir.to_owned());
            }
        }
        for path in ["base.txt", "production.txt", "prod.txt"].iter().flat_map(|name| repo.named(name)) {
            if file_name(parent(path)) == "requirements" {
                let dir = parent(parent(path)).to_owned();
                if !dirs.contains(&dir) {
                    dirs.push(dir);
                }
            }
        }
        if dirs.is_empty() {
            dirs.extend(loose_scripts(repo));
        }
        dirs.sort();
        let workspaces = manifest::uv_workspaces(repo);
        dirs.iter().filter_map(|dir| manifest::read(repo, dir, &workspaces)).collect()
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, facts: &Facts) {
        if project.role != Role::Workspace {
            entry::find(repo, project, facts);
        }
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        if framework == "django" {
            django::propose(repo, project);
        }
        entry::propose(repo, project, facts, framework);
        entry::add_queue_workers(project, facts, framework);
        if framework.is_empty() && project.role == Role::Application && facts.listens.is_empty() {
            let origin = Origin::detected("runs without listening").at(project.place()).guess();
            project.service.kind.propose(Kind::Job, origin);
        }
    }
}

/// Python without any manifest: the folder of a script that is meant to be run.
fn loose_scripts(repo: &Repository) -> Option<String> {
    ["main.py", "app.py", "server.py", "bot.py"]
        .iter()
        .flat_map(|name| manifests(repo, name))
        .map(parent)
        .min_by_key(|dir| (dir.matches('/').count(), *dir != "."))
        .map(str::to_owned)
}

/// Proposes the runtime from the files that name it.
fn propose_runtime(repo: &Repository, project: &mut Project) {
    let dir = project.dir.clone();
    runtime_files::propose(
        repo,
        &dir,
        "python",
        &[],
        &[".python-version", "runtime.txt"],
        &mut project.service,
    );
    let origin = at_file("Python is there", &project.manifest).guess();
    project.service.runtime.propose(Runtime::new("python", None), origin);
}
