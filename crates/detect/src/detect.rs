//! From a repository to an app.

use std::collections::BTreeSet;

use seaworthy_model::{App, Kind, Name, Origin, Place};

use crate::draft::{Draft, DraftService};
use crate::language::{self, LANGUAGES};
use crate::manifest::Manifest;
use crate::project::{Project, Role};
use crate::repository::{Repository, is_within};
use crate::source::Facts;
use crate::{
    builder, contradiction, first_data, folder, framework, importer, link, observed, resource, source, tool,
    workspace,
};

/// What was found.
pub struct Detection {
    /// The app, with the evidence of every value.
    pub app: App,
    /// What its projects say they depend on, by folder.
    pub manifests: Vec<Manifest>,
}

/// Concludes from a repository's files what the app is and how it runs.
pub fn detect(repo: &Repository) -> Detection {
    detect_with(repo, &BTreeSet::new())
}

/// The same, knowing that something keeps running in each of the `declared` folders.
pub(crate) fn detect_with(repo: &Repository, declared: &BTreeSet<String>) -> Detection {
    let mut draft = Draft::default();
    propose_app_name(repo, &mut draft);
    let mut projects: Vec<Project> = LANGUAGES.iter().flat_map(|language| language.projects(repo)).collect();
    projects.sort_by(|one, other| one.dir.cmp(&other.dir));
    for project in &mut projects {
        project.name.take_if(|name| GENERIC_NAMES.contains(&name.as_str()));
    }
    let dirs: Vec<String> = projects.iter().map(|project| project.dir.clone()).collect();
    propose_root_project_name(&projects, &mut draft);
    let mut left_out = 0;
    let mut all_facts = Vec::with_capacity(projects.len());
    for project in &mut projects {
        let (facts, skipped) = read_source(repo, project, &dirs);
        left_out += skipped;
        understand(repo, project, &facts);
        all_facts.push(facts);
    }
    if left_out > 0 {
        let message = format!(
            "{left_out} source files deep inside large projects were not read for variables and routes"
        );
        draft.warn("source-not-read", message, []);
    }
    let manifests = projects.iter().map(Manifest::of).collect();
    workspace::lend_libraries(&mut projects, &mut all_facts);
    folder::join(&mut projects, &mut all_facts);
    let root_name = draft.name.get().cloned().unwrap_or_else(|| Name::from_text("app"));
    let importers = importer::Evidence::of(repo);
    for (index, (project, facts)) in projects.iter().zip(&all_facts).enumerate() {
        let is_declared = declared.contains(&project.dir) && project.role != Role::Workspace;
        if is_declared || is_service(project, &importers) {
            draft.services.extend(services_of(project, index, facts, &root_name));
        }
    }
    drop_helpers(&mut draft, &projects, declared);
    draft.projects = projects;
    importer::import(repo, &importers, &mut draft);
    // Services of one project share its database: the first of them migrates it.
    let mut migrated = BTreeSet::new();
    for index in 0..draft.services.len() {
        let is_first = draft.services[index].project.is_none_or(|project| migrated.insert(project));
        if is_first && draft.services[index].service.kind.get() != Some(&Kind::Static) {
            tool::add_jobs(repo, &mut draft, index);
        }
    }
    link::note_addresses(&mut draft);
    link::note_routes(&mut draft);
    builder::note(repo, &mut draft);
    draft.warnings.extend(repo.take_warnings());
    contradiction::note(repo, &mut draft);
    let mut app = draft.finish();
    first_data::note(repo, &mut app);
    Detection { app, manifests }
}

