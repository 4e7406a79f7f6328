//! The command line.

mod history;
mod ship;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use seaworthy_check::rule::Category;

pub(crate) use history::{AuditArgs, DoraSource, FilterArgs, HistoryArgs, ShowArgs, StateArgs};
pub(crate) use ship::{
    HttpsArgs, MaintenanceArgs, RollbackArgs, ScaleArgs, ServeArgs, ShipArgs, StrategyName, Switch,
};

/// From a laptop prototype to a service that a team can run at 2am without its author.
#[derive(Debug, Parser)]
#[command(
    name = "sea",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "Examples:
  sea up                            run it, with all that it needs
  sea check                         what stands between it and production
  sea generate                      Dockerfile, Compose, Kubernetes, pipelines, alerts, runbook
  sea drift                         where two places disagree about the app
  sea ci                            lint, test, check and build, as CI does
  sea ship                          release a commit, watch it, take it back when it is worse
  sea history                       what was shipped, and what happened since
  sea plan                          what this repository is, and how it runs
  sea plan --explain api.port       where a value comes from
  sea init                          write down what could not be detected

Exit codes: 0 done, 1 the answer is no, 2 the command or seaworthy.toml is wrong, 3 something outside failed."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// Work on the repository in DIR instead of the one around the current folder.
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,

    /// The environment whose values apply.
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) env: Option<String>,

    /// The app that is meant, on the machine that it is served by: no repository is looked at.
    #[arg(long, value_name = "APP", global = true, hide = true)]
    pub(crate) here: Option<String>,

    /// Set a value of the model for this run, as in `seaworthy.toml`.
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(UpArgs),
    Status(StatusArgs),
    Logs(LogsArgs),
    /// Start services that were stopped.
    Start(OrderArgs),
    /// Stop services; the others go on.
    Stop(OrderArgs),
    /// Stop services and start them anew.
    Restart(OrderArgs),
    Exec(ExecArgs),
    Wait(WaitArgs),
    Open(OpenArgs),
    Down(DownArgs),
    Check(CheckArgs),
    Advisories(AdvisoriesArgs),
    Generate(GenerateArgs),
    Drift(DriftArgs),
    Ci(CiArgs),
    Ship(ShipArgs),
    Rollback(RollbackArgs),
    Serve(ServeArgs),
    Scale(ScaleArgs),
    Maintenance(MaintenanceArgs),
    History(HistoryArgs),
    Show(ShowArgs),
    Audit(AuditArgs),
    Dora(DoraArgs),
    Secrets(SecretsArgs),
    Plan(PlanArgs),
    Init(InitArgs),
    Schema(SchemaArgs),
    Explain(ExplainArgs),
    Completions(CompletionsArgs),
    #[command(hide = true)]
    Man(ManArgs),
}

/// Run the app: install what it needs, start it, reload it on every save.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea up                            the repository around the current folder
  sea up path/to/repository         another one
  sea up --service api              one service and what it needs
  sea up --fresh                    with empty databases
  sea up --ci npm test              wait until it is ready, run a command, stop, exit with its code

Ctrl-C stops everything; a second one does not wait.")]
pub(crate) struct UpArgs {
    /// The repository; the one around the current folder when left out.
    pub(crate) dir: Option<PathBuf>,

    /// Only this service and what it needs; can be given more than once.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) service: Vec<String>,

    /// Delete the data of all resources first, or of one (`--fresh=db`).
    #[arg(long, value_name = "RESOURCE", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub(crate) fresh: Option<String>,

    /// Install missing runtimes and tools without asking.
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// Do not reload when files change.
    #[arg(long)]
    pub(crate) no_watch: bool,

    /// Wait until the app is ready, run a command with its address in `$SEA_URL`, stop, and exit with its code. One word is a line
    /// for the shell.
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    pub(crate) ci: Vec<String>,

    /// Seconds that the app may take to become ready with --ci.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) timeout: u64,

    /// Print what happens as JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say what stands between this app and production, and mend what can be mended safely.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea check                         everything, what to do first comes first
  sea check --fix                   shows what can be mended safely, and asks
  sea check --staged                what is about to be committed
  sea check --since main            what changed since a branch or commit
  sea check --format sarif --output check.sarif
  sea check --install-hook          checks before every commit
  sea explain RULE                  why a rule matters, with examples

A finding is suppressed where it is, with a reason: `sea: allow RULE because ...` in a comment.
Exits with 1 when a finding weighs as much as --fail-on.")]
pub(crate) struct CheckArgs {
    /// The repository; the one around the current folder when left out.
    pub(crate) dir: Option<PathBuf>,

