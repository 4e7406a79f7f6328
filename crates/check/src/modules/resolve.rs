//! Where an import leads.

use std::collections::HashMap;

use seaworthy_detect::document::Node;

use super::lexer::Syntax;
use super::unit::{Import, Names, Unit};
use crate::context::Context;

/// What an import means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Files of the repository.
    Files(Vec<usize>),
    /// A package from elsewhere: its name, for Python the whole dotted name.
    Package(String),
    /// Part of the runtime, or a file that is no code.
    Builtin,
    /// Not to be told.
    Unknown,
}

impl Target {
    /// The files, where it is files.
    pub(crate) fn files(&self) -> &[usize] {
        match self {
            Self::Files(files) => files,
            _ => &[],
        }
    }
}

/// Endings that may be left out of an import, in the order in which tools try them.
const ENDINGS: [&str; 12] =
    [".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro", ".json"];

/// Modules of Node.js.
const NODE: [&str; 46] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "sea",
    "sqlite",
    "stream",
    "string_decoder",
    "sys",
    "test",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "bun",
];

/// A module that the runtime brings.
fn is_builtin(specifier: &str) -> bool {
    let scheme = specifier.split_once(':').map(|(scheme, _)| scheme);
    matches!(
        scheme,
        Some(
            "node"
                | "bun"
                | "deno"
                | "cloudflare"
                | "jsr"
                | "npm"
                | "http"
                | "https"
                | "data"
                | "virtual"
                | "astro"
                | "file"
                | "workerd"
        )
    ) || NODE.contains(&specifier.split('/').next().unwrap_or_default())
}

/// `paths` of a tsconfig, seen from its folder.
struct Alias {
    dir: String,
    before: String,
    after: String,
    /// The same with `*`, relative to the repository.
    targets: Vec<String>,
}

pub(super) struct Resolver<'r> {
    context: &'r Context<'r>,
    by_path: HashMap<&'r str, usize>,
    units: &'r [Unit],
    aliases: Vec<Alias>,
    base_urls: Vec<(String, String)>,
    /// Packages of the repository itself, with their folders.
    members: HashMap<String, String>,
}

impl<'r> Resolver<'r> {
    pub(super) fn new(context: &'r Context<'r>, units: &'r [Unit]) -> Self {
        let by_path = units.iter().enumerate().map(|(index, unit)| (unit.path.as_str(), index)).collect();
        let mut resolver = Self {
            context,
            by_path,
            units,
            aliases: Vec::new(),
            base_urls: Vec::new(),
            members: HashMap::new(),
        };
        for path in context.repository.named("package.json") {
            let dir = path.rsplit_once('/').map_or(".", |(dir, _)| dir);
            if let Some(document) = context.repository.document(path)
                && let Some(name) = document.get("name").and_then(Node::text)
            {
                resolver.members.insert(name.to_owned(), dir.to_owned());
            }
        }
        let is_config = |path: &str| {
            let name = crate::file::name(path);
            (name.starts_with("tsconfig") || name == "jsconfig.json") && name.ends_with(".json")
        };
        for path in context.repository.paths().iter().filter(|path| is_config(path)) {
            resolver.configure(path);
        }
        // The nearest one decides.
        resolver.aliases.sort_by_key(|alias| std::cmp::Reverse((alias.dir.len(), alias.before.len())));
        resolver
    }

    fn configure(&mut self, path: &str) {
        let dir = path.rsplit_once('/').map_or(".", |(dir, _)| dir);
        let Some(document) = self.context.repository.document(path) else { return };
        let Some(options) = document.get("compilerOptions") else { return };
        let base = options.get("baseUrl").and_then(Node::text);
        let root = base.and_then(|base| joined(dir, base)).unwrap_or_else(|| dir.to_owned());
        if base.is_some() {
            self.base_urls.push((dir.to_owned(), root.clone()));
        }
        for entry in options.get("paths").into_iter().flat_map(Node::entries) {
            let (before, after) = entry.key.split_once('*').unwrap_or((&entry.key, "\0"));
            let targets = entry.node.texts().into_iter().filter_map(|target| joined(&root, target)).collect();
            self.aliases.push(Alias {
                dir: dir.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
                targets,
            });
        }
    }

    pub(super) fn resolve(&self, unit: &Unit, import: &Import) -> Target {
        match unit.syntax {
            Syntax::JavaScript => self.javascript(unit, &import.specifier),
            Syntax::Python => self.python(unit, import),
        }
    }