/// The app's name: what the root manifest says, else the folder's.
fn propose_app_name(repo: &Repository, draft: &mut Draft) {
    // Beside these a `package.json` only builds assets, and is named for nobody.
    let others = ["manage.py", "Gemfile", "composer.json", "go.mod", "mix.exs", "pom.xml", "Cargo.toml"];
    if repo.first_of(".", others).is_none()
        && let Some(document) = repo.first_of(".", ["package.json"]).and_then(|path| repo.document(&path))
        && let Some(node) = document.get("name")
        && let Some(text) = node.text()
        && !GENERIC_NAMES.contains(&text)
    {
        let origin =
            Origin::detected("package.json name").at(Place::line("package.json", node.line)).likely();
        draft.name.propose(Name::from_text(text), origin);
    }
    for (file, keys) in [
        ("pyproject.toml", &["project", "name"][..]),
        ("pyproject.toml", &["tool", "poetry", "name"]),
        ("Cargo.toml", &["package", "name"]),
        ("composer.json", &["name"]),
    ] {
        if let Some(document) = repo.first_of(".", [file]).and_then(|path| repo.document(&path))
            && let Some(node) = document.at(keys)
            && let Some(text) = node.text()
            && !GENERIC_NAMES.contains(&text)
        {
            let origin = Origin::detected(format!("{file} name")).at(Place::line(file, node.line)).likely();
            draft.name.propose(Name::from_text(text), origin);
        }
    }
    let folder = repo.root().canonicalize().ok();
    let folder = folder.as_deref().and_then(std::path::Path::file_name).map(std::ffi::OsStr::to_string_lossy);
    if let Some(folder) = folder {
        draft.name.propose(Name::from_text(&folder), Origin::detected("the folder's name").guess());
    }
}

/// Manifests that are not read as trees name the app too: `go.mod`, `pom.xml`, `settings.gradle`.
fn propose_root_project_name(projects: &[Project], draft: &mut Draft) {
    // A `package.json` was weighed against its neighbours already.
    for project in projects.iter().filter(|project| project.dir == "." && project.family != "javascript") {
        if let Some(name) = project.name.as_deref().filter(|name| !GENERIC_NAMES.contains(name)) {
            let origin = Origin::detected("the name of the project at the root").at(project.place()).likely();
            draft.name.propose(Name::from_text(name), origin);
        }
    }
}

/// Names that generators write and nobody chose.
pub(crate) const GENERIC_NAMES: &[&str] = &[
    "vite_react_shadcn_ts",
    "my-v0-project",
    "rest-express",
    "vite-react-typescript-starter",
    "my-app",
    "app",
    "frontend",
    "root",
    "monorepo",
    "template",
    "laravel/laravel",
    "symfony/skeleton",
    "symfony/website-skeleton",
    "codeigniter4/appstarter",
    "cakephp/app",
    "slim/slim-skeleton",
    "yiisoft/yii2-app-basic",
];

fn read_source(repo: &Repository, project: &Project, dirs: &[String]) -> (Facts, usize) {
    if project.role == Role::Workspace {
        return (Facts::default(), 0);
    }
    let nested: Vec<&str> = dirs
        .iter()
        .map(String::as_str)
        .filter(|dir| *dir != project.dir && is_within(&project.dir, dir))
        .collect();
    let (mut facts, left_out) =
        source::scan(repo, project.family, &project.dir, &nested, source::share(dirs.len()));
    let settings: Vec<String> = facts
        .entries
        .iter()
        .filter(|entry| entry.of == "pydantic-settings")
        .map(|entry| entry.place.file.clone())
        .collect();
    for file in settings {
        facts.env.extend(language::settings_reads(repo, &file));
    }
    if let Some(language) = language::of_family(project.family) {
        language.read_config(repo, project, &mut facts);
    }
    (facts, left_out)
}

/// Completes a project from its source: entry point, framework, port, probes, variables.
fn understand(repo: &Repository, project: &mut Project, facts: &Facts) {
    let Some(language) = language::of_family(project.family) else { return };
    language.find_entry(repo, project, facts);
    // What other programs of the folder read and serve is theirs.
    let own = facts.without(&project.foreign);
    let facts = &own;
    let chosen = framework::choose(repo, project, facts);
    if let Some(chosen) = &chosen {
        framework::propose(project, chosen);
    }
    let listens_itself = project.service.kind.get() != Some(&Kind::Static);
    if listens_itself {
        observed::propose_port(&mut project.service, facts);
    }
    language.refine(repo, project, facts, chosen.as_ref());
    observed::propose_probes(&mut project.service, facts);
    observed::propose_variables(&mut project.service, &facts.env);
}