    /// Print the report as JSON (sea.check/1).
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// How the report is written.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,

    /// Write the report to a file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The lightest finding that makes the answer a no.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "high")]
    pub(crate) fail_on: FailOn,

    /// Show every place of every finding.
    #[arg(long)]
    pub(crate) all: bool,

    /// Show what can be mended safely as a diff, and mend it when that is wanted.
    #[arg(long)]
    pub(crate) fix: bool,

    /// Mend without asking.
    #[arg(short, long, requires = "fix")]
    pub(crate) yes: bool,

    /// Only rules of this category (`secrets`, `supply-chain`, ...); can be given more than once.
    #[arg(long, value_name = "NAME", value_parser = category, conflicts_with = "update_baseline")]
    pub(crate) category: Vec<Category>,

    /// Only what is staged, as it would be committed.
    #[arg(long, conflicts_with = "since")]
    pub(crate) staged: bool,

    /// Only files that changed since a revision.
    #[arg(long, value_name = "REV")]
    pub(crate) since: Option<String>,

    /// Look for secrets in the whole history of git too.
    #[arg(long, conflicts_with_all = ["staged", "since"])]
    pub(crate) history: bool,

    /// A folder of OSV records to look up known vulnerabilities in; `.seaworthy/advisories` when left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) advisories: Option<PathBuf>,

    /// Take every finding of today as known: only new ones are reported from now on.
    #[arg(long, conflicts_with_all = ["staged", "since"])]
    pub(crate) update_baseline: bool,

    /// Check what is staged before every commit, by a hook of git.
    #[arg(long)]
    pub(crate) install_hook: bool,
}

fn category(text: &str) -> Result<Category, String> {
    let names = || Category::ALL.map(Category::as_str).join(", ");
    let found = Category::ALL.into_iter().find(|category| category.as_str() == text);
    found.ok_or_else(|| format!("the categories are {}", names()))
}

/// Keep records of known vulnerabilities, which `sea check` looks lockfiles up in.
#[derive(Args, Debug)]
pub(crate) struct AdvisoriesArgs {
    #[command(subcommand)]
    pub(crate) command: AdvisoriesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdvisoriesCommand {
    Update(UpdateArgs),
}

/// Fetch the records of the ecosystems whose lockfiles the repository has; what has not changed is not fetched again.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea advisories update
  sea advisories update --ecosystem npm --ecosystem PyPI
  sea advisories update --from https://mirror.example/osv
  sea advisories update --from /media/osv   a folder with npm/all.zip and so on below it")]
pub(crate) struct UpdateArgs {
    /// Only this ecosystem, as OSV calls it; can be given more than once.
    #[arg(long, value_name = "NAME")]
    pub(crate) ecosystem: Vec<String>,

    /// Where the archives are: the exports of OSV, a mirror of them, or a folder.
    #[arg(long, value_name = "URL|DIR", default_value = crate::commands::advisories::OSV)]
    pub(crate) from: String,

    /// Where the records are kept; `.seaworthy/advisories` when left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
}

/// Show how the app is delivered: the five metrics of DORA.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea dora
  sea dora --days 90 --zone Europe/Berlin
  sea dora --env staging            of another environment than production
  sea dora --from tags              from version tags, although the ledger knows deployments
  sea dora --tags api/              tags such as api/v1.4.0
  sea dora --json                   for programs (sea.dora/1)

Tags tell when a version was out, not whether it failed: rates need deployments that sea made.")]
pub(crate) struct DoraArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Where deployments are known from; the ledger when it has some of this app, else tags.
    #[arg(long, value_enum, value_name = "SOURCE")]
    pub(crate) from: Option<DoraSource>,

    /// How many days, up to today.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) days: u16,

    /// What stands before the version in the tags of this app.
    #[arg(long, value_name = "PREFIX", default_value = "")]
    pub(crate) tags: String,

    /// Whose days; this machine's time zone when left out.
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Option<String>,

