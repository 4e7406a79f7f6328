//! The programs of a module: its main packages, what each is for and which source each is built of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use seaworthy_model::Place;

use super::module::base_name;
use crate::pattern::Pattern;
use crate::project::Project;
use crate::repository::{Repository, extension, file_name, join, parent, relative};
use crate::source::Facts;

/// Entries of the source rules that serve requests.
const SERVERS: [&str; 11] =
    ["net/http", "gin", "echo", "fiber", "chi", "gorilla-mux", "beego", "iris", "hertz", "fasthttp", "grpc"];

/// Entries that wait for work.
const WORKERS: [&str; 5] = ["asynq", "temporal", "discordgo", "telegram-bot", "cron"];

/// Packages followed from a main package; a module with more is understood by its first ones.
const MOST_PACKAGES: usize = 400;

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Web,
    Worker,
    /// Run by hand or by a pipeline: migrations, seeds, generators, command lines.
    Tool,
}

/// A main package.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) dir: String,
    pub(super) place: Place,
    pub(super) purpose: Purpose,
    /// Files of the module that this program is not built of.
    pub(super) foreign: BTreeSet<String>,
    /// The subcommand that serves (`app serve`).
    pub(super) subcommand: Option<String>,
    pub(super) takes_arguments: bool,
}

impl Program {
    /// Which of several is the module's first: what serves, then by usual name.
    pub(super) fn rank(&self) -> (u8, u8, String) {
        let purpose = u8::from(self.purpose != Purpose::Web);
        let name = match self.name.as_str() {
            "api" | "server" => 0,
            "web" | "app" | "http" | "backend" => 1,
            _ => 2,
        };
        (purpose, name, self.dir.clone())
    }
}

/// Every main package of a module.
pub(super) fn find(repo: &Repository, project: &Project, facts: &Facts) -> Vec<Program> {
    let mut mains: BTreeMap<&str, &Place> = BTreeMap::new();
    for entry in facts.entries.iter().filter(|entry| entry.of == "main") {
        if !is_ignored(repo, &entry.place.file) {
            mains.entry(parent(&entry.place.file)).or_insert(&entry.place);
        }
    }
    let module = module_name(repo, project);
    let seen = facts.files();
    let mut imports = Imports::default();
    let mut programs = Vec::new();
    for (dir, place) in &mains {
        let packages = imports.packages(repo, project, &module, dir);
        let foreign: BTreeSet<String> = seen
            .iter()
            .filter(|file| !packages.contains(parent(file)))
            .map(|file| (*file).to_owned())
            .collect();
        let own = facts.without(&foreign);
        let name = match *dir {
            dir if dir == project.dir => base_name(&module).to_owned(),
            dir if matches!(file_name(dir), "cmd" | "src" | "main") => base_name(&module).to_owned(),
            dir => file_name(dir).to_owned(),
        };
        let subcommand = own.entries.iter().find(|entry| entry.of == "subcommand");
        let text = repo.text(&place.file);
        let takes_arguments = own.entry("command-line").is_some()
            || text.is_some_and(|text| text.contains("os.Args") || text.contains("flag.Arg"));
        programs.push(Program {
            purpose: purpose(&name, dir, &own),
            name,
            dir: (*dir).to_owned(),
            place: (*place).clone(),
            foreign,
            subcommand: subcommand.and_then(|entry| entry.object.clone()),
            takes_arguments,
        });
    }
    programs
}