    fn javascript(&self, unit: &Unit, specifier: &str) -> Target {
        if specifier.is_empty() {
            return Target::Unknown;
        }
        if specifier.starts_with('.') {
            return joined(unit.dir(), specifier)
                .and_then(|path| self.file(&path))
                .unwrap_or(Target::Unknown);
        }
        let project =
            super::Modules::manifest(self.context, unit).map_or(".", |manifest| manifest.dir.as_str());
        if let Some(rest) = specifier.strip_prefix('/') {
            let found = ["", "public/", "src/"]
                .iter()
                .find_map(|folder| self.file(&joined(project, &format!("{folder}{rest}"))?));
            return found.unwrap_or(Target::Unknown);
        }
        let around = |dir: &str| dir == "." || unit.path.starts_with(&format!("{dir}/"));
        for alias in self.aliases.iter().filter(|alias| around(&alias.dir)) {
            let middle = match alias.after.as_str() {
                "\0" => (specifier == alias.before).then_some(""),
                after => specifier.strip_prefix(&*alias.before).and_then(|rest| rest.strip_suffix(after)),
            };
            let Some(middle) = middle else { continue };
            if let Some(found) =
                alias.targets.iter().find_map(|target| self.file(&target.replacen('*', middle, 1)))
            {
                return found;
            }
            if !alias.before.is_empty() {
                return Target::Unknown;
            }
        }
        for (dir, root) in self.base_urls.iter().filter(|(dir, _)| around(dir)) {
            let _ = dir;
            if let Some(found) = joined(root, specifier).and_then(|path| self.file(&path)) {
                return found;
            }
        }
        if let Some(found) = self.convention(project, specifier) {
            return found;
        }
        if is_builtin(specifier) {
            return Target::Builtin;
        }
        let Some(name) = package_name(specifier) else { return Target::Unknown };
        match self.members.get(name) {
            Some(dir) => self.member(dir, specifier[name.len()..].trim_start_matches('/')),
            None => Target::Package(name.to_owned()),
        }
    }

    /// Prefixes that frameworks and templates agree on.
    fn convention(&self, project: &str, specifier: &str) -> Option<Target> {
        let first = specifier.chars().next()?;
        let (rest, roots): (&str, &[&str]) = if let Some(rest) = specifier.strip_prefix("$lib") {
            (rest.trim_start_matches('/'), &["src/lib"])
        } else if specifier.starts_with("@/") || specifier.starts_with("~/") || specifier.starts_with("src/")
        {
            (specifier.split_once('/')?.1, &["src", ".", "app", "resources/js", "client/src"])
        } else if specifier.starts_with("~~/") || specifier.starts_with("@@/") {
            (&specifier[3..], &["."])
        } else if matches!(first, '#' | '$' | '~')
            || specifier.starts_with("@theme")
            || specifier.starts_with("@site")
        {
            ("", &[])
        } else {
            return None;
        };
        let found = roots.iter().find_map(|root| self.file(&joined(&joined(project, root)?, rest)?));
        Some(found.unwrap_or(Target::Unknown))
    }

    /// A member of the workspace, or a file in it.
    fn member(&self, dir: &str, rest: &str) -> Target {
        let mut tried = Vec::new();
        if rest.is_empty() {
            if let Some(document) = self.context.repository.document(&join(dir, "package.json")) {
                let named = ["source", "module", "main", "types"]
                    .iter()
                    .filter_map(|key| document.get(key).and_then(Node::text));
                tried.extend(named.map(str::to_owned));
            }
            tried.extend(["src/index".to_owned(), "index".to_owned(), "src/main".to_owned()]);
        } else {
            tried.extend([rest.to_owned(), format!("src/{rest}"), format!("lib/{rest}")]);
        }
        let files: Vec<usize> = tried
            .iter()
            .filter_map(|path| joined(dir, path))
            .flat_map(|path| self.file(&path).map(|target| target.files().to_vec()).unwrap_or_default())
            .collect();
        if files.is_empty() { Target::Unknown } else { Target::Files(files) }
    }

    /// The file of a path that may leave out its ending.
    fn file(&self, path: &str) -> Option<Target> {
        if let Some(index) = self.by_path.get(path) {
            return Some(Target::Files(vec![*index]));
        }
        if self.context.repository.has(path) {
            return Some(Target::Builtin);
        }
        // TypeScript names the file that it will make.
        for (made, sources) in [
            (".js", [".ts", ".tsx"]),
            (".jsx", [".tsx", ".ts"]),
            (".mjs", [".mts", ".ts"]),
            (".cjs", [".cts", ".ts"]),
        ] {
            if let Some(stem) = path.strip_suffix(made) {
                for source in sources {
                    if let Some(index) = self.by_path.get(format!("{stem}{source}").as_str()) {
                        return Some(Target::Files(vec![*index]));
                    }
                }
            }
        }
        for infix in ["", "/index"] {
            for ending in ENDINGS {
                let tried = if path == "." && !infix.is_empty() {
                    format!("index{ending}")
                } else {
                    format!("{path}{infix}{ending}")
                };
                if let Some(index) = self.by_path.get(tried.as_str()) {
                    return Some(Target::Files(vec![*index]));
                }
                if self.context.repository.has(&tried) {
                    return Some(Target::Builtin);
                }
            }
        }
        self.context.repository.has(&format!("{path}.d.ts")).then_some(Target::Builtin)
    }

