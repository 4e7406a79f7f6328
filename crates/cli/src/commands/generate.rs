//! `sea generate`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use seaworthy_detect::{Loaded, Repository, load_from};
use seaworthy_generate::drift::{Difference, differences};
use seaworthy_generate::place::{Action, Placed, leftovers, place};
use seaworthy_generate::{Input, Loss, Options, Report, TARGETS, Target, Templates, find, generate};
use seaworthy_model::{App, Name};

use crate::args::{GenerateArgs, Global};
use crate::commands::{load, write};
use crate::exit::{self, Mistake};
use crate::output::{self, derived, diff};

/// The folder of a project's own templates.
const TEMPLATES: &str = ".seaworthy/templates";

/// Derived files, and what is to be done about them.
pub(crate) struct Derived {
    /// Every file.
    pub(crate) files: Vec<Placed>,
    /// What could not be expressed.
    pub(crate) losses: Vec<Loss>,
    /// Derived files that the model has no use for any more.
    pub(crate) leftovers: Vec<String>,
}

pub(crate) fn run(global: &Global, args: &GenerateArgs) -> anyhow::Result<u8> {
    if args.list {
        derived::targets(&mut anstream::stdout().lock(), TARGETS)?;
        return Ok(exit::DONE);
    }
    if global.env.is_some() {
        return Err(Mistake {
            message: "derived files are made for all environments at once".to_owned(),
            help: Some("sea generate, without --env".to_owned()),
        }
        .into());
    }
    let root = load::root(global, None)?;
    let repository = Repository::open(&root)?;
    let loaded = load_from(&repository, &load::overrides(global));
    if loaded.has_errors() {
        return Ok(output::problems(&loaded));
    }
    let targets = choose(&args.targets, &loaded.app)?;
    let derived = derive(&root, &repository, &loaded.app, &loaded.environments(), &targets)?;
    let stale = !derived.leftovers.is_empty() || derived.files.iter().any(|file| file.action.is_stale());
    if args.stdout {
        let mut out = std::io::stdout().lock();
        for Placed { file, .. } in &derived.files {
            if derived.files.len() > 1 {
                writeln!(out, "==> {} <==", file.path)?;
            }
            out.write_all(file.text.as_bytes())?;
        }
        return Ok(exit::DONE);
    }
    if args.diff {
        let mut out = anstream::stdout().lock();
        for file in derived.files.iter().filter(|file| file.action != Action::Keep) {
            let before = file.present.as_deref().unwrap_or_default();
            out.write_all(diff::unified(&file.file.path, before, &file.file.text).as_bytes())?;
        }
        return Ok(if args.check && stale { exit::NO } else { exit::DONE });
    }
    if !args.check {
        for file in derived.files.iter().filter(|file| file.action != Action::Keep) {
            let path = root.join(&file.path);
            write::replace(&path, &file.file.text)?;
            if file.file.executable {
                write::make_executable(&path)?;
            }
        }
    }
    if args.json {
        let text = serde_json::to_string_pretty(&Report::new(
            &derived.files,
            &derived.leftovers,
            &derived.losses,
            !args.check,
        ))?;
        writeln!(std::io::stdout().lock(), "{text}")?;
    } else {
        let mut text = Vec::new();
        derived::write(&mut text, &derived, args.check)?;
        anstream::stdout().lock().write_all(&text)?;
    }
    Ok(if args.check && stale { exit::NO } else { exit::DONE })
}

/// The files of some targets, and what is to be done about them.
pub(crate) fn derive(
    root: &Path,
    repository: &Repository,
    app: &App,
    environments: &BTreeMap<Name, App>,
    targets: &[&Target],
) -> anyhow::Result<Derived> {
    let templates = Templates::new(&own_templates(root)?).map_err(|error| Mistake {
        message: error.to_string(),
        help: Some(format!("mend it in {TEMPLATES}")),
    })?;
    let options = Options::of(app);
    let input = Input { app, environments, sources: repository, templates: &templates, options: &options };
    let made = generate(&input, targets).map_err(|error| Mistake {
        message: error.to_string(),
        help: Some(format!("mend it in {TEMPLATES}")),
    })?;
    let leftovers = leftovers(&made.files, targets, repository);
    Ok(Derived { files: place(made.files, repository), losses: made.losses, leftovers })
}

/// Where places of a repository disagree, the derived files that it has among them.
pub(crate) fn drift(
    root: &Path,
    repository: &Repository,
    loaded: &Loaded,
    targets: &[&Target],
) -> anyhow::Result<Vec<Difference>> {
    let derived = derive(root, repository, &loaded.app, &loaded.environments(), targets)?;
    Ok(differences(&loaded.app, &derived.files))
}

/// The targets that are asked for, else those that the project names, else those that fit every app.
pub(crate) fn choose(asked: &[String], app: &App) -> anyhow::Result<Vec<&'static Target>> {
    let named: Vec<String> = match app.generation.targets.get() {
        Some(names) if asked.is_empty() => names.iter().map(ToString::to_string).collect(),
        _ => asked.to_vec(),
    };
    if named.is_empty() {
        return Ok(TARGETS.iter().filter(|target| target.by_default).collect());
    }
    if named.iter().any(|name| name == "all") {
        return Ok(TARGETS.iter().collect());
    }
    let known = |name: &String| {
        find(name).ok_or_else(|| Mistake {
            message: format!("there is no target `{name}`"),
            help: Some(match nearest(name) {
                Some(near) => format!("sea generate {near}; sea generate --list shows all targets"),
                None => "sea generate --list".to_owned(),
            }),
        })
    };
    let chosen: Vec<_> = named.iter().map(known).collect::<Result<_, _>>()?;
    // In the order of the list, each once, however they were named.
    Ok(TARGETS.iter().filter(|target| chosen.iter().any(|chosen| chosen.id == target.id)).collect())
}

fn nearest(name: &str) -> Option<&'static str> {
    let near =
        TARGETS.iter().map(|target| (strsim::damerau_levenshtein(name, target.id), target.id)).min()?;
    let begins = || TARGETS.iter().find(|target| target.id.starts_with(name)).map(|target| target.id);
    (near.0 <= 2).then_some(near.1).or_else(begins)
}

/// The templates of a project, by their path below its folder.
fn own_templates(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let top = root.join(TEMPLATES);
    let mut templates = BTreeMap::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(&top) {
                let name = name.to_string_lossy().replace('\\', "/");
                templates.insert(name, std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(templates)
}
