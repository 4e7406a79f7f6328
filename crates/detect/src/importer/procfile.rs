//! Procfiles: `name: command` lines, as Heroku, foreman and honcho read them.

use std::collections::BTreeSet;

use seaworthy_model::{JobTrigger, Kind, Name, Origin, Place};

use crate::draft::{Draft, DraftService};
use crate::language::manifests;
use crate::project::companion_of;
use crate::repository::{Repository, parent};

const NAMES: [&str; 3] = ["Procfile", "Procfile.prod", "Procfile.dev"];

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in NAMES.iter().flat_map(|name| manifests(repo, name)) {
        dirs.insert(parent(path).to_owned());
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for name in NAMES {
        let paths: Vec<String> = manifests(repo, name).map(str::to_owned).collect();
        for path in paths {
            let Some(text) = repo.text(&path) else { continue };
            let dev = name.ends_with("dev");
            // `bin/dev` is the development command that runs them all, asset watchers included.
            if dev && repo.has(&crate::repository::join(parent(&path), "bin/dev")) {
                continue;
            }
            // Every process of the file is a service of its own.
            let mut taken = Vec::new();
            for (line, text) in (1_u32..).zip(text.lines()) {
                let text = text.trim();
                if text.starts_with('#') {
                    continue;
                }
                if let Some((process, command)) = text.split_once(':')
                    && process.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
                    && !command.trim().is_empty()
                {
                    add(draft, &path, line, process, command.trim(), dev, &mut taken);
                }
            }
        }
    }
}

/// Adds a process; `taken` are the services that other processes of the same file are.
fn add(
    draft: &mut Draft,
    path: &str,
    line: u32,
    process: &str,
    command: &str,
    dev: bool,
    taken: &mut Vec<usize>,
) {
    let dir = parent(path);
    let origin = Origin::imported(format!("Procfile {process}")).at(Place::line(path, line));
    // `cd web && npm start` and `npm --prefix web run dev` run in another folder.
    let (dir, command) = in_folder(dir, command);
    if process == "release" {
        let name =
            if command.contains("migrat") || command.contains("upgrade") { "migrate" } else { "release" };
        let job = draft.jobs.entry(Name::from_text(name)).or_default();
        job.run.propose(command, origin.clone());
        job.path.propose(dir, origin.clone());
        job.on.propose(JobTrigger::Release, origin);
        return;
    }
    let name = Name::from_text(process);
    let listening = crate::command::listening(&command);
    let is_web = process == "web";
    let here = |service: &DraftService| service.service.path() == dir;
    let found = |accept: &dyn Fn(&DraftService) -> bool| {
        let mut known = draft.services.iter().enumerate();
        known.find(|(index, known)| !taken.contains(index) && accept(known)).map(|(index, _)| index)
    };
    let index = found(&|known| here(known) && known.is_called(&name))
        .or_else(|| found(&|known| here(known) && fits(known, is_web, process)))
        .or_else(|| found(&|known| known.is_called(&name)));
    let index = index.unwrap_or_else(|| {
        draft.services.push(new_service(draft, &dir, &origin));
        draft.services.len() - 1
    });
    taken.push(index);
    let service = &mut draft.services[index];
    if !is_web || dir != "." {
        service.names.propose(name, origin.clone());
    } else {
        service.names.propose(name, origin.clone().with_confidence(seaworthy_model::Confidence::Low));
    }
    if service.service.kind.get().is_none() {
        let kind = if is_web || listening.is_some() { Kind::Web } else { Kind::Worker };
        service.service.kind.propose(kind, origin.clone());
    }
    // Where the code says how its port is set, the command here only does what it says.
    if let Some(listening) = listening
        && service.service.kind.get() == Some(&Kind::Web)
        && service.service.port_setting.is_empty()
    {
        service.service.port_setting.propose(listening.setting, origin.clone());
        if let Some(port) = listening.port {
            service.service.port.propose(port, origin.clone());
        }
    }
    let field = if dev || crate::command::is_development(&command) {
        &mut service.service.dev
    } else {
        &mut service.service.start
    };
    field.propose(command, origin);
}

/// An existing service of the folder that this process is: the web one for `web`, none of them for others
/// unless it is a worker.
fn fits(service: &DraftService, is_web: bool, process: &str) -> bool {
    match service.service.kind.get() {
        Some(Kind::Worker) => !is_web && !matches!(process, "web" | "api" | "server" | "app"),
        Some(Kind::Web | Kind::Static) => {
            is_web || matches!(process, "api" | "server" | "app" | "frontend" | "backend")
        }
        _ => is_web,
    }
}

fn new_service(draft: &Draft, dir: &str, origin: &Origin) -> DraftService {
    let twin = draft.services.iter().find(|service| service.service.path() == dir);
    let mut made = DraftService::default();
    if let Some(twin) = twin {
        made.service = companion_of(&twin.service);
        made.service.env.clone_from(&twin.service.env);
        made.project = twin.project;
        made.needs.clone_from(&twin.needs);
    } else {
        let project = draft.projects.iter().position(|project| project.dir == dir);
        if let Some(index) = project {
            made.service = companion_of(&draft.projects[index].service);
            made.project = Some(index);
        }
        made.service.path.propose(dir.to_owned(), origin.clone());
    }
    made
}

/// The folder that a command runs in, and the command without the change of folder.
pub(super) fn in_folder(dir: &str, command: &str) -> (String, String) {
    if let Some((folder, rest)) = command.strip_prefix("cd ").and_then(|rest| rest.split_once("&&"))
        && let Some(folder) = crate::repository::resolve(dir, folder.trim())
    {
        return (folder, rest.trim().to_owned());
    }
    for option in ["--prefix ", "--cwd ", "--dir ", "-C "] {
        if let Some((before, rest)) = command.split_once(option)
            && matches!(before.trim(), "npm" | "yarn" | "pnpm" | "bun")
            && let Some((folder, rest)) = rest.trim_start().split_once(' ')
            && let Some(folder) = crate::repository::resolve(dir, folder)
        {
            return (folder, format!("{} {rest}", before.trim()));
        }
    }
    (dir.to_owned(), command.to_owned())
}
