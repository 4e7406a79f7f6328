//! Migration and seed tools: the jobs they mean, and where a resource's migrations are.

use seaworthy_model::{JobTrigger, Name, Origin, Place};

use crate::draft::Draft;
use crate::framework::has_file;
use crate::project::{Project, at_file};
use crate::repository::{Repository, relative};
use crate::rules::{self, ToolRule};

/// Databases that a migration tool can be for, the likeliest first.
const DATABASES: [&str; 6] = ["postgres", "mysql", "mariadb", "sqlserver", "mongodb", "supabase"];

/// Adds the jobs of every migration tool that a service's project shows.
pub(crate) fn add_jobs(repo: &Repository, draft: &mut Draft, index: usize) {
    let Some(project) = draft.services[index].project.map(|project| draft.projects[project].clone()) else {
        return;
    };
    let Some(name) = draft.services[index].names.get().cloned() else { return };
    for rule in rules::tools() {
        if rule.family.as_deref().is_some_and(|family| family != project.family) {
            continue;
        }
        let Some(origin) = evidence(repo, &project, rule) else { continue };
        let migrations = rule.migrations.iter().find_map(|dir| has_file(repo, &project, dir));
        if let Some(command) = &rule.migrate {
            // Without a migration to run, the schema is pushed as it stands, where the tool can do that.
            let push = rule.push.as_ref().filter(|_| migrations.is_none());
            let command = filled(push.unwrap_or(command), &project, migrations.as_deref());
            add_job(draft, "migrate", &name, &project, command, JobTrigger::Release, &origin);
        }
        if let Some((seed, path)) =
            rule.seeds.iter().find_map(|seed| Some((seed, has_file(repo, &project, &seed.file)?)))
        {
            let origin = at_file(format!("{} seeds", rule.name), &path);
            add_job(
                draft,
                "seed",
                &name,
                &project,
                filled(&seed.run, &project, None),
                JobTrigger::Manual,
                &origin,
            );
        }
        if let Some(path) = migrations {
            let origin = at_file(format!("{} keeps migrations there", rule.name), &path);
            note_migrations(draft, index, &path, &origin);
        }
        // One tool migrates; a second one is a contradiction for `sea check` to tell.
        if rule.migrate.is_some() {
            break;
        }
    }
    for script in ["seed", "db:seed"] {
        if let Some(found) = project.scripts.get(script) {
            let origin = Origin::detected(format!("script {script}")).at(found.place.clone());
            add_job(draft, "seed", &name, &project, found.call.clone(), JobTrigger::Manual, &origin);
        }
    }
    for script in
        ["migrate:deploy", "db:migrate:deploy", "db:migrate", "migrate", "migration:run", "migrations:run"]
    {
        if let Some(found) = project.scripts.get(script)
            && !found.text.contains("migrate dev")
        {
            let origin = Origin::detected(format!("script {script}")).at(found.place.clone());
            add_job(draft, "migrate", &name, &project, found.call.clone(), JobTrigger::Release, &origin);
            break;
        }
    }
}

fn evidence(repo: &Repository, project: &Project, rule: &ToolRule) -> Option<Origin> {
    let dependency = rule.dependencies.iter().find_map(|name| {
        let dependency = project.dependency(name)?;
        let place = dependency.place.clone().unwrap_or_else(|| project.place());
        Some(Origin::detected(format!("depends on {name}")).at(place))
    });
    let file = rule.files.iter().find_map(|file| {
        let path = has_file(repo, project, file)?;
        Some(Origin::detected(format!("{} is there", relative(&project.dir, &path))).at(Place::file(path)))
    });
    if rule.needs_both {
        return file.filter(|_| dependency.is_some());
    }
    dependency.or(file)
}

fn filled(command: &str, project: &Project, migrations: Option<&str>) -> String {
    let migrations = migrations.map_or("migrations", |path| relative(&project.dir, path));
    project.fill(command).replace("{migrations}", migrations)
}

fn add_job(
    draft: &mut Draft,
    what: &str,
    service: &Name,
    project: &Project,
    run: String,
    on: JobTrigger,
    origin: &Origin,
) {
    // A Procfile's `release` may say the very same.
    let is_same =
        |job: &seaworthy_model::Job| job.run.get() == Some(&run) && job.path.get() == Some(&project.dir);
    let simple = Name::from_text(what);
    if draft.jobs.iter().any(|(name, job)| *name != simple && is_same(job)) {
        return;
    }
    // Two services made of one project (a web process and its worker) share its jobs.
    let is_other = draft.jobs.get(&simple).is_some_and(|job| {
        job.service.get().is_some_and(|known| known != service)
            && job.path.get().is_none_or(|known| *known != project.dir)
    });
    let name = if is_other { Name::from_text(&format!("{service}-{what}")) } else { simple };
    let job = draft.jobs.entry(name).or_default();
    job.run.propose(run, origin.clone());
    job.service.propose(service.clone(), origin.clone());
    job.path.propose(project.dir.clone(), origin.clone());
    job.on.propose(on, origin.clone());
}

/// The migrations belong to the database that the service needs.
fn note_migrations(draft: &mut Draft, index: usize, path: &str, origin: &Origin) {
    let needs = &draft.services[index].needs;
    let Some(kind) = DATABASES.iter().find(|kind| needs.iter().any(|need| need.r#type == **kind)) else {
        return;
    };
    let known = draft
        .resources
        .iter()
        .find(|(_, resource)| resource.r#type.get().is_some_and(|known| known == kind))
        .map(|(name, _)| name.clone());
    let name = known.unwrap_or_else(|| Name::from_text(kind));
    let resource = draft.resources.entry(name).or_default();
    resource.migrations.propose(path.to_owned(), origin.clone());
}
