//! Choosing the framework that runs a project, and proposing what follows from it.

use seaworthy_model::{Kind, Origin, Place, PortSetting, Probe};

use crate::project::{Project, Role};
use crate::repository::{Repository, file_name, join, parent};
use crate::rules::{self, Framework};
use crate::source::Facts;

/// A framework with what shows it.
pub(crate) struct Chosen {
    pub(crate) rule: &'static Framework,
    pub(crate) evidence: Origin,
}

/// The framework that runs a project: of those it shows, the one with the highest rank.
pub(crate) fn choose(repo: &Repository, project: &Project, facts: &Facts) -> Option<Chosen> {
    let mut found: Vec<Chosen> = rules::frameworks(project.family)
        .iter()
        .filter_map(|rule| {
            let evidence = evidence(repo, project, rule)?;
            let has_page = rule.needs_file.is_empty()
                || rule.needs_file.iter().any(|file| has_file(repo, project, file).is_some());
            let runs = !rule.needs_entry || is_started(rule, project, facts);
            (has_page && runs).then_some(Chosen { rule, evidence })
        })
        .collect();
    // Stable: of equal ranks the first by file name.
    found.sort_by_key(|chosen| std::cmp::Reverse(chosen.rule.rank));
    found.into_iter().next()
}

/// The code starts the framework. Where the rules know how that looks, only that counts for what is as often a
/// client (below rank 55); a server may be started in ways that no rule knows.
fn is_started(rule: &Framework, project: &Project, facts: &Facts) -> bool {
    let factory = format!("{}-factory", rule.name);
    if facts.entry(&rule.name).is_some() || facts.entry(&factory).is_some() {
        return true;
    }
    let is_known = facts.known_entries.contains(&rule.name);
    (!is_known || rule.rank >= 55) && (project.role == Role::Application || !facts.listens.is_empty())
}

fn evidence(repo: &Repository, project: &Project, rule: &Framework) -> Option<Origin> {
    let named = rule.dependencies.iter().find_map(|name| {
        let dependency = project.dependency(name)?;
        // What only the tests use runs nothing.
        if rule.needs_entry && dependency.dev {
            return None;
        }
        let place = dependency.place.clone().unwrap_or_else(|| project.place());
        Some(Origin::detected(format!("depends on {name}")).at(place))
    });
    named.or_else(|| {
        rule.files.iter().find_map(|file| {
            let path = has_file(repo, project, file)?;
            Some(Origin::detected(format!("{} is there", file_name(&path))).at(Place::file(path)))
        })
    })
}

/// A file of the project; `name.*` stands for any ending.
pub(crate) fn has_file(repo: &Repository, project: &Project, file: &str) -> Option<String> {
    let path = join(&project.dir, file);
    let Some(stem) = path.strip_suffix('*') else {
        return (repo.has(&path) || repo.has_dir(&path)).then_some(path);
    };
    repo.starting_with(stem).find(|known| parent(known) == parent(&path)).map(str::to_owned)
}

/// Proposes what the chosen framework means for its project.
pub(crate) fn propose(project: &mut Project, chosen: &Chosen) {
    let rule = chosen.rule;
    let evidence = || chosen.evidence.clone();
    let convention = |what: &str| Origin::detected(format!("{} {what}", rule.title)).guess();
    let command = |template: &str| project.fill(template);
    let (dev, build, start, test) = (
        rule.dev.as_deref().map(command),
        rule.build.as_deref().map(command),
        rule.start.as_deref().map(command),
        rule.test.as_deref().map(command),
    );
    let service = &mut project.service;
    service.framework.propose(rule.name.clone(), evidence());
    service.kind.propose(Kind::from(rule.kind), evidence());
    let commands = [
        (&mut service.dev, dev, "development command"),
        (&mut service.build, build, "build command"),
        (&mut service.start, start, "start command"),
        (&mut service.test, test, "test command"),
    ];
    for (field, command, what) in commands {
        if let Some(command) = command {
            field.propose(command, convention(what));
        }
    }
    if let Some(port) = rule.port {
        service.port.propose(port, convention("default port"));
    }
    if let Some(name) = &rule.port_env {
        service.port_setting.propose(PortSetting::Env(name.clone()), convention("reads its port from this"));
    }
    if let Some(flag) = &rule.port_flag {
        service.port_setting.propose(PortSetting::Flag(flag.clone()), convention("takes its port by this"));
    }
    if let Some(dir) = &rule.r#static {
        service.static_dir.propose(dir.clone(), convention("output folder"));
    }
    for (dependency, path) in &rule.health {
        if dependency == "*" || project.dependencies.contains_key(dependency) {
            let origin = convention("serves its own health path").likely();
            project.service.readiness.propose(Probe::http(path.clone()), origin.clone());
            project.service.liveness.propose(Probe::http(path.clone()), origin);
        }
    }
}
