//! A rule: what it looks for, why that matters, and what to do about it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It costs time, some day.
    Low,
    /// It will hurt under load, at night, or when the author is away.
    Medium,
    /// It will hurt users or data; do not ship with it.
    High,
    /// It can be abused or lose data today; mend it before anything else.
    Critical,
}

impl Severity {
    /// All of them, the lightest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What part of readiness a rule is about; each has a level of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Keys, tokens and passwords where they can be read.
    Secrets,
    /// Who may do what, and how that is known.
    Auth,
    /// Input that becomes code, a query, a path or a command.
    Injection,
    /// How it starts, tells its health, fails and stops.
    Runtime,
    /// Schemas, migrations, queries and backups.
    Data,
    /// What happens under load.
    Capacity,
    /// What others wrote and this depends on.
    SupplyChain,
    /// Code that nobody needs, or that is there twice.
    DeadCode,
    /// Dockerfiles, Compose, Kubernetes, pipelines and the like.
    Infrastructure,
    /// Running it at night: metrics, alerts, rollback, documents.
    Operations,
    /// Working on it with coding agents, and the tests that hold them.
    Agents,
}

impl Category {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 11] = [
        Self::Secrets,
        Self::Auth,
        Self::Injection,
        Self::Runtime,
        Self::Data,
        Self::Capacity,
        Self::SupplyChain,
        Self::DeadCode,
        Self::Infrastructure,
        Self::Operations,
        Self::Agents,
    ];

    /// As it is written everywhere, also as the folder of its rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Auth => "auth",
            Self::Injection => "injection",
            Self::Runtime => "runtime",
            Self::Data => "data",
            Self::Capacity => "capacity",
            Self::SupplyChain => "supply-chain",
            Self::DeadCode => "dead-code",
            Self::Infrastructure => "infrastructure",
            Self::Operations => "operations",
            Self::Agents => "agents",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Secrets => "Secrets",
            Self::Auth => "Auth and sessions",
            Self::Injection => "Injection and unsafe code",
            Self::Runtime => "Run and stop",
            Self::Data => "Data",
            Self::Capacity => "Capacity",
            Self::SupplyChain => "Supply chain",
            Self::DeadCode => "Dead and double",
            Self::Infrastructure => "Infrastructure files",
            Self::Operations => "Operate",
            Self::Agents => "Agents and tests",
        }
    }
}

/// Who can mend a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FixKind {
    /// `sea check --fix` can, where the finding carries the change.
    Auto,
    /// A person decides.
    Manual,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Who can do it.
    pub kind: FixKind,
    /// What to do, in the imperative.
    pub description: String,
}

/// One file of `rules/check`: a rule that is data, or the words and examples of one that is written in Rust.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique among all rules; also the name of its file and page.
    pub id: String,
    /// What is wrong, in a few words.
    pub title: String,
    /// How much a finding weighs.
    pub severity: Severity,
    /// What it is about; also the folder of its file.
    pub category: Category,
    /// What a finding says; `$NAME` stands for what a pattern's variable of that name matched. The title where absent.
    pub message: Option<String>,
    /// Why it matters: one paragraph.
    pub why: String,
    /// Where the reason can be read up.
    pub source: String,
    /// What to do about it.
    pub fix: Guide,
    /// Rules that say the same about the same lines with more weight: where one of them does, this one is silent.
    #[serde(default)]
    pub yields_to: Vec<String>,
    /// The patterns that are looked for; a rule without is written in Rust.
    #[serde(default)]
    pub patterns: Vec<PatternSpec>,
    /// What must be reported and what must not. They come last in the file: a check does not read them.
    #[serde(default)]
    pub examples: Examples,
}

/// A pattern of code, in ast-grep's rule format, and where it is looked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternSpec {
    /// Names of languages, as ast-grep spells them: `JavaScript`, `TypeScript`, `Tsx`, `Python`, ...
    pub languages: Vec<String>,
    /// Only files that match one of these globs.
    #[serde(default)]
    pub files: Vec<String>,
    /// No file that matches one of these globs.
    #[serde(default)]
    pub ignores: Vec<String>,
    /// Which code it is about.
    #[serde(default)]
    pub side: Side,
    /// Only in projects that depend on one of these packages.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// Only in projects that depend on none of these packages.
    #[serde(default)]
    pub without: Vec<String>,
    /// Test code is looked at too.
    #[serde(default)]
    pub tests: bool,
    /// Only where the file has one of these texts: cheaper than the pattern, so looked for first. Required, so that a
    /// file without any is never parsed.
    pub anchors: Vec<String>,
    /// ast-grep's `rule`; this or `taint`.
    pub rule: Option<serde_json::Value>,
    /// Input that reaches a place where it does harm; this or `rule`.
    pub taint: Option<TaintSpec>,
    /// ast-grep's `constraints`.
    pub constraints: Option<serde_json::Value>,
    /// ast-grep's `utils`.
    pub utils: Option<serde_json::Value>,
    /// ast-grep's `transform`.
    pub transform: Option<serde_json::Value>,
    /// ast-grep's `fix`: what `sea check --fix` puts in the place of the match.
    pub fix: Option<serde_json::Value>,
}

/// Input that reaches a place where it does harm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaintSpec {
    /// Where input comes from: ast-grep rules, or names of sets in `taint.yaml`.
    pub sources: Vec<serde_json::Value>,
    /// Where it does harm: ast-grep rules that name the part in question `$TAINTED`.
    pub sinks: Vec<serde_json::Value>,
    /// What makes it harmless: ast-grep rules.
    #[serde(default)]
    pub sanitizers: Vec<serde_json::Value>,
    /// What of the input has to arrive.
    #[serde(default)]
    pub carries: Carries,
}

/// What of an input has to arrive at a sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carries {
    /// Its text, anywhere in another one.
    #[default]
    Text,
    /// Its text as the beginning of another one: what says the host of an address.
    Head,
    /// It itself, with the type that the client chose, also as a part of lists and maps.
    Value,
}

/// On which side of the network code runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Either.
    #[default]
    Any,
    /// In a browser.
    Browser,
    /// On a server.
    Server,
}

/// What a rule must report, what it must not, and what only looks like it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// Each is reported by the rule.
    pub bad: Vec<Example>,
    /// The right way: not reported by the rule, and by no rule as high or critical.
    pub good: Vec<Example>,
    /// What could be taken for it: the same holds as for the good ones.
    pub alike: Vec<Example>,
}

/// A small repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its files by their paths.
    pub files: BTreeMap<String, String>,
    /// Where findings of the rule must be, as `FILE:LINE`; one anywhere will do where this is empty.
    #[serde(default)]
    pub at: Vec<String>,
}