    /// Print everything as JSON (sea.dora/1).
    #[arg(long)]
    pub(crate) json: bool,
}

/// Keep the secrets of an environment, encrypted with age, and see which are missing.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea secrets init                  makes your key, once a person
  sea secrets set STRIPE_KEY --env production
  sea secrets list --env production which there are, who needs them, which are missing
  sea secrets check --env production

Values are read from standard input or a hidden prompt and never shown unless asked for.")]
pub(crate) struct SecretsArgs {
    #[command(subcommand)]
    pub(crate) command: SecretsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    Init(SecretsInitArgs),
    Set(SecretsSetArgs),
    Get(SecretsGetArgs),
    List(SecretsListArgs),
    /// Say which secrets the services of an environment lack; exits with 1 when one is missing.
    Check,
    Remove(SecretsRemoveArgs),
    /// Change all secrets of an environment in `$EDITOR`; the text is in memory or for you alone, and wiped afterwards.
    Edit,
    /// Make a new key in the place of yours, and encrypt every file anew.
    Rotate,
    Recipient(RecipientArgs),
    /// Print your key, to carry it to another machine or into the secrets of a CI system.
    ExportKey,
}

/// Make a key where there is none, and add it to those that secrets are encrypted for.
#[derive(Args, Debug)]
#[command(
    after_help = "The key is looked for in $SEA_AGE_KEY, in the file $SEA_AGE_KEY_FILE, in the state of a host, and in
$XDG_CONFIG_HOME/seaworthy/age.key (~/.config/seaworthy/age.key). It is never printed."
)]
pub(crate) struct SecretsInitArgs {
    /// What stands above the key in `secrets/recipients.txt`; your user name when left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Set a secret to what standard input holds, or a hidden prompt.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea secrets set STRIPE_KEY --env production       asks for the value and hides it
  sea secrets set TLS_KEY --env production < key.pem
  openssl rand -hex 32 | sea secrets set API_TOKEN

A value on the command line is refused: every user of the machine can read command lines, and the shell keeps them.")]
pub(crate) struct SecretsSetArgs {
    /// The name of the secret.
    pub(crate) name: String,

    /// Taken so that it can be refused without being repeated.
    #[arg(hide = true)]
    pub(crate) refused: Vec<String>,
}

/// Print a secret.
#[derive(Args, Debug)]
pub(crate) struct SecretsGetArgs {
    /// The name of the secret.
    pub(crate) name: String,

    /// Yes, show it.
    #[arg(long)]
    pub(crate) reveal: bool,
}

/// Show the secrets of an environment: which there are, where from, who needs them. Never their values.
#[derive(Args, Debug)]
pub(crate) struct SecretsListArgs {
    /// Print them as JSON (sea.secrets/1).
    #[arg(long)]
    pub(crate) json: bool,
}

/// Take a secret out of an environment.
#[derive(Args, Debug)]
pub(crate) struct SecretsRemoveArgs {
    /// The name of the secret.
    pub(crate) name: String,
}

/// Say who can read the secrets: people, hosts, CI.
#[derive(Args, Debug)]
pub(crate) struct RecipientArgs {
    #[command(subcommand)]
    pub(crate) command: RecipientCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecipientCommand {
    /// Encrypt every file for one more.
    Add(RecipientAddArgs),
    /// Encrypt every file for one less. What they could read before, they know: set new values.
    Remove(RecipientRemoveArgs),
    /// Show them all.
    List,
}

/// Encrypt every file for one more.
#[derive(Args, Debug)]
pub(crate) struct RecipientAddArgs {
    /// Their public key, `age1...`, which `sea secrets init` prints for them.
    pub(crate) key: String,

    /// Whose it is.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Encrypt every file for one less.
#[derive(Args, Debug)]
pub(crate) struct RecipientRemoveArgs {
    /// Their public key, or the name above it.
    pub(crate) recipient: String,
}

/// Run what a commit has to pass, as CI does, but for what is known already.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea ci                            install, lint, test, check, scan and build
  sea ci test                       the tests of all services, and what they need
  sea ci api:test                   one step
  sea ci --plan                     what would run, and why
  sea ci --explain api:test         what its result depends on
  sea ci test --shard 1/4           a quarter of the tests

A result is known as long as nothing that it depends on changes: files that the step declares and those that it was
seen to read, its command, its programs and its variables. Exits with 1 when a step fails.")]
pub(crate) struct CiArgs {
    /// Steps (`api:test`), stages (`test`) or services (`api`); everything when left out.
    pub(crate) step: Vec<String>,

    /// Show what would run, and why.
    #[arg(long, conflicts_with = "explain")]
    pub(crate) plan: bool,

    /// Show what the result of a step depends on.
    #[arg(long, value_name = "STEP", conflicts_with_all = ["step", "shard"])]
    pub(crate) explain: Option<String>,

