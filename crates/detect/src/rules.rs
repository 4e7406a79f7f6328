//! The rules that are data: frameworks, resources, migration tools and the reading of source code, one TOML
//! file each in `rules/` at the workspace's root. They are embedded in the binary and parsed when first needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock, PoisonError};

use include_dir::{Dir, include_dir};
use seaworthy_model::Kind;
use serde::Deserialize;

// Folder by folder: rules of other crates stand beside them, and would be in the binary twice.
static FRAMEWORKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../rules/frameworks");
static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../rules/migrations");
static RESOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../rules/resources");
static SOURCE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../rules/source");

/// How a framework is recognised, and what follows from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Framework {
    /// The name in plans.
    pub(crate) name: String,
    /// The name for people.
    pub(crate) title: String,
    /// The language family it belongs to, the same as its folder's: a file in the wrong folder fails a test.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the rules"))]
    pub(crate) family: String,
    /// What a service written with it is.
    pub(crate) kind: RuleKind,
    /// Of several frameworks in one project the highest rank is the one that runs it: a meta-framework (90)
    /// before a server (60) before a build tool (30).
    pub(crate) rank: u8,
    /// Any of these dependencies shows it.
    #[serde(default)]
    pub(crate) dependencies: Vec<String>,
    /// Any of these files, relative to the project, shows it; `*` stands for any ending.
    #[serde(default)]
    pub(crate) files: Vec<String>,
    /// It is only itself where one of these files is there too (a bundler without a page builds a library).
    #[serde(default)]
    pub(crate) needs_file: Vec<String>,
    /// It is a library that many packages use: only a package with an entry point is a service.
    #[serde(default)]
    pub(crate) needs_entry: bool,
    /// The port it listens on when nothing says otherwise.
    pub(crate) port: Option<u16>,
    /// The variable it reads its port from by itself.
    pub(crate) port_env: Option<String>,
    /// The option that sets its port.
    pub(crate) port_flag: Option<String>,
    /// Folder with the built site.
    pub(crate) r#static: Option<String>,
    /// Commands where the project says none; `{exec}` calls a project's own tool.
    #[serde(default)]
    pub(crate) dev: Option<String>,
    #[serde(default)]
    pub(crate) build: Option<String>,
    #[serde(default)]
    pub(crate) start: Option<String>,
    #[serde(default)]
    pub(crate) test: Option<String>,
    /// Health path that it serves by itself when this dependency is there (`*` for always).
    #[serde(default)]
    pub(crate) health: BTreeMap<String, String>,
}

/// [`Kind`] as rules write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RuleKind {
    Web,
    Worker,
    Static,
}

impl From<RuleKind> for Kind {
    fn from(kind: RuleKind) -> Self {
        match kind {
            RuleKind::Web => Self::Web,
            RuleKind::Worker => Self::Worker,
            RuleKind::Static => Self::Static,
        }
    }
}

/// How a type of resource is recognised.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceRule {
    /// The type in plans.
    pub(crate) r#type: String,
    /// Images that run it, without registry and tag; a trailing `*` stands for any ending.
    #[serde(default)]
    pub(crate) images: Vec<String>,
    /// Schemes of its addresses; anything after a `+` is a driver and does not count.
    #[serde(default)]
    pub(crate) schemes: Vec<String>,
    /// Variables that name it, whatever their values.
    #[serde(default)]
    pub(crate) variables: Vec<String>,
    /// Dependencies that talk to it, by language family.
    #[serde(default)]
    pub(crate) dependencies: BTreeMap<String, Vec<String>>,
    /// It is part of the app itself or of nobody's concern: found, but no resource is made of it.
    #[serde(default)]
    pub(crate) embedded: bool,
}

/// A tool that brings a database to its schema.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolRule {
    /// The name for people.
    pub(crate) name: String,
    /// The language family; any when absent.
    pub(crate) family: Option<String>,
    /// Any of these dependencies shows it.
    #[serde(default)]
    pub(crate) dependencies: Vec<String>,
    /// Any of these files or folders, relative to the project, shows it.
    #[serde(default)]
    pub(crate) files: Vec<String>,
    /// Both a dependency and a file must show it.
    #[serde(default)]
    pub(crate) needs_both: bool,
    /// The command that migrates; `{exec}` calls a project's own tool.
    pub(crate) migrate: Option<String>,
    /// The command that brings the database to the schema where no migrations were written.
    pub(crate) push: Option<String>,
    /// Where its migrations may lie, relative to the project.
    #[serde(default)]
    pub(crate) migrations: Vec<String>,
    /// The command that seeds, with the file that must be there for it.
    #[serde(default)]
    pub(crate) seeds: Vec<SeedRule>,
}

/// A way to seed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedRule {
    /// The file or folder that shows it.
    pub(crate) file: String,
    /// The command.
    pub(crate) run: String,
}