fn purpose(name: &str, dir: &str, own: &Facts) -> Purpose {
    let is_aside = dir.split('/').any(|part| {
        matches!(part, "tools" | "tool" | "scripts" | "script" | "hack" | "gen" | "generate" | "codegen")
    });
    let is_tool = matches!(
        name,
        "migrate"
            | "migrator"
            | "migration"
            | "migrations"
            | "seed"
            | "seeder"
            | "seeds"
            | "cli"
            | "gen"
            | "generate"
            | "client"
            | "loadtest"
    ) || name.ends_with("ctl")
        || name.ends_with("-cli");
    if is_aside || is_tool {
        return Purpose::Tool;
    }
    let works = WORKERS.iter().any(|of| own.entry(of).is_some());
    let is_worker = ["worker", "consumer", "processor", "scheduler", "cron", "bot", "indexer", "subscriber"]
        .iter()
        .any(|word| name.contains(word));
    let serves = !own.listens.is_empty() || SERVERS.iter().any(|of| own.entry(of).is_some());
    // A worker that also serves its metrics is a worker still.
    if is_worker || works && !serves {
        return Purpose::Worker;
    }
    if serves {
        return Purpose::Web;
    }
    // A loop that ends with a signal is what a daemon looks like.
    if own.entry("signal").is_some() && own.entry("loop").is_some() {
        return Purpose::Worker;
    }
    Purpose::Tool
}

/// The first framework that a program starts, a router before the server under it.
pub(super) fn framework(facts: &Facts) -> Option<(String, Place)> {
    let rank = |of: &str| u8::from(of == "net/http");
    let known =
        facts.entries.iter().filter(|entry| serves(&entry.of) || WORKERS.contains(&entry.of.as_str()));
    let entry = known.min_by_key(|entry| rank(&entry.of))?;
    Some((entry.of.clone(), entry.place.clone()))
}

/// The framework answers requests.
pub(super) fn serves(framework: &str) -> bool {
    SERVERS.contains(&framework)
}

/// What every package of a module imports of the same module, read once for all of its programs.
#[derive(Default)]
struct Imports(BTreeMap<String, Vec<String>>);

impl Imports {
    /// The packages that a main package is built of.
    fn packages(
        &mut self,
        repo: &Repository,
        project: &Project,
        module: &str,
        main: &str,
    ) -> BTreeSet<String> {
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut waiting = vec![main.to_owned()];
        while let Some(dir) = waiting.pop() {
            if known.len() >= MOST_PACKAGES || !known.insert(dir.clone()) {
                continue;
            }
            let imported = self.0.entry(dir).or_insert_with_key(|dir| imports(repo, project, module, dir));
            waiting.extend(imported.iter().cloned());
        }
        known
    }
}

fn imports(repo: &Repository, project: &Project, module: &str, dir: &str) -> Vec<String> {
    static IMPORT: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r#"(?m)^\s*(?:import\s+)?(?:[\w.]+\s+)?"([^"\s]+)"\s*$"#));
    let mut found = Vec::new();
    for path in repo.files_in(dir).filter(|path| extension(path) == Some("go") && !path.ends_with("_test.go"))
    {
        let Some(text) = repo.text(path) else { continue };
        // Imports stand before the first declaration.
        let head = text.find("\nfunc ").map_or(&*text, |end| &text[..end]);
        for import in IMPORT.find_all(head) {
            if let Some(rest) = import.text(1).strip_prefix(module) {
                match rest.strip_prefix('/') {
                    Some(rest) => found.push(join(&project.dir, rest)),
                    None if rest.is_empty() => found.push(project.dir.clone()),
                    None => {}
                }
            }
        }
    }
    found
}

/// The module's path; the project's name may have become a program's meanwhile.
fn module_name(repo: &Repository, project: &Project) -> String {
    let text = repo.text(&project.manifest);
    let line = text.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("module ")));
    let name = line.map(|name| name.split("//").next().unwrap_or(name).trim().trim_matches('"').to_owned());
    name.or_else(|| project.name.clone()).unwrap_or_else(|| relative(".", &project.dir).to_owned())
}

/// `//go:build ignore`: run by hand with `go run file.go`, part of no package.
fn is_ignored(repo: &Repository, path: &str) -> bool {
    repo.text(path).is_some_and(|text| {
        text.lines().take(10).any(|line| {
            let line = line.trim();
            line == "//go:build ignore" || line == "// +build ignore" || line.starts_with("//go:build tools")
        })
    })
}