/// A project is a service when something in it runs: a framework, an entry point, or a file that starts it.
fn is_service(project: &Project, importers: &importer::Evidence) -> bool {
    match project.role {
        Role::Workspace => false,
        Role::Library => importers.starts(&project.dir),
        _ if importers.starts(&project.dir) => true,
        Role::Application => project.service.kind.get().is_some() || project.service.start.get().is_some(),
        Role::Unknown => project.service.framework.get().is_some(),
    }
}

fn services_of(project: &Project, index: usize, facts: &Facts, root_name: &Name) -> Vec<DraftService> {
    let mut service = project.service.clone();
    service
        .path
        .propose(project.dir.clone(), Origin::detected("the folder of its manifest").at(project.place()));
    if service.kind.get().is_none() {
        let (kind, origin) = match facts.listens.first() {
            Some(listen) => {
                (Kind::Web, Origin::detected("the code listens").at(listen.place.clone()).likely())
            }
            None if service.port.get().is_some() => {
                (Kind::Web, Origin::detected("it has a port").at(project.place()).likely())
            }
            None => {
                (Kind::Job, Origin::detected("nothing in it listens or loops").at(project.place()).guess())
            }
        };
        service.kind.propose(kind, origin);
    }
    if matches!(service.kind.get(), Some(Kind::Worker | Kind::Job)) {
        service.port.retain(|evidence| evidence.origin.confidence > seaworthy_model::Confidence::Low);
        service.port_setting.retain(|evidence| evidence.origin.confidence > seaworthy_model::Confidence::Low);
    }
    let mut draft =
        DraftService { service, project: Some(index), stock: project.stock, ..DraftService::default() };
    let name_origin = match (project.dir.as_str(), &project.name) {
        (".", Some(name)) if !GENERIC_NAMES.contains(&name.as_str()) => {
            Origin::detected("the manifest's name").at(project.place()).likely()
        }
        (".", _) => Origin::detected("the app's name").guess(),
        _ => Origin::detected("the folder's name").at(Place::file(project.dir.clone())).likely(),
    };
    draft.names.propose(project.service_name(root_name), name_origin.clone());
    if let Some(name) = project.name.as_ref().filter(|name| !GENERIC_NAMES.contains(&name.as_str())) {
        draft.names.propose(
            Name::from_text(name),
            Origin::detected("the manifest's name").at(project.place()).guess(),
        );
    }
    observed::note_volumes(&mut draft.service, facts);
    resource::note_needs(project, facts, &mut draft);
    let mut drafts = vec![draft];
    for (name, companion) in &project.companions {
        let mut service = companion.clone();
        service
            .path
            .propose(project.dir.clone(), Origin::detected("the folder of its manifest").at(project.place()));
        // A companion with a program of its own brought its own variables.
        if service.env.is_empty() {
            service.env = project.service.env.clone();
            service.env.retain(|name, _| !name.ends_with("PORT"));
        }
        let mut draft =
            DraftService { service, project: Some(index), stock: project.stock, ..DraftService::default() };
        let name = if project.dir == "." {
            name.clone()
        } else {
            format!("{}-{name}", Name::from_text(&project.dir))
        };
        draft.names.propose(Name::from_text(&name), name_origin.clone());
        draft.needs.clone_from(&drafts[0].needs);
        drafts.push(draft);
    }
    drafts
}

/// Where something serves, scripts that only run to their end are tools of the developers.
fn drop_helpers(draft: &mut Draft, projects: &[Project], declared: &BTreeSet<String>) {
    let serves = |service: &DraftService| service.service.kind.get() != Some(&Kind::Job);
    if !draft.services.iter().any(serves) {
        return;
    }
    draft.services.retain(|service| {
        serves(service)
            || declared.contains(service.service.path())
            || service.project.is_some_and(|index| {
                // A crawler or report with its own manifest stays; loose scripts and examples go.
                let dir = &projects[index].dir;
                !dir.split('/').any(|part| {
                    matches!(part, "scripts" | "tools" | "examples" | "docs" | "bench" | "db" | "infra")
                }) && dir != "."
            })
    });
}