/// How source code of a language family is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceRule {
    /// The language family.
    pub(crate) family: String,
    /// Endings of its files.
    pub(crate) extensions: Vec<String>,
    /// How comments look.
    pub(crate) comments: CommentStyle,
    /// Reads of environment variables.
    #[serde(default)]
    pub(crate) env: Vec<Pattern>,
    /// Definitions of HTTP routes: group `path`, and `on` for the object they are defined on. Only health routes
    /// count, so `has` may be left out: it is then what health paths look like.
    #[serde(default)]
    pub(crate) route: Vec<Pattern>,
    /// What stands before the paths of routes in the same file: group `path`. With a group `name` for the routes
    /// whose group `on` is that name, without one for every route that follows; `[controller]` in it stands for
    /// the group `class`.
    #[serde(default)]
    pub(crate) prefix: Vec<Pattern>,
    /// Calls that listen: groups `port`, `env`.
    #[serde(default)]
    pub(crate) listen: Vec<Pattern>,
    /// Code that needs a resource: `of` names its type.
    #[serde(default)]
    pub(crate) uses: Vec<Pattern>,
    /// Code that keeps data in files: group `path`, relative to the project or absolute.
    #[serde(default)]
    pub(crate) volume: Vec<Pattern>,
    /// Code that starts something: `of` names the framework, group `name` the object that is started.
    #[serde(default)]
    pub(crate) entry: Vec<Pattern>,
    /// `const NAME = process.env`: group 1 is another name for the environment, read as `NAME.VARIABLE`.
    #[serde(default)]
    pub(crate) alias: Vec<Pattern>,
}

/// How comments look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CommentStyle {
    /// `//` and `/* */`.
    C,
    /// `#`.
    Hash,
    /// `//`, `/* */` and `#`.
    Php,
    /// `--` and `{- -}`.
    Dash,
    /// `;`.
    Semicolon,
}

/// What the paths of health routes look like in code.
fn health_paths() -> Literals {
    let words = [
        "health",
        "/ready",
        "/live",
        "/alive",
        "/ping",
        "/status",
        "/up",
        "/heartbeat",
        "\"ready",
        "\"live",
        "\"ping",
        "\"status",
        "'ready",
        "'live",
        "'ping",
        "'status",
        "\"up",
    ];
    Literals::Several(words.map(str::to_owned).to_vec())
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Literals {
    One(String),
    Several(Vec<String>),
}

impl Literals {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
        .iter()
        .map(String::as_str)
    }
}

/// A pattern of source code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pattern {
    /// Every match contains one of these texts; files without any are not looked at further. The rarer they
    /// are in ordinary code, the faster a plan comes.
    #[serde(default = "health_paths")]
    pub(crate) has: Literals,
    /// The regular expression, multi-line, on text whose comments are blanked.
    pub(crate) regex: String,
    /// A read that this matches always has something to fall back to.
    #[serde(default)]
    pub(crate) optional: bool,
    /// What a match shows: a type of resource, or a framework. Of a variable: `keyword` for `:database-url`, `bare`
    /// for a default without quotes, anything else for what its name begins with besides.
    #[serde(default)]
    pub(crate) of: Option<String>,
}

macro_rules! rules {
    ($name:ident, $folder:ident, $type:ty) => {
        /// Every rule of the folder, in the order of its file names.
        pub(crate) fn $name() -> &'static [$type] {
            static PARSED: OnceLock<Vec<$type>> = OnceLock::new();
            PARSED.get_or_init(|| load(&$folder))
        }
    };
}
rules!(resources, RESOURCES, ResourceRule);
rules!(tools, MIGRATIONS, ToolRule);

/// The frameworks of a language family, parsed once.
pub(crate) fn frameworks(family: &str) -> &'static [Framework] {
    static PARSED: OnceLock<Mutex<HashMap<String, &'static [Framework]>>> = OnceLock::new();
    let mut parsed = PARSED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = parsed.get(family) {
        return known;
    }
    // A bounded leak: one list for each of the families in `rules/`.
    let rules: &'static [Framework] = Vec::leak(FRAMEWORKS.get_dir(family).map(load).unwrap_or_default());
    parsed.insert(family.to_owned(), rules);
    rules
}

/// How the source of a language family is read.
pub(crate) fn source(family: &str) -> Option<SourceRule> {
    SOURCE.get_file(format!("{family}.toml")).map(parse)
}

fn load<T: serde::de::DeserializeOwned>(folder: &Dir<'_>) -> Vec<T> {
    let mut files: Vec<_> = folder.files().collect();
    files.sort_by_key(|file| file.path());
    files.into_iter().map(parse).collect()
}

/// The rules are part of the binary and every one of them is parsed by a test: a malformed one cannot be met.
fn parse<T: serde::de::DeserializeOwned>(file: &include_dir::File<'_>) -> T {
    let text = file.contents_utf8().unwrap_or_default();
    match toml::from_str(text) {
        Ok(rule) => rule,
        Err(error) => panic!("rules/{}: {error}", file.path().display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_well_formed() {
        for folder in FRAMEWORKS.dirs() {
            let family = folder.path().file_name().and_then(|name| name.to_str()).unwrap();
            let rules = frameworks(family);
            assert!(!rules.is_empty());
            for rule in rules {
                assert_eq!(rule.family, family, "{}", rule.name);
                assert!(
                    !rule.dependencies.is_empty() || !rule.files.is_empty(),
                    "{} is never found",
                    rule.name
                );
            }
        }
        for file in SOURCE.files() {
            let family = file.path().file_stem().and_then(|name| name.to_str()).unwrap();
            let rule = source(family).unwrap();
            assert_eq!(rule.family, family);
            for pattern in rule
                .env
                .iter()
                .chain(&rule.route)
                .chain(&rule.prefix)
                .chain(&rule.listen)
                .chain(&rule.uses)
                .chain(&rule.volume)
                .chain(&rule.entry)
                .chain(&rule.alias)
            {
                assert!(
                    crate::pattern::Pattern::try_new(&pattern.regex).is_some(),
                    "{family}: {}",
                    pattern.regex
                );
            }
        }
        assert!(!resources().is_empty() && !tools().is_empty());
    }
}