    /// Print the outcome as JSON (sea.ci/1, with --plan sea.ci-plan/1).
    #[arg(long, conflicts_with = "explain")]
    pub(crate) json: bool,

    /// Run every step, whatever is known.
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Do not observe which files steps read.
    #[arg(long)]
    pub(crate) no_trace: bool,

    /// Only the I-th of N shares of the tests, by recorded durations.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<String>,

    /// How many steps run at the same time; as many as there are processors when left out.
    #[arg(short, long, value_name = "COUNT")]
    pub(crate) jobs: Option<usize>,

    /// Show again what steps wrote whose results are known.
    #[arg(long)]
    pub(crate) logs: bool,

    /// Take what is known from a folder or FILE.tar.zst first, where it is there.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["plan", "explain"])]
    pub(crate) cache_from: Option<PathBuf>,

    /// Write what is known afterwards to a folder or FILE.tar.zst.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["plan", "explain"])]
    pub(crate) cache_to: Option<PathBuf>,

    /// Write how long test files take to .seaworthy/timings.json, to be committed.
    #[arg(long, conflicts_with_all = ["plan", "explain"])]
    pub(crate) write_timings: bool,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For programs (sea.check/1).
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// One self-contained page.
    Html,
}

/// From which weight on findings make the answer a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Any finding.
    Low,
    /// Medium, high or critical.
    Medium,
    /// High or critical.
    High,
    /// Critical alone.
    Critical,
    /// None.
    Never,
}

/// Write the files that follow from the model: Dockerfile, Compose, Kubernetes, ...
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea generate                      what fits every app, or what seaworthy.toml names
  sea generate dockerfile compose   these targets
  sea generate --list               every target
  sea generate --diff               what would change
  sea generate --check              exits with 1 when a file is missing or old
  sea generate compose --stdout     prints instead of writing

A file that a person wrote or edited is never overwritten: the derived one is put beside it, with the ending .new.")]
pub(crate) struct GenerateArgs {
    /// What to make; `all` for every target.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,

    /// Show every target.
    #[arg(long)]
    pub(crate) list: bool,

    /// Write nothing; exit with 1 when files are missing or old.
    #[arg(long)]
    pub(crate) check: bool,

    /// Write nothing; show what would change.
    #[arg(long)]
    pub(crate) diff: bool,

    /// Write nothing; print the files.
    #[arg(long, conflicts_with_all = ["diff", "check", "json"])]
    pub(crate) stdout: bool,

    /// Print what was done as JSON (sea.generate/1).
    #[arg(long, conflicts_with = "diff")]
    pub(crate) json: bool,
}

/// Show where code, Compose, Kubernetes and other files disagree about the app
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea drift
  sea drift examples/govapp         of another repository
  helm template chart | sea drift --with -
  kubectl get deployments,configmaps -o yaml | sea drift --with -
                                    against what runs in a cluster
  sea drift --json                  for programs (sea.drift/1)

Exits with 1 when two places disagree.")]
pub(crate) struct DriftArgs {
    /// The repository; the one around the current folder when left out.
    pub(crate) dir: Option<PathBuf>,

    /// Manifests for Kubernetes that another tool printed; `-` for standard input. Can be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Vec<PathBuf>,

    /// Print the differences as JSON (sea.drift/1).
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show the state of all that is up: services, resources, jobs; or of an environment.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea status
  sea status --json                 everything, as sea.status/1
  sea status --env production       what serves there, on this machine or another one
  sea status --host                 all that is shipped to this machine (--json: sea.host/1)

Exits with 1 when something failed or is not ready any more.")]
pub(crate) struct StatusArgs {
    /// Show the host of the environment, this machine unless `--env` names another, and all that is shipped to it.
    #[arg(long)]
    pub(crate) host: bool,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Print everything as JSON (sea.status/1, sea.host/1 of a host or an environment).
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what services wrote.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea logs                          the last lines of all
  sea logs api -f                   of one, and what it writes from now on
  sea logs --level error --since 10m
  sea logs --grep 'POST /api'
  sea logs --env production web -f  of an environment, wherever it is served")]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Services, resources or jobs; all when left out.
    pub(crate) service: Vec<String>,

    /// Go on with what is written.
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// Lines of this time or later: a time, or how long ago (10m, 2h).
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,

    /// Lines of this level or a graver one: debug, info, warn, error.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) level: Option<String>,