    /// Files that computed imports may mean: those below the folder that they name, or around the importing file.
    pub(super) fn computed(&self, unit: &Unit) -> Vec<usize> {
        let mut files = Vec::new();
        for prefix in &unit.dynamic {
            let folder = match prefix.rsplit_once('/') {
                Some((folder, _)) => folder,
                None if prefix.starts_with(|letter: char| letter.is_ascii_alphabetic()) => prefix.as_str(),
                None => "",
            };
            let project =
                super::Modules::manifest(self.context, unit).map_or(".", |manifest| manifest.dir.as_str());
            let dir = if let Some(rest) = folder.strip_prefix('/') {
                joined(project, rest)
            } else if let Some(rest) = folder.strip_prefix("@/").or(folder.strip_prefix("~/")) {
                joined(project, &format!("src/{rest}"))
            } else {
                joined(unit.dir(), folder)
            };
            let Some(dir) = dir else { continue };
            let prefix = if dir == "." { String::new() } else { format!("{dir}/") };
            let start = self.units.partition_point(|unit| unit.path < prefix);
            let below = self.units[start..].iter().take_while(|unit| unit.path.starts_with(&prefix)).count();
            files.extend(start..start + below);
        }
        files
    }

    fn python(&self, unit: &Unit, import: &Import) -> Target {
        let dots = import.specifier.len() - import.specifier.trim_start_matches('.').len();
        let rest = import.specifier[dots..].replace('.', "/");
        let names: &[String] = match &import.names {
            Names::Some(names) => names,
            Names::All => &[],
        };
        if dots > 0 {
            let mut dir = unit.dir();
            for _ in 1..dots {
                dir = dir.rsplit_once('/').map_or(".", |(dir, _)| dir);
            }
            let files = self.python_files(dir, &rest, names);
            return if files.is_empty() { Target::Unknown } else { Target::Files(files) };
        }
        let mut dir = unit.dir();
        loop {
            for root in [dir.to_owned(), join(dir, "src")] {
                let files = self.python_files(&root, &rest, names);
                if !files.is_empty() {
                    return Target::Files(files);
                }
            }
            if dir == "." {
                break;
            }
            dir = dir.rsplit_once('/').map_or(".", |(dir, _)| dir);
        }
        Target::Package(import.specifier.clone())
    }

    /// `a/b` as a module of a folder, with the packages on the way and the modules among the names.
    fn python_files(&self, dir: &str, module: &str, names: &[String]) -> Vec<usize> {
        let mut files = Vec::new();
        let mut at = dir.to_owned();
        let mut is_found = module.is_empty();
        if module.is_empty() {
            files.extend(self.by_path.get(join(dir, "__init__.py").as_str()));
        }
        let parts: Vec<&str> = module.split('/').filter(|part| !part.is_empty()).collect();
        for (index, part) in parts.iter().enumerate() {
            at = join(&at, part);
            let is_last = index + 1 == parts.len();
            if let Some(file) = self.by_path.get(format!("{at}.py").as_str()) {
                files.push(*file);
                is_found = true;
                break;
            }
            if let Some(file) = self.by_path.get(format!("{at}/__init__.py").as_str()) {
                files.push(*file);
                is_found |= is_last;
            }
        }
        let before = files.len();
        for name in names {
            for path in [format!("{}.py", join(&at, name)), format!("{}/__init__.py", join(&at, name))] {
                files.extend(self.by_path.get(path.as_str()));
            }
        }
        if is_found || files.len() > before { files } else { Vec::new() }
    }
}

/// `name` or `@scope/name`.
fn package_name(specifier: &str) -> Option<&str> {
    let mut ends = specifier.match_indices('/').map(|(at, _)| at);
    let end = if specifier.starts_with('@') {
        ends.next()?;
        ends.next()
    } else {
        ends.next()
    };
    let name = &specifier[..end.unwrap_or(specifier.len())];
    let is_name =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@/._-".contains(&byte)) && name.len() > 1;
    is_name.then_some(name)
}

fn join(dir: &str, name: &str) -> String {
    if dir == "." { name.to_owned() } else { format!("{dir}/{name}") }
}

/// A relative path from a folder, made plain; `None` where it leaves the repository.
pub(super) fn joined(dir: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if dir == "." { Vec::new() } else { dir.split('/').collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}