    /// Lines that match a regular expression.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) grep: Option<String>,

    /// How many lines; 200 when left out, 10,000 at most.
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub(crate) lines: Option<usize>,

    /// Print each line as a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `start`, `stop` and `restart` take.
#[derive(Args, Debug)]
pub(crate) struct OrderArgs {
    /// The services or resources.
    #[arg(required = true)]
    pub(crate) service: Vec<String>,

    /// Do not wait until it is done.
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// Seconds to wait at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,

    /// Print how they are as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Run a command in the folder and with the environment of a service.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea exec api -- npm run console
  sea exec worker -- printenv DATABASE_URL
  sea exec --env production api -- npm run console")]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// The service.
    pub(crate) service: String,

    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<String>,
}

/// Wait until services are ready; where nothing is up yet, for `sea up` too.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea wait                          for all
  sea wait api --timeout 30

Exits with 1 when one of them failed, with 3 when it takes too long.")]
pub(crate) struct WaitArgs {
    /// Services, resources or jobs; all services and resources when left out.
    pub(crate) service: Vec<String>,

    /// Seconds to wait at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) timeout: u64,

    /// Print how they are as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Open the app, a service or a dashboard in a browser.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea open
  sea open api
  sea open dashboard --print
  sea open --host                   the dashboard of what is shipped to this machine, signed in
  sea open --host --print           an address that signs a browser in, once, within five minutes")]
pub(crate) struct OpenArgs {
    /// A service, or `dashboard`; the app itself when left out.
    pub(crate) service: Option<String>,

    /// Open the dashboard of the host: this machine, unless `--env` names an environment of another one.
    #[arg(long, conflicts_with = "service")]
    pub(crate) host: bool,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Print the address alone.
    #[arg(long)]
    pub(crate) print: bool,
}

/// Stop everything that is up in this repository.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea down

Data of databases is kept; `sea up --fresh` starts over.")]
pub(crate) struct DownArgs {
    /// Seconds to wait at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,

    /// Print the outcome as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Tell what this repository is and how it runs, each value with its evidence.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea plan                          a summary
  sea plan path/to/repository       of another repository
  sea plan --explain api            every value of a service, with its evidence
  sea plan --explain api.port       all that was said about one value
  sea plan --json                   everything, as sea.plan/1")]
pub(crate) struct PlanArgs {
    /// The repository; the one around the current folder when left out.
    pub(crate) dir: Option<PathBuf>,

    /// Show where a value comes from: SERVICE, SERVICE.FIELD, or the same of a resource or job.
    #[arg(long, value_name = "NAME[.FIELD]")]
    pub(crate) explain: Option<String>,

    /// Print everything as JSON (sea.plan/1).
    #[arg(long, conflicts_with = "explain")]
    pub(crate) json: bool,
}

/// Write a `seaworthy.toml` that says what could not be detected.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea init                          only what is missing or uncertain
  sea init --full                   every value, with its origin
  sea init --stdout                 look first

An existing seaworthy.toml is never overwritten.")]
pub(crate) struct InitArgs {
    /// Write every value, not only what is missing or uncertain.
    #[arg(long)]
    pub(crate) full: bool,

    /// Print the file instead of writing it.
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// Print a JSON Schema.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea schema > seaworthy.schema.json
  sea schema plan")]
pub(crate) struct SchemaArgs {
    /// Of which shape.
    #[arg(value_enum, default_value_t = Shape::Config)]
    pub(crate) shape: Shape,
}

/// Shapes that have a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shape {
    /// `seaworthy.toml`.
    Config,
    /// What `sea plan --json` prints.
    Plan,
    /// What `sea check --json` prints.
    Check,
    /// What `sea generate --json` prints.
    Generate,
    /// What `sea drift --json` prints.
    Drift,
    /// What `sea history --json` prints.
    History,
    /// What `sea show --json` prints.
    Show,
    /// What `sea audit --json` prints.
    Audit,
    /// What `sea dora --json` prints.
    Dora,
}

/// Explain an error or warning by its code.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea explain version-conflict
  sea explain                       every code")]
pub(crate) struct ExplainArgs {
    /// The code; every code is listed when left out.
    pub(crate) code: Option<String>,
}

/// Print completions for a shell.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea completions bash > /etc/bash_completion.d/sea
  sea completions zsh > ~/.zfunc/_sea")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Write the man pages into a folder.
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The folder.
    pub(crate) dir: PathBuf,
}
